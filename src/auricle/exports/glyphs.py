"""Characters that no font here can draw, and what to install for them."""

import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typst import Fonts

#: Kinds of characters that take ink: letters, numbers, punctuation, symbols.
_INKED = frozenset("LNPS")
#: The first word of a character's Unicode name says its script, but for these.
_SCRIPTS = {"CJK": "Han", "IDEOGRAPHIC": "Han", "FULLWIDTH": "Han", "HALFWIDTH": "Han"}
_EAST_ASIAN = frozenset({"Han", "Hiragana", "Katakana", "Hangul", "Bopomofo", "Yi"})
_NEVER_A_CHARACTER = "\U0010fffd"
#: Two families that typst brings with it, whose boxes for a missing character differ in width.
_PROBES = ("Libertinus Serif", "DejaVu Sans Mono")
#: The size and place of each character as typst really draws it, fallback fonts included.
_MEASURE = b"""
#let asked = json(bytes(sys.inputs.asked))
#let box(character, family) = {
  let at(top, bottom) = measure(text(
    font: (family, ..asked.families), top-edge: top, bottom-edge: bottom, character,
  ))
  let whole = at("bounds", "bounds")
  (whole.width.pt(), whole.height.pt(), at("bounds", "baseline").height.pt())
}
#context [#metadata(asked.characters.map(c => asked.probes.map(probe => box(c, probe))))<boxes>]
"""


def missing(texts: Iterable[str], families: Sequence[str], fonts: "Fonts") -> list[str]:
    """The characters of `texts` that typst, asked for `families`, would draw as an empty box.

    typst drops them without a word. It is asked to measure each character twice, each time with another
    font first in line: what is not in any font then has the size of that font's empty box both times.
    """
    import typst

    inked = {one for one in set().union(*texts) if unicodedata.category(one)[0] in _INKED}
    if not inked:
        return []
    characters = [_NEVER_A_CHARACTER, *sorted(inked)]
    asked = {"characters": characters, "families": list(families), "probes": _PROBES}
    answer = typst.query(
        _MEASURE,
        "<boxes>",
        field="value",
        one=True,
        font_paths=fonts,
        sys_inputs={"asked": json.dumps(asked)},
    )
    empty, *boxes = json.loads(answer)
    return [character for character, box in zip(characters[1:], boxes, strict=True) if box == empty]


def explain(characters: Sequence[str]) -> Iterator[str]:
    """A sentence for each script that is missing: an example, and the Debian package that has it."""
    scripts: dict[str, list[str]] = {}
    for character in characters:
        scripts.setdefault(_script(character), []).append(character)
    for script, found in scripts.items():
        yield (
            f"No font here can show {script} (for example {' '.join(found[:3])}), so {len(found)} different "
            f"characters are missing from the PDF. Install a font that has them, such as the Debian package "
            f"{_package(script)}."
        )


def _script(character: str) -> str:
    if unicodedata.category(character) == "So" and character >= "\u2190":
        return "symbols and emoji"
    word = unicodedata.name(character, "rare").split()[0]
    return _SCRIPTS.get(word, word.title())


def _package(script: str) -> str:
    if script in _EAST_ASIAN:
        return "fonts-noto-cjk"
    return "fonts-noto-color-emoji" if script == "symbols and emoji" else "fonts-noto-core"
