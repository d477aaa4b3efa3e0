"""Quality control, the same for every engine: consistent times, flagged doubts, the better of two decodes."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from auricle.transcript import Segment, Word
from auricle.transcript.lines import join, pieces
from auricle.transcript.lines import tidy as one_line
from auricle.transcript.review import (
    CONFIDENCE_LIMIT,
    INTERPOLATED_TIMES,
    NO_SPEECH_LIMIT,
    REPETITION,
    doubts,
    is_repetitive,
)
from auricle.transcript.text import texts_between, word_spans

_WORDLIKE = re.compile(r"\w")


def tidy(
    segments: Iterable[Segment], duration: float, *, word_times: bool, earliest: float = 0.0
) -> list[Segment]:
    """Segments of one window of `duration` seconds with times one can rely on.

    Times lie in `earliest`..duration and never go backwards, words lie within their segment, and words of the
    text that got no times (or all of them, where an engine has none and `word_times` are wanted) get
    them between their neighbours, which is flagged. Text that Whisper's own rule calls silence (no
    speech is likely, and the decode failed) is left out, and so are segments without any text.
    """
    tidied: list[Segment] = []
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
    """The segments of one window with what is doubtful about each; a loop may run over several."""
    window = list(segments)
    bare = ["".join(_WORDLIKE.findall(segment.text.lower())) for segment in window]
    loops = is_repetitive(join(segment.text for segment in window))
    again = {text for text, count in Counter(bare).items() if loops and count > 1}
    return [
        _with_flags(segment, *doubts(segment), *([REPETITION] if text in again else []))
        for segment, text in zip(window, bare, strict=True)
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
    before, after = _confidence(first), _confidence(second)
    return second if before is not None and after is not None and after > before else first


def _is_silence(segment: Segment) -> bool:
    sure = segment.confidence is None or segment.confidence >= CONFIDENCE_LIMIT
    return (segment.no_speech_probability or 0.0) > NO_SPEECH_LIMIT and not sure


def _with_flags(segment: Segment, *flags: str) -> Segment:
    return replace(segment, flags=tuple(dict.fromkeys((*segment.flags, *flags))))


def _within(time: float, low: float, high: float) -> float:
    return min(max(time, low), max(low, high))


def _with_words(segment: Segment, word_times: bool) -> Segment:
    if not word_times:
        return replace(segment, words=())
    words = _monotonic(segment)
    completed = _completed(segment.text, words, segment)
    if completed != words:
        return _with_flags(replace(segment, words=completed), INTERPOLATED_TIMES)
    return replace(segment, words=words)


def _monotonic(segment: Segment) -> tuple[Word, ...]:
    words: list[Word] = []
    earliest = segment.start
    for word in segment.words:
        if not word.text.strip():
            continue
        start = _within(word.start, earliest, segment.end)
        if words:
            words[-1] = replace(words[-1], end=min(words[-1].end, start))
        words.append(replace(word, start=start, end=_within(word.end, start, segment.end)))
        earliest = start
    return tuple(words)


def _completed(text: str, words: tuple[Word, ...], segment: Segment) -> tuple[Word, ...]:
    """`words` and, in their places, the words of `text` that are not among them."""
    spans = word_spans(text, words)
    if spans is None:
        return words
    times = [segment.start, *(time for word in words for time in (word.start, word.end)), segment.end]
    completed: list[Word] = []
    for number, missing in enumerate(texts_between(text, spans)):
        start, end = times[2 * number : 2 * number + 2]
        completed += _spread(missing, min(start, end), end)
        completed += words[number : number + 1]
    return tuple(completed)


def _spread(text: str, start: float, end: float) -> Iterator[Word]:
    """The words of `text` over a stretch of time, each with room for its letters."""
    if not _WORDLIKE.search(text):
        return
    for piece in pieces(one_line(text), start, end):
        if _WORDLIKE.search(piece.text):
            yield Word(piece.text, _within(piece.start, start, end), _within(piece.end, start, end))


def _doubt(segments: Sequence[Segment]) -> float:
    """The share (0..1) of the time that stands under doubt."""
    doubtful = [segment for segment in segments if set(segment.flags) - {INTERPOLATED_TIMES}]
    return sum(map(_length, doubtful)) / (sum(map(_length, segments)) or 1.0)


def _confidence(segments: Sequence[Segment]) -> float | None:
    known = [(one.confidence, _length(one)) for one in segments if one.confidence is not None]
    total = sum(length for _, length in known)
    return sum(confidence * length for confidence, length in known) / total if known else None


def _length(segment: Segment) -> float:
    return max(segment.end - segment.start, 0.02)
