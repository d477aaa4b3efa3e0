"""Quality control, the same for every engine: consistent times, flagged doubts, the better of two decodes."""

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from auricle.transcript import Segment, Word
from auricle.transcript.review import CONFIDENCE_LIMIT, INTERPOLATED_TIMES, NO_SPEECH_LIMIT, doubts
from auricle.transcript.text import word_spans

_NOT_SPACE = re.compile(r"\S+")
_HAS_WORD = re.compile(r"\w")


def tidy(segments: Iterable[Segment], duration: float, *, word_times: bool) -> list[Segment]:
    """Segments of one window of `duration` seconds with times one can rely on.

    Times lie in 0..duration and never go backwards, words lie within their segment, and words of the
    text that got no times (or all of them, where an engine has none and `word_times` are wanted) get
    them between their neighbours, which is flagged. Text that Whisper's own rule calls silence (no
    speech is likely, and the decode failed) is left out, and so are segments without any text.
    """
    tidied: list[Segment] = []
    earliest = 0.0
    for segment in segments:
        if not segment.text.strip() or _is_silence(segment):
            continue
        start = _within(segment.start, earliest, duration)
        end = _within(segment.end, start, duration)
        segment = _with_words(replace(segment, start=start, end=end), word_times)
        tidied.append(segment)
        earliest = segment.words[-1].start if segment.words else segment.start
    return tidied


def flagged(segments: Iterable[Segment]) -> list[Segment]:
    """The same segments with what is doubtful about each."""
    return [
        replace(segment, flags=tuple(dict.fromkeys((*segment.flags, *doubts(segment)))))
        for segment in segments
    ]


def is_doubtful(segments: Sequence[Segment]) -> bool:
    """Whether a window deserves to be decoded once more."""
    return _doubt(segments) > 0.0


def better(first: Sequence[Segment], second: Sequence[Segment]) -> Sequence[Segment]:
    """Which of two transcripts of the same window to keep.

    The one with the smaller share of its time under doubt; between shares less than 5 percentage
    points apart the one whose words are more probable, and the first where that is not known. Silence
    wins over text only where all of that text is probably no speech.
    """
    if not second or not first:
        spoken = first or second
        likely_silence = all((one.no_speech_probability or 0.0) > NO_SPEECH_LIMIT for one in spoken)
        return [] if likely_silence else spoken
    less = _doubt(second) - _doubt(first)
    if abs(less) >= 0.05:
        return second if less < 0 else first
    return second if _confidence(second) > _confidence(first) else first


def _is_silence(segment: Segment) -> bool:
    sure = segment.confidence is None or segment.confidence >= CONFIDENCE_LIMIT
    return (segment.no_speech_probability or 0.0) > NO_SPEECH_LIMIT and not sure


def _within(time: float, low: float, high: float) -> float:
    return min(max(time, low), max(low, high))


def _with_words(segment: Segment, word_times: bool) -> Segment:
    if not word_times:
        return replace(segment, words=())
    words = _monotonic(segment)
    completed = _completed(segment.text, words, segment)
    if completed != words:
        return replace(segment, words=completed, flags=(*segment.flags, INTERPOLATED_TIMES))
    return replace(segment, words=words)


def _monotonic(segment: Segment) -> tuple[Word, ...]:
    words = []
    earliest = segment.start
    for word in segment.words:
        start = _within(word.start, earliest, segment.end)
        words.append(replace(word, start=start, end=_within(word.end, start, segment.end)))
        earliest = start
    return tuple(words)


def _completed(text: str, words: tuple[Word, ...], segment: Segment) -> tuple[Word, ...]:
    """`words` and, in their places, the words of `text` that are not among them."""
    spans = word_spans(text, words)
    if spans is None:
        return words
    edges = [(0, 0), *spans, (len(text), len(text))]
    times = [segment.start, *(t for word in words for t in (word.start, word.end)), segment.end]
    completed: list[Word] = []
    for number, ((_, begin), (end, _)) in enumerate(itertools.pairwise(edges)):
        missing = [token for token in _NOT_SPACE.findall(text[begin:end]) if _HAS_WORD.search(token)]
        completed += _spread(missing, times[2 * number], times[2 * number + 1])
        completed += words[number : number + 1]
    return tuple(completed)


def _spread(tokens: Sequence[str], start: float, end: float) -> list[Word]:
    """Words over a stretch of time, each with room for its letters."""
    total = sum(map(len, tokens))
    edges = [
        start + (end - start) * done / max(1, total)
        for done in itertools.accumulate(map(len, tokens), initial=0)
    ]
    return [
        Word(token, round(begin, 3), round(stop, 3))
        for token, (begin, stop) in zip(tokens, itertools.pairwise(edges), strict=True)
    ]


def _doubt(segments: Sequence[Segment]) -> float:
    """The share (0..1) of the time that stands under doubt."""
    doubtful = [set(segment.flags) - {INTERPOLATED_TIMES} for segment in segments]
    lengths = [max(segment.end - segment.start, 0.02) for segment in segments]
    return sum(length for length, flags in zip(lengths, doubtful, strict=True) if flags) / (
        sum(lengths) or 1.0
    )


def _confidence(segments: Sequence[Segment]) -> float:
    known = [(one.confidence, one.end - one.start) for one in segments if one.confidence is not None]
    total = sum(length for _, length in known)
    return sum(confidence * length for confidence, length in known) / total if total else 0.0
