"""Changes to who says something: pure functions."""

from dataclasses import replace
from itertools import count

from auricle.errors import InvalidOption, NotFound
from auricle.transcript.edit import find_segment, with_segments
from auricle.transcript.model import COLORS, Segment, Speaker, Transcript


def rename_speaker(transcript: Transcript, speaker: str, name: str) -> Transcript:
    """Give a speaker (by id) another name."""
    return _with_speaker(transcript, replace(_speaker(transcript, speaker), name=_clean(name)))


def color_speaker(transcript: Transcript, speaker: str, color: int) -> Transcript:
    """Show a speaker (by id) in one of the eight colors (0..7)."""
    if not 0 <= color < COLORS:
        raise InvalidOption(f"color is {color}, but has to be one of 0 to {COLORS - 1}.")
    return _with_speaker(transcript, replace(_speaker(transcript, speaker), color=color))


def merge_speakers(transcript: Transcript, speaker: str, into: str) -> Transcript:
    """Everything one speaker says was said by another."""
    _speaker(transcript, speaker)
    _speaker(transcript, into)
    if speaker == into:
        raise InvalidOption("A speaker cannot be merged with itself.")

    segments = [_moved(one, speaker, into) for one in transcript.segments]
    return with_segments(_without(transcript, speaker), segments)


def assign_speaker(transcript: Transcript, first: int, speaker: str, name: str) -> Transcript:
    """All that one speaker says from segment `first` on was said by another, whom people call `name`.

    That is the speaker with this name, or a new one. A speaker who says nothing any more goes.
    """
    _speaker(transcript, speaker)
    known = next((one.id for one in transcript.speakers if one.name == _clean(name)), None)
    if known == speaker:
        raise InvalidOption(f"{name} is the name of this speaker already.")
    into = known or _new_id(transcript)
    begin = transcript.segments.index(find_segment(transcript, first))
    before, after = transcript.segments[:begin], transcript.segments[begin:]
    if not any(_talks(one, speaker) for one in after):
        raise InvalidOption(f"Speaker {speaker} says nothing from segment {first} on.")
    if not any(_talks(one, speaker) for one in before):
        transcript = _without(transcript, speaker)
    if known is None:
        transcript = replace(transcript, speakers=(*transcript.speakers, Speaker(into, _clean(name))))
    return with_segments(transcript, [*before, *(_moved(one, speaker, into) for one in after)])


def _talks(segment: Segment, speaker: str) -> bool:
    return segment.speaker == speaker or any(word.speaker == speaker for word in segment.words)


def _moved(segment: Segment, speaker: str, into: str) -> Segment:
    words = tuple(replace(word, speaker=into) if word.speaker == speaker else word for word in segment.words)
    return replace(segment, speaker=into if segment.speaker == speaker else segment.speaker, words=words)


def _clean(name: str) -> str:
    if not name.strip():
        raise InvalidOption("A speaker needs a name.")
    return " ".join(name.split())[:200]


def _new_id(transcript: Transcript) -> str:
    taken = {one.id for one in transcript.speakers}
    return next(id for number in count(1) if (id := f"speaker-{number}") not in taken)


def _with_speaker(transcript: Transcript, changed: Speaker) -> Transcript:
    speakers = tuple(changed if one.id == changed.id else one for one in transcript.speakers)
    return replace(transcript, speakers=speakers)


def _without(transcript: Transcript, speaker: str) -> Transcript:
    kept = tuple(one for one in transcript.speakers if one.id != speaker)
    return replace(transcript, speakers=kept)


def _speaker(transcript: Transcript, id: str) -> Speaker:
    for speaker in transcript.speakers:
        if speaker.id == id:
            return speaker
    raise NotFound(f"There is no speaker {id!r}.")
