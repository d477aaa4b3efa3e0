"""Changes to a transcript: pure functions, and the small language of changes that the API speaks."""

import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from auricle.errors import AuricleError, InvalidOption, NotFound
from auricle.transcript.lines import join
from auricle.transcript.model import Segment, Speaker, Transcript, Word

_LETTERS = re.compile(r"[^\w]+")


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

    Words that stay keep their times; new ones share the time of those they replace. A segment somebody has
    looked at is doubted no longer: its flags go. Raises NotFound and InvalidOption.
    """
    old = _find(transcript, id)
    begin = old.start if start is None else start
    stop = old.end if end is None else end
    if not (0 <= begin <= stop and math.isfinite(stop)):
        raise InvalidOption(f"A segment from {begin:g} s to {stop:g} s cannot be.")
    who = old.speaker if speaker is None else speaker or None
    words = old.words if text is None else _reworded(old, text)
    new = replace(
        old,
        start=begin,
        end=stop,
        text=old.text if text is None else _one_line(text),
        speaker=who,
        words=tuple(_within(replace(word, speaker=who), begin, stop) for word in words),
        confidence=None if text is not None and text != old.text else old.confidence,
        flags=(),
    )
    return _with(transcript, [new if one is old else one for one in transcript.segments])


def split_segment(transcript: Transcript, id: int, word: int) -> Transcript:
    """Cut a segment in two before its word number `word` (from 0); the second half gets a new id."""
    old = _find(transcript, id)
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
    return _with(transcript, segments)


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
        words=tuple(replace(word, speaker=some[0].speaker) for one in some for word in one.words),
        confidence=None,
        flags=tuple(dict.fromkeys(flag for one in some for flag in one.flags)),
    )
    return _with(transcript, [*transcript.segments[:begin], joined, *transcript.segments[end + 1 :]])


def delete_segment(transcript: Transcript, id: int) -> Transcript:
    """Leave a segment out."""
    gone = _find(transcript, id)
    return _with(transcript, [one for one in transcript.segments if one is not gone])


def rename_speaker(transcript: Transcript, speaker: str, name: str) -> Transcript:
    """Give a speaker (by id) another name."""
    if not name.strip():
        raise InvalidOption("A speaker needs a name.")
    _speaker(transcript, speaker)
    return replace(
        transcript,
        speakers=tuple(
            replace(one, name=" ".join(name.split())[:200]) if one.id == speaker else one
            for one in transcript.speakers
        ),
    )


def merge_speakers(transcript: Transcript, speaker: str, into: str) -> Transcript:
    """Everything one speaker says was said by another."""
    _speaker(transcript, speaker)
    _speaker(transcript, into)
    if speaker == into:
        raise InvalidOption("A speaker cannot be merged with itself.")

    def moved(segment: Segment) -> Segment:
        words = tuple(
            replace(word, speaker=into) if word.speaker == speaker else word for word in segment.words
        )
        return replace(segment, speaker=into if segment.speaker == speaker else segment.speaker, words=words)

    kept = tuple(one for one in transcript.speakers if one.id != speaker)
    return _with(replace(transcript, speakers=kept), [moved(one) for one in transcript.segments])


def replace_text(
    transcript: Transcript, find: str, by: str, *, match_case: bool = False, whole_words: bool = True
) -> Transcript:
    """Write `by` wherever `find` stands."""
    if not find.strip():
        raise InvalidOption("There is nothing to look for: find is empty.")
    edge = r"(?<!\w){}(?!\w)" if whole_words else "{}"
    pattern = re.compile(edge.format(re.escape(find)), 0 if match_case else re.IGNORECASE)
    for segment in transcript.segments:
        text = pattern.sub(lambda _: by, segment.text)
        if text != segment.text:
            transcript = edit_segment(transcript, segment.id, text=text)
    return transcript


#: Every change by name, with the fields it takes and their types.
OPERATIONS: Mapping[str, tuple[Callable[..., Transcript], Mapping[str, type]]] = MappingProxyType(
    {
        "edit_segment": (
            edit_segment,
            {"id": int, "text": str, "speaker": str, "start": float, "end": float},
        ),
        "split_segment": (split_segment, {"id": int, "word": int}),
        "join_segments": (join_segments, {"first": int, "last": int}),
        "delete_segment": (delete_segment, {"id": int}),
        "rename_speaker": (rename_speaker, {"speaker": str, "name": str}),
        "merge_speakers": (merge_speakers, {"speaker": str, "into": str}),
        "replace_text": (
            replace_text,
            {"find": str, "by": str, "match_case": bool, "whole_words": bool},
        ),
    }
)


def apply(transcript: Transcript, operations: Sequence[Mapping[str, Any]]) -> Transcript:
    """Make changes one after the other, such as {"op": "edit_segment", "id": 3, "text": "..."}.

    All or nothing; the error says which operation (from 1) was wrong. Raises InvalidOption and NotFound.
    """
    for number, operation in enumerate(operations, 1):
        try:
            transcript = _applied(transcript, operation)
        except AuricleError as error:
            raise type(error)(f"Operation {number}: {error}") from error
    return transcript


def _applied(transcript: Transcript, operation: Mapping[str, Any]) -> Transcript:
    name = operation.get("op")
    if not isinstance(name, str) or name not in OPERATIONS:
        raise InvalidOption(f"There is no operation {name!r}. Choose from: {', '.join(OPERATIONS)}.")
    change, known = OPERATIONS[name]
    values = {}
    for field, value in operation.items():
        if field == "op":
            continue
        if field not in known:
            raise InvalidOption(f"{name} has no {field!r}. It has: {', '.join(known)}.")
        values[field] = _checked(field, value, known[field])
    try:
        return change(transcript, **values)
    except TypeError:
        raise InvalidOption(f"{name} needs more than that. It has: {', '.join(known)}.") from None


def _checked(field: str, value: Any, kind: type) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not kind:
        raise InvalidOption(f"{field} is {value!r}, but has to be a {_SPOKEN[kind]}.")
    return value


_SPOKEN = MappingProxyType({int: "whole number", float: "number", str: "text", bool: "true or false"})


def _find(transcript: Transcript, id: int) -> Segment:
    for segment in transcript.segments:
        if segment.id == id:
            return segment
    raise NotFound(f"There is no segment {id}.")


def _speaker(transcript: Transcript, id: str) -> Speaker:
    for speaker in transcript.speakers:
        if speaker.id == id:
            return speaker
    raise NotFound(f"There is no speaker {id!r}.")


def _new_id(transcript: Transcript) -> int:
    return max((one.id for one in transcript.segments), default=-1) + 1


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _reworded(segment: Segment, text: str) -> tuple[Word, ...]:
    """The words of a new text: those that stay keep their time and confidence.

    The two word lists are aligned by their longest common runs (Ratcliff and Obershelp, as in difflib).
    """
    old, new = segment.words, text.split()
    if not old:
        return ()
    matcher = difflib.SequenceMatcher(
        a=[_plain(word.text) for word in old], b=[_plain(word) for word in new], autojunk=False
    )
    words: list[Word] = []
    for kind, begin, end, first, last in matcher.get_opcodes():
        if kind == "equal":
            words += [replace(one, text=new[first + n]) for n, one in enumerate(old[begin:end])]
        elif first < last:
            start = old[begin].start if begin < end else _reached(words, segment)
            stop = (
                old[end - 1].end if begin < end else (old[begin].start if begin < len(old) else segment.end)
            )
            words += _spread(new[first:last], start, max(start, stop), segment.speaker)
    return tuple(words)


def _plain(word: str) -> str:
    return _LETTERS.sub("", word).casefold() or word


def _reached(words: Sequence[Word], segment: Segment) -> float:
    return words[-1].end if words else segment.start


def _spread(texts: Sequence[str], start: float, stop: float, speaker: str | None) -> Iterable[Word]:
    """Share a stretch of time out to words by their length."""
    total = sum(map(len, texts))
    reached = 0
    for text in texts:
        begin = start + (stop - start) * reached / total
        reached += len(text)
        yield Word(text, round(begin, 3), round(start + (stop - start) * reached / total, 3), None, speaker)


def _within(word: Word, start: float, end: float) -> Word:
    return replace(word, start=min(max(word.start, start), end), end=min(max(word.end, start), end))


def _with(transcript: Transcript, segments: Sequence[Segment]) -> Transcript:
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
