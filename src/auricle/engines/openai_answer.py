"""Reading the answer of a transcription server: whatever of segments, words and times it holds."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Any

from auricle.transcript import Segment, Word


def read_segments(answer: Mapping[str, Any], duration: float, word_times: bool) -> list[Segment]:
    """The segments of one answer; `duration` (s) is that of the audio that was sent.

    A server may give segments, words, both, or only `text`. Its words often lack punctuation, which the
    text has. Items of another shape than the API's are left out.
    """
    segments = [read for item in _items(answer, "segments") if (read := _segment(item, duration)) is not None]
    words = [word for item in _items(answer, "words") if (word := _word(item, duration)) is not None]
    text = answer["text"].strip()
    if not segments:
        if not text:
            return []
        start, end = (words[0].start, words[-1].end) if words else (0.0, duration)
        segments = [Segment(start=start, end=end, text=text)]
    if words and not any(segment.words for segment in segments):
        segments = _distributed(words, segments)
    return [_written(segment) if word_times else replace(segment, words=()) for segment in segments]


def _items(answer: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    items = answer.get(name)
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []


def _segment(item: Mapping[str, Any], duration: float) -> Segment | None:
    times = _times(item, duration)
    text = str(item.get("text") or "").strip()
    if times is None or not text:
        return None
    log_probability = _number(item.get("avg_logprob"))
    words = tuple(word for part in _items(item, "words") if (word := _word(part, duration)) is not None)
    return Segment(
        start=min([times[0], *(word.start for word in words)]),
        end=max([times[1], *(word.end for word in words)]),
        text=text,
        words=words,
        confidence=None if log_probability is None else round(math.exp(min(0.0, log_probability)), 4),
        no_speech_probability=_probability(item.get("no_speech_prob")),
    )


def _word(item: Mapping[str, Any], duration: float) -> Word | None:
    times = _times(item, duration)
    text = str(item.get("word") or "").strip()
    if times is None or not text:
        return None
    return Word(text, *times, confidence=_probability(item.get("probability")))


def _times(item: Mapping[str, Any], duration: float) -> tuple[float, float] | None:
    """Start and end, kept within the audio and in order; None where the item has none."""
    start, end = _number(item.get("start")), _number(item.get("end"))
    if start is None or end is None:
        return None
    start = min(max(start, 0.0), duration)
    return start, min(max(end, start), duration)


def _number(value: Any) -> float | None:
    """A finite number, also one written as a string, as some servers do."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _probability(value: Any) -> float | None:
    number = _number(value)
    return None if number is None else round(min(max(number, 0.0), 1.0), 4)


def _distributed(words: Sequence[Word], segments: Sequence[Segment]) -> list[Segment]:
    """Give every word to the segment its middle lies in or is nearest to."""
    shares: list[list[Word]] = [[] for _ in segments]
    for word in words:
        middle = (word.start + word.end) / 2
        distances = [max(segment.start - middle, middle - segment.end, 0.0) for segment in segments]
        shares[distances.index(min(distances))].append(word)
    return [
        replace(
            segment,
            words=tuple(share),
            start=min([segment.start, *(word.start for word in share)]),
            end=max([segment.end, *(word.end for word in share)]),
        )
        for segment, share in zip(segments, shares, strict=True)
    ]


def _written(segment: Segment) -> Segment:
    """Words as the segment's text writes them: "Hi," for a bare "hi"."""
    tokens = segment.text.split()
    spoken = [_bare(word.text) for word in segment.words]
    words = list(segment.words)
    matcher = SequenceMatcher(None, spoken, [_bare(token) for token in tokens], autojunk=False)
    for in_words, in_text, length in matcher.get_matching_blocks():
        for offset in range(length):
            place = in_words + offset
            words[place] = replace(words[place], text=tokens[in_text + offset])
    return replace(segment, words=tuple(words))


def _bare(text: str) -> str:
    return re.sub(r"[^\w']", "", text.lower()) or text
