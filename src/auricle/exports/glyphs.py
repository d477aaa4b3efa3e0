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
#: typst brings fonts with it that have every character before this one.
_ALWAYS_THERE = "\u0250"
#: Two families that typst brings with it, whose boxes for a missing character differ in size.
_PROBES = ("Libertinus Serif", "DejaVu Sans Mono")
#: Which characters have, as typst really draws them with all fallback fonts, the size of the empty box.
_MEASURE = b"""
#let asked = json(bytes(sys.inputs.asked))
#let drawn(character, family) = measure(text(
  font: (family, ..asked.families), top-edge: "bounds", bottom-edge: "bounds", character,
))
#context {
  let boxes = asked.probes.map(probe => (probe, drawn(asked.never, probe)))
  let absent = asked.characters.filter(one => boxes.all(((probe, box)) => drawn(one, probe) == box))
  [#metadata(absent)<absent>]
}
"""


def missing(texts: Iterable[str], families: Sequence[str], fonts: "Fonts") -> list[str]:
    """The characters of `texts` that typst, asked for `families`, would draw as an empty box.

    typst drops them without a word. It is asked to measure each character twice, each time with another
    font first in line: what is not in any font then has the size of that font's empty box both times.
    """
    import typst

    doubtful = sorted(one for one in set().union(*texts) if one >= _ALWAYS_THERE)
    inked = [one for one in doubtful if unicodedata.category(one)[0] in _INKED]
    if not inked:
        return []
    asked = {"characters": inked, "never": _NEVER_A_CHARACTER, "families": list(families), "probes": _PROBES}
    inputs = {"asked": json.dumps(asked)}
    answer = typst.query(_MEASURE, "<absent>", field="value", one=True, font_paths=fonts, sys_inputs=inputs)
    absent: list[str] = json.loads(answer)
    return absent


def explain(characters: Sequence[str]) -> Iterator[str]:
    """A sentence for each script that is missing: an example, and the Debian package that has it."""
    scripts: dict[str, list[str]] = {}
    for character in characters:
        scripts.setdefault(_script(character), []).append(character)
    for script, found in scripts.items():
        yield (
            f"No font here can show {script} (for example {' '.join(found[:3])}), so {len(found)} different "
            f"characters are missing from the PDF. Install a font that has them, for example the Debian "
            f"package {_package(script)}, or choose one with the option font."
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
