"""What a change did to a transcript, and how it is taken back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from auricle.errors import InvalidOption, NotFound
from auricle.transcript.edit import with_segments
from auricle.transcript.given import read_segment, read_speaker
from auricle.transcript.model import Segment, Transcript


@dataclass(frozen=True, slots=True)
class Changes:
    """The segments that are new or other than before, and the ids of those that went."""

    segments: tuple[Segment, ...]
    removed: tuple[int, ...]


def changes(before: Transcript, after: Transcript) -> Changes:
    """What is other in a transcript than it was before."""
    known = {one.id: one for one in before.segments}
    left = {one.id for one in after.segments}
    return Changes(
        segments=tuple(one for one in after.segments if known.get(one.id) != one),
        removed=tuple(one.id for one in before.segments if one.id not in left),
    )


def put_back(
    transcript: Transcript, ids: list[Any], segments: list[Any], speakers: list[Any] | None = None
) -> Transcript:
    """Put `segments` (JSON form) in the place of those with these ids, and `speakers` in that of all.

    Raises NotFound for an id that is not there, InvalidOption for content that is none.
    """
    gone = _ids(transcript, ids)
    given = [read_segment(one, place) for place, one in enumerate(segments, 1)]
    kept = [one for one in transcript.segments if one.id not in gone]
    _refuse_twice(given, {one.id for one in kept})
    if speakers is not None:
        transcript = replace(transcript, speakers=tuple(_speakers(speakers)))
    first = next((place for place, one in enumerate(transcript.segments) if one.id in gone), len(kept))
    return with_segments(transcript, [*kept[:first], *given, *kept[first:]])


def _ids(transcript: Transcript, ids: Sequence[Any]) -> set[int]:
    there = {one.id for one in transcript.segments}
    for id in ids:
        if type(id) is not int:
            raise InvalidOption(f"ids holds {id!r:.60}, but has to be a list of whole numbers.")
        if id not in there:
            raise NotFound(f"There is no segment {id}.")
    return set(ids)


def _refuse_twice(given: Sequence[Segment], kept: set[int]) -> None:
    seen = set(kept)
    for one in given:
        if one.id in kept:
            raise InvalidOption(f"Segment {one.id} is there: name it in ids, or it would be there twice.")
        if one.id in seen:
            raise InvalidOption(f"Two segments have the id {one.id}.")
        seen.add(one.id)


def _speakers(documents: Sequence[Any]) -> list[Any]:
    speakers = [read_speaker(one, place) for place, one in enumerate(documents, 1)]
    if len({one.id for one in speakers}) != len(speakers):
        raise InvalidOption("Two speakers have the same id.")
    return speakers
