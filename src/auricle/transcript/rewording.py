"""The words of a text that was changed: those that stay keep their times.

The web app shows the same before the server has answered (`ui/src/app/recording/transcript/rewording.ts`);
both are tested with `tests/transcript/rewording.json`.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from auricle.transcript.lines import WITHOUT_SPACES, clusters
from auricle.transcript.model import Segment, Word

_SILENT = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is compared: a word, or one character of a script without spaces; `spaced`: after a space."""

    text: str
    spaced: bool

    @property
    def plain(self) -> str:
        """What is compared of it: case and punctuation do not count."""
        return _SILENT.sub("", self.text).casefold() or self.text

    @property
    def is_spoken(self) -> bool:
        return _SILENT.fullmatch(self.text) is None

    @property
    def opens(self) -> bool:
        """Whether it belongs to what follows, as an opening bracket does."""
        return unicodedata.category(self.text[-1]) in ("Ps", "Pi")


@dataclass(frozen=True, slots=True)
class _Stay:
    """An old word (its number) that the units from `first` to before `end` write now."""

    word: int
    first: int
    end: int


def reworded(segment: Segment, text: str) -> tuple[Word, ...]:
    """The words of a segment that says `text` now; none has a space in it.

    Words that stay keep their time and confidence; new ones share the time of those they replace, and count
    as checked. A segment without words gets none.
    """
    old = segment.words
    if not old:
        return ()
    units = list(_units(text))
    words: list[Word] = []
    gone, written = 0, 0
    for stay in [*_stays(old, units), _Stay(len(old), len(units), len(units))]:
        texts = _texts(units[written : stay.first])
        if texts:
            start = old[gone].start if gone < stay.word else words[-1].end if words else segment.start
            after = old[stay.word].start if stay.word < len(old) else segment.end
            stop = old[stay.word - 1].end if gone < stay.word else after
            words += _spread(texts, start, max(start, stop), segment.speaker)
        if stay.word < len(old):
            words.append(_spelled(old[stay.word], _texts(units[stay.first : stay.end])[0]))
        gone, written = stay.word + 1, stay.end
    return tuple(words)


def _units(text: str) -> Iterator[_Unit]:
    for chunk in text.split():
        parts: list[str] = []
        for cluster in clusters(chunk):
            if parts and not WITHOUT_SPACES.match(cluster) and not WITHOUT_SPACES.match(parts[-1]):
                parts[-1] += cluster
            else:
                parts.append(cluster)
        yield from (_Unit(part, not number) for number, part in enumerate(parts))


def _stays(words: Sequence[Word], units: Sequence[_Unit]) -> list[_Stay]:
    """The old words of which every letter stays, with no other between and no space inside."""
    parts = [list(_units(word.text)) for word in words]
    pairs = _aligned([one.plain for part in parts for one in part], [one.plain for one in units])
    stays: list[_Stay] = []
    owners: dict[int, int] = {}
    at = 0
    for word, part in enumerate(parts):
        owners |= {pairs[at + n]: word for n in range(len(part)) if at + n in pairs}
        needed = [at + n for n, one in enumerate(part) if one.is_spoken] or range(at, at + len(part))
        at += len(part)
        if needed and all(n in pairs for n in needed):
            found = [pairs[n] for n in needed]
            if _is_whole(units[found[0] : found[-1] + 1], {n - found[0] for n in found}):
                stays.append(_Stay(word, found[0], found[-1] + 1))
    return _with_punctuation(stays, units, owners)


def _is_whole(units: Sequence[_Unit], found: set[int]) -> bool:
    return all(n in found or not one.is_spoken for n, one in enumerate(units)) and not any(
        one.spaced for one in units[1:]
    )


def _with_punctuation(
    stays: Sequence[_Stay], units: Sequence[_Unit], owners: Mapping[int, int]
) -> list[_Stay]:
    """Give words the punctuation that no space parts from them; `owners`: whose a unit was before."""
    found: list[_Stay] = []
    for number, stay in enumerate(stays):
        after = stays[number + 1] if number + 1 < len(stays) else _Stay(-1, len(units), len(units))
        first, end = stay.first, stay.end
        least = found[-1].end if found else 0
        while first > least and not units[first].spaced and not units[first - 1].is_spoken:
            first -= 1
        while end < after.first and not units[end].spaced and not units[end].is_spoken:
            if owners.get(end) == after.word or (end not in owners and units[end].opens):
                break
            end += 1
        found.append(_Stay(stay.word, first, end))
    return found


def _aligned(old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    """Which of the old is which of the new: what is the same at both ends, then the longest common runs.

    Those are found as Ratcliff and Obershelp do (difflib).
    """
    most = min(len(old), len(new))
    head = next((n for n in range(most) if old[n] != new[n]), most)
    tail = next((n for n in range(most - head) if old[-1 - n] != new[-1 - n]), most - head)
    middle = SequenceMatcher(
        a=old[head : len(old) - tail], b=new[head : len(new) - tail], autojunk=False
    ).get_matching_blocks()
    return {
        **{n: n for n in range(head)},
        **{head + i + n: head + j + n for i, j, size in middle for n in range(size)},
        **{len(old) - n: len(new) - n for n in range(tail, 0, -1)},
    }


def _texts(units: Sequence[_Unit]) -> list[str]:
    """What units write, cut at spaces."""
    texts: list[str] = []
    for one in units:
        if texts and not one.spaced:
            texts[-1] += one.text
        else:
            texts.append(one.text)
    return texts


def _spelled(word: Word, text: str) -> Word:
    """A word that stays; who changes its case or its comma has looked at it."""
    return word if word.text == text else replace(word, text=text, checked=True)


def _spread(texts: Sequence[str], start: float, stop: float, speaker: str | None) -> Iterable[Word]:
    """Share a stretch of time out to words by their length."""
    total = sum(map(len, texts))
    reached = 0
    for text in texts:
        begin = start + (stop - start) * reached / total
        reached += len(text)
        end = start + (stop - start) * reached / total
        yield Word(text, round(begin, 3), round(end, 3), None, speaker, checked=True)
