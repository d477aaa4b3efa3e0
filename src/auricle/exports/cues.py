"""Subtitle cues: what is on the screen, from when, until when.

A cue is cut where a reader would pause and shown long enough to be read. Times are whole milliseconds, as
the formats write them, so that rounding cannot make two cues overlap.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from auricle.errors import InvalidOption
from auricle.exports.format import SpeakerOptions, option
from auricle.transcript import Segment, Transcript
from auricle.transcript.lines import (
    AFTER_SENTENCE,
    Piece,
    break_lines,
    fit,
    join,
    line_text,
    may_break,
    needs_space,
    piece,
    pieces,
    tidy,
)

_LONGEST_PAUSE = 1.0  # s of silence that a cue does not bridge: it would give away what is not yet said


@dataclass(frozen=True, kw_only=True)
class CueOptions(SpeakerOptions):
    """How subtitles are cut and timed. Wide (Chinese, Japanese, Korean) characters count as two."""

    max_line: int = option(42, "Most characters in a line.", low=10, high=200)
    max_lines: int = option(2, "Most lines in a cue.", low=1, high=4)
    max_cps: float = option(
        17.0,
        "Reading speed in characters per second: a cue that is spoken faster stays on screen longer where "
        "there is room. 17 suits most adults, 13 children.",
        low=5,
        high=100,
    )
    min_gap: float = option(0.08, "Least time between two cues, in seconds.", low=0, high=2)
    min_duration: float = option(
        0.83, "Least time a cue stays where there is room, in seconds.", low=0, high=5
    )
    max_duration: float = option(7.0, "Most time a cue stays, in seconds.", low=1, high=60)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.min_duration > self.max_duration:
            raise InvalidOption(
                f"min_duration is {self.min_duration:g}, but has to be at most max_duration, "
                f"which is {self.max_duration:g}."
            )


@dataclass(frozen=True, slots=True)
class Cue:
    """Lines on the screen from `start` until `end` (ms); `speaker` is the id of who says them."""

    start: int
    end: int
    lines: tuple[tuple[Piece, ...], ...]
    speaker: str | None

    @property
    def text(self) -> str:
        """The lines as they are shown."""
        return "\n".join(line_text(line) for line in self.lines)


def build_cues(transcript: Transcript, options: CueOptions, *, labelled: bool = False) -> list[Cue]:
    """Cut a transcript into cues; every word is kept, no two cues overlap, none ends before it starts.

    With `labelled`, a speaker's name stands before what they say whenever the speaker changes.
    """
    names = {speaker.id: tidy(speaker.name) for speaker in transcript.speakers} if labelled else {}
    cues = [
        Cue(_ms(row[0].start), _ms(row[-1].end), _lines(row, options), speaker)
        for speaker, stretch in _stretches(transcript, names, options, labelled)
        for row in _cut(stretch, options)
    ]
    return _timed(sorted(cues, key=lambda cue: cue.start), options, _ms(transcript.duration))


def _lines(row: Sequence[Piece], options: CueOptions) -> tuple[tuple[Piece, ...], ...]:
    return tuple(tuple(line) for line in break_lines(row, options.max_line))


def _stretches(
    transcript: Transcript, names: dict[str, str], options: CueOptions, labelled: bool
) -> Iterator[tuple[str | None, list[Piece]]]:
    """Speech of one speaker with no long pause in it."""
    speaker: str | None = None
    stretch: list[Piece] = []
    for segment in transcript.segments:
        found = [short for long in segment_pieces(segment) for short in fit(long, options.max_line)]
        if not found:
            continue
        if stretch and segment.speaker != speaker:
            yield speaker, stretch
            stretch = []
        if labelled and segment.speaker and (segment.speaker != speaker):
            found = _label(names.get(segment.speaker) or segment.speaker, found, options.max_line)
        if stretch:
            found[0] = replace(found[0], spaced=needs_space(stretch[-1].text, found[0].text))
        speaker = segment.speaker
        for one in found:
            if stretch and one.start - stretch[-1].end >= _LONGEST_PAUSE:
                yield speaker, stretch
                stretch = []
            stretch.append(one)
    if stretch:
        yield speaker, stretch


def _label(name: str, found: list[Piece], widest: int) -> list[Piece]:
    """Put a name before the first word, on the same line if there is room for both."""
    first = found[0]
    together = piece(f"{name}: {first.text}", False, first.start, first.end)
    if together.width <= widest:
        return [together, *found[1:]]
    alone = fit(piece(f"{name}:", False, first.start, first.start), widest)
    return [*alone, replace(first, spaced=True), *found[1:]]


def segment_pieces(segment: Segment) -> list[Piece]:
    """A segment cut wherever it may be broken, timed by its words where they spell its text."""
    text = tidy(segment.text) or tidy(join(word.text for word in segment.words))
    if not text:
        return []
    found = _from_words(segment, text) or pieces(text, segment.start, segment.end)
    return [*found[:-1], replace(found[-1], break_cost=AFTER_SENTENCE)]


def _from_words(segment: Segment, text: str) -> list[Piece]:
    """The words as pieces, glued where nothing may break between them; nothing if they are not the text's."""
    found: list[Piece] = []
    position = 0
    for word in segment.words:
        written = tidy(word.text)
        at = text.find(written, position)
        gap = text[position:at]
        if not written or at < 0 or gap.strip():
            return []
        spaced = " " in gap
        if found and not spaced and (gap or not may_break(found[-1].text, written)):
            glued = found.pop()
            text_so_far = glued.text + gap + written
            found.append(piece(text_so_far, glued.spaced, glued.start, max(glued.end, word.end)))
        else:
            found.append(piece(written, spaced, word.start, max(word.start, word.end)))
        position = at + len(written)
    return found if position == len(text) else []


def _cut(stretch: Sequence[Piece], options: CueOptions) -> Iterator[Sequence[Piece]]:
    """Cut a stretch of speech into cues at the least total cost to the reader."""
    costs = [0.0] + [float("inf")] * len(stretch)
    origin = [0] * (len(stretch) + 1)
    for first in range(len(stretch)):
        for last, cost in _possible_cues(stretch, first, options):
            if costs[first] + cost < costs[last]:
                costs[last], origin[last] = costs[first] + cost, first
    breaks = [len(stretch)]
    while breaks[-1]:
        breaks.append(origin[breaks[-1]])
    for first, last in pairwise(reversed(breaks)):
        yield stretch[first:last]


def _possible_cues(stretch: Sequence[Piece], first: int, options: CueOptions) -> Iterator[tuple[int, float]]:
    """Where a cue that starts with piece `first` may end (exclusive), and what that costs a reader.

    Costs: one per cue; what stays empty, squared, which evens out neighbours; breaking inside a clause, less
    where the speaker pauses; more than one sentence in a cue; and too little time to read before the next.
    """
    start, lines, columns, inside = stretch[first].start, 1, 0, 0.0
    used = -int(stretch[first].spaced)
    full = options.max_line * options.max_lines
    for last in range(first, len(stretch)):
        one = stretch[last]
        advance = one.advance
        used += advance
        if used > options.max_line:
            lines, used = lines + 1, one.width
        columns += advance
        if last > first and (lines > options.max_lines or one.end - start > options.max_duration):
            return
        following = stretch[last + 1].start if last + 1 < len(stretch) else float("inf")
        pause = 0.0 if following <= one.end else min(1.0, following - one.end)
        cost = 1 + (1 - columns / full) ** 2 + one.break_cost * (1 - pause) + inside
        needed, room = (
            max(options.min_duration, columns / options.max_cps),
            following - start - options.min_gap,
        )
        if needed > room:
            cost += 3 * min(3.0, needed / max(0.05, room) - 1)
        yield last + 1, cost
        inside += 2.5 * (one.break_cost == AFTER_SENTENCE) + 2.5 * pause


def _timed(cues: Sequence[Cue], options: CueOptions, duration: int) -> list[Cue]:
    """Show each cue long enough to be read where there is room, and none beside another.

    Where two cues start too close together for the first to be read, the second waits, but never for more
    than half of what would be left to it.
    """
    gap, shortest, longest = _ms(options.min_gap), _ms(options.min_duration), _ms(options.max_duration)
    starts: list[int] = []
    for cue in cues:
        earliest = starts[-1] + max(1, min(shortest + gap, (cue.end - starts[-1]) // 2)) if starts else 0
        starts.append(max(cue.start, earliest))
    timed = []
    for index, (cue, start) in enumerate(zip(cues, starts, strict=True)):
        following = starts[index + 1] if index + 1 < len(cues) else max(duration, cue.end, start + 1) + gap
        readable = start + max(shortest, _ms(sum(map(_columns, cue.lines)) / options.max_cps))
        end = min(max(cue.end, readable, start + 1), start + longest)
        limit = max(following - gap, start + (following - start + 1) // 2)
        timed.append(replace(cue, start=start, end=min(end, limit)))
    return timed


def _columns(line: Sequence[Piece]) -> int:
    return sum(one.advance for one in line)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
