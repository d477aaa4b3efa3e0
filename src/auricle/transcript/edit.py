"""Changes to what a transcript says, and when: pure functions."""

import math
import operator
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from auricle.errors import InvalidOption, NotFound
from auricle.transcript.lines import join
from auricle.transcript.model import Segment, Speaker, Transcript, Word
from auricle.transcript.rewording import reworded


def edit_segment(
    transcript: Transcript,
    id: int,
    *,
    text: str | None = None,
    speaker: str | None = None,
    start: float | None = None,
    end: float | None = None,
) -> Transcript:
    """Change what a segment says, who says it (an empty name: nobody), or when.

    Words that stay keep their times; new ones share the time of those they replace, and count as checked.
    Where its text or its times are given, even as they were, somebody has looked at the segment and it is
    doubted no longer: its flags go. Raises NotFound and InvalidOption.
    """
    old = find_segment(transcript, id)
    begin = old.start if start is None else start
    stop = old.end if end is None else end
    if not (0 <= begin <= stop and math.isfinite(stop)):
        raise InvalidOption(f"A segment from {begin:g} s to {stop:g} s cannot be.")
    new = old if text is None else _saying(old, text)
    who = old.speaker if speaker is None else speaker or None
    words = tuple(_within(replace(word, speaker=who), begin, stop) for word in new.words)
    unread = (text, start, end) == (None, None, None)
    flags = old.flags if unread else ()
    new = replace(new, start=begin, end=stop, speaker=who, words=words, flags=flags)
    return _with_each(transcript, {id: new})


def split_segment(transcript: Transcript, id: int, word: int) -> Transcript:
    """Cut a segment in two before its word number `word` (from 0); the second half gets a new id."""
    old = find_segment(transcript, id)
    if not 0 < word < len(old.words):
        raise InvalidOption(f"Segment {id} has {len(old.words)} words: it cannot be cut before word {word}.")
    first, second = old.words[:word], old.words[word:]
    halves = [
        replace(old, end=first[-1].end, text=join(one.text for one in first), words=first),
        replace(
            old,
            id=_new_id(transcript),
            start=max(second[0].start, first[-1].end),
            text=join(one.text for one in second),
            words=second,
        ),
    ]
    halves[1] = replace(
        halves[1], words=tuple(_within(one, halves[1].start, halves[1].end) for one in second)
    )
    segments = [half for one in transcript.segments for half in (halves if one is old else [one])]
    return with_segments(transcript, segments)


def join_segments(transcript: Transcript, first: int, last: int) -> Transcript:
    """Make one segment of all from `first` to `last` (ids); it has the id and the speaker of the first."""
    places = {one.id: place for place, one in enumerate(transcript.segments)}
    begin, end = places.get(first), places.get(last)
    if begin is None or end is None:
        raise NotFound(f"There is no segment {first if begin is None else last}.")
    if begin >= end:
        raise InvalidOption(f"Segment {last} does not come after segment {first}.")
    some = transcript.segments[begin : end + 1]
    joined = replace(
        some[0],
        end=max(one.end for one in some),
        text=join(one.text for one in some),
        words=tuple(_in_order(replace(word, speaker=some[0].speaker) for one in some for word in one.words)),
        confidence=None,
        flags=tuple(dict.fromkeys(flag for one in some for flag in one.flags)),
    )
    return with_segments(transcript, [*transcript.segments[:begin], joined, *transcript.segments[end + 1 :]])


def delete_segment(transcript: Transcript, id: int) -> Transcript:
    """Leave a segment out."""
    gone = find_segment(transcript, id)
    return with_segments(transcript, [one for one in transcript.segments if one is not gone])


def replace_text(
    transcript: Transcript, find: str, by: str, *, match_case: bool = False, whole_words: bool = True
) -> Transcript:
    """Write `by` wherever `find` stands; a segment of which nothing is left goes."""
    if not find.strip():
        raise InvalidOption("There is nothing to look for: find is empty.")
    edge = r"(?<!\w){}(?!\w)" if whole_words else "{}"
    pattern = re.compile(edge.format(re.escape(find)), 0 if match_case else re.IGNORECASE)
    segments = [_replaced(one, pattern, by) for one in transcript.segments]
    if all(map(operator.is_, segments, transcript.segments)):
        return transcript
    return with_segments(transcript, [one for one in segments if one is not None])


def _replaced(segment: Segment, pattern: re.Pattern[str], by: str) -> Segment | None:
    """The segment with another text; itself where nothing was found, None where nothing is left."""
    text = pattern.sub(lambda _: by, segment.text)
    if text == segment.text:
        return segment
    new = replace(_saying(segment, text), flags=())
    return new if new.text else None


def check_words(transcript: Transcript, id: int, first: int, last: int) -> Transcript:
    """Somebody has heard words `first` to `last` (from 0) of a segment and says that they are right."""
    return _marked(transcript, id, first, last, checked=True)


def uncheck_words(transcript: Transcript, id: int, first: int, last: int) -> Transcript:
    """Words `first` to `last` (from 0) of a segment are to be looked at again."""
    return _marked(transcript, id, first, last, checked=False)


def _marked(transcript: Transcript, id: int, first: int, last: int, *, checked: bool) -> Transcript:
    old = find_segment(transcript, id)
    if not 0 <= first <= last < len(old.words):
        raise InvalidOption(
            f"Segment {id} has {len(old.words)} words: there are none from {first} to {last}."
        )
    words = [
        replace(word, checked=checked) if first <= place <= last else word
        for place, word in enumerate(old.words)
    ]
    return _with_each(transcript, {id: replace(old, words=tuple(words))})


def find_segment(transcript: Transcript, id: int) -> Segment:
    for segment in transcript.segments:
        if segment.id == id:
            return segment
    raise NotFound(f"There is no segment {id}.")


def _new_id(transcript: Transcript) -> int:
    return max((one.id for one in transcript.segments), default=-1) + 1


def _with_each(transcript: Transcript, changed: Mapping[int, Segment]) -> Transcript:
    return with_segments(transcript, [changed.get(one.id, one) for one in transcript.segments])


def _saying(segment: Segment, text: str) -> Segment:
    """The segment with another text; how sure the engine was of the old one says nothing about it."""
    confidence = segment.confidence if text == segment.text else None
    return replace(segment, text=_one_line(text), words=reworded(segment, text), confidence=confidence)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _in_order(words: Iterable[Word]) -> Iterable[Word]:
    """Words as they are written; none begins before the one before it, as in segments that overlap."""
    reached = 0.0
    for word in words:
        reached = max(reached, word.start)
        yield replace(word, start=reached, end=max(reached, word.end))


def _within(word: Word, start: float, end: float) -> Word:
    return replace(word, start=min(max(word.start, start), end), end=min(max(word.end, start), end))


def with_segments(transcript: Transcript, segments: Sequence[Segment]) -> Transcript:
    """A transcript with these segments in the order of time, and what each speaker now says."""
    ordered = tuple(sorted(segments, key=lambda one: (one.start, one.end)))
    talk: dict[str | None, float] = {}
    for one in ordered:
        talk[one.speaker] = talk.get(one.speaker, 0.0) + one.end - one.start
    known = {one.id for one in transcript.speakers}
    named = [id for id in talk if id is not None and id not in known]
    speakers = [*transcript.speakers, *(Speaker(id, id) for id in named)]
    return replace(
        transcript,
        segments=ordered,
        speakers=tuple(replace(one, talk_seconds=round(talk.get(one.id, 0.0), 3)) for one in speakers),
    )
