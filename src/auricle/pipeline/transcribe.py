"""The second stage: the speech of one part becomes segments."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from auricle.audio.parts import Window, pack_windows, tile
from auricle.audio.pcm import SAMPLE_RATE, read_samples
from auricle.engines import Engine, Heard, LanguageGuess, Samples, SpeechOptions
from auricle.errors import UnsupportedOption
from auricle.pipeline.prepare import PlannedPart
from auricle.pipeline.quality import better, flagged, is_doubtful, tidy
from auricle.transcript import Segment
from auricle.transcript.review import NO_SPEECH

#: A segment of which a smaller share (0..1) is speech has its text from somewhere else.
_LEAST_SPEECH = 0.1


def transcribe_part(
    pcm: Path, part: PlannedPart, engine: Engine, options: SpeechOptions
) -> Iterator["WindowResult"]:
    """Hear one part, window by window; `options.language` has to be settled by then.

    Windows are cut while the part's speech is still being found, and handed to the engine as it asks
    for them. Times in the results are seconds in the track. A doubtful window is heard once more on the
    engine's sequential path, with temperature fallback, and the better result is kept.
    """
    longest = engine.window(options)
    handed: list[Window] = []

    def samples() -> Iterator[Samples]:
        for window in windows(part, longest, options):
            handed.append(window)
            yield samples_of(pcm, window)

    second_path = _second_path(engine, options)
    reached = (0, 0.0)
    for number, heard in _by_window(
        engine.transcribe(samples(), options), handed, whole=second_path is not None
    ):
        window = handed[number]
        segments = _checked(heard, window, options, reached[1] if reached[0] == number else 0.0)
        reached = (number, segments[-1].start if segments else reached[1] * (reached[0] == number))
        if second_path is not None and is_doubtful(segments):
            again = [one.segment for one in engine.transcribe([samples_of(pcm, window)], second_path)]
            segments = list(better(segments, _checked(again, window, options)))
        placed = [_in_track(segment, window) for segment in segments]
        yield WindowResult(window, tuple(placed if options.vad else _without_speech_flagged(placed, part)))


@dataclass(frozen=True, slots=True)
class WindowResult:
    """What was heard in a window (of a long window: so far); segment times are seconds in the track."""

    window: Window
    segments: tuple[Segment, ...]


def detect_language(
    pcm: Path, part: PlannedPart, engine: Engine, options: SpeechOptions
) -> LanguageGuess | None:
    """The language of the first speech in a part (with `vad` off: of its start); None where there is none.

    Reads as many windows of 30 s as `options.language_detection_segments` asks for.
    """
    count = options.language_detection_segments or 1
    first = list(itertools.islice(windows(part, 30.0, options), count))
    if not first:
        return None
    samples = np.concatenate([samples_of(pcm, window) for window in first])
    return engine.detect_language(samples, options)


def windows(part: PlannedPart, longest: float | None, options: SpeechOptions) -> Iterator[Window]:
    """A part's speech in windows of at most `longest` seconds; all of the part where `vad` is off."""
    if options.vad:
        yield from pack_windows(part.stretches(), longest)
        return
    speech = list(part.stretches())
    yield from pack_windows(tile(part.exhaust(), speech), longest)


def samples_of(pcm: Path, window: Window) -> Samples:
    """The audio of a window, read from the track's sample file."""
    return np.concatenate([read_samples(pcm, span.start, span.stop) for span in window.spans])


def _second_path(engine: Engine, options: SpeechOptions) -> SpeechOptions | None:
    """The options for hearing a doubtful window once more; None where that would change nothing."""
    can = engine.capabilities
    if not options.recheck or not can.batch or "decoding" not in can.options:
        return None
    if options.decoding == "sequential" or _needs_sequential(engine, options):
        return None
    return replace(options, decoding="sequential", batch_size=None)


def _needs_sequential(engine: Engine, options: SpeechOptions) -> bool:
    try:
        engine.window(replace(options, decoding="batched"))
    except UnsupportedOption:
        return True
    return False


def _by_window(
    heard: Iterable[Heard], handed: list[Window], *, whole: bool
) -> Iterator[tuple[int, list[Segment]]]:
    """Segments with their window's number: all of a window at once (`whole`), or one by one as they come."""
    if not whole:
        yield from ((number, [segment]) for number, segment in heard)
        return
    following = 0
    for number, group in itertools.groupby(heard, key=lambda one: one.window):
        yield from ((silent, []) for silent in range(following, number))
        yield number, [one.segment for one in group]
        following = number + 1
    yield from ((silent, []) for silent in range(following, len(handed)))


def _checked(
    segments: Iterable[Segment], window: Window, options: SpeechOptions, earliest: float = 0.0
) -> list[Segment]:
    length = window.length / SAMPLE_RATE
    return flagged(tidy(segments, length, word_times=options.word_times, earliest=earliest))


def _without_speech_flagged(segments: Iterable[Segment], part: PlannedPart) -> Iterator[Segment]:
    """Flag text where the voice activity detector found hardly any speech (only possible with `vad` off)."""
    speech = [(one.start / SAMPLE_RATE, one.stop / SAMPLE_RATE) for one in part.stretches()]
    for segment in segments:
        heard = sum(max(0.0, min(segment.end, stop) - max(segment.start, start)) for start, stop in speech)
        silent = heard < _LEAST_SPEECH * (segment.end - segment.start) and NO_SPEECH not in segment.flags
        yield replace(segment, flags=(*segment.flags, NO_SPEECH)) if silent else segment


def _in_track(segment: Segment, window: Window) -> Segment:
    """A window's segment with times in the track; words decide, since silence may lie inside a segment."""
    times = [window.word_times(word.start, word.end) for word in segment.words]
    words = tuple(
        replace(word, start=start, end=end) for word, (start, end) in zip(segment.words, times, strict=True)
    )
    start = words[0].start if words else window.recording_time(segment.start)
    end = words[-1].end if words else window.recording_time(segment.end - 0.001)
    return replace(segment, start=start, end=max(start, end), words=words)
