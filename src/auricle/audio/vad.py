"""Where speech is: Silero's voice activity detector, run over audio of any length in blocks."""

import functools
import importlib.util
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from auricle.audio.pcm import FULL_SCALE, SAMPLE_RATE
from auricle.errors import EngineUnavailable, InvalidOption

#: Silero looks at 512 new samples (32 ms) at a time, with the 64 before them as context.
FRAME = 512
_CONTEXT = 64


class Region(NamedTuple):
    """A stretch of audio, as sample numbers: `start` belongs to it, `stop` does not."""

    start: int
    stop: int


def _option(default: float | None, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True, slots=True)
class VadOptions:
    """How speech is told from silence."""

    threshold: float = _option(0.5, "Speech probability from which a frame of 32 ms counts as speech.")
    end_threshold: float | None = _option(
        None, "Below this it counts as silence again; 0.15 under the threshold."
    )
    min_speech: float = _option(0.0, "Stretches of speech shorter than this (s) are dropped.")
    min_silence: float = _option(0.16, "Silence (s) that separates two stretches of speech.")
    max_speech: float = _option(29.0, "Longer stretches (s) are split where speech is least likely.")
    padding: float = _option(0.4, "Audio (s) kept on either side of speech.")

    def __post_init__(self) -> None:
        bounds = {
            "threshold": (0.01, 0.99),
            "end_threshold": (0.0, self.threshold),
            "min_speech": (0.0, min(10.0, self.max_speech)),
            "min_silence": (0.032, 30.0),
            "max_speech": (1.0, 3600.0),
            "padding": (0.0, 5.0),
        }
        for name, (low, high) in bounds.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise InvalidOption(f"vad {name} is {value}, but has to lie between {low} and {high}.")


def silero_file() -> Path:
    """The Silero network that ships inside faster-whisper, found without importing that package."""
    spec = importlib.util.find_spec("faster_whisper")
    if spec is not None and spec.origin is not None:
        for found in sorted((Path(spec.origin).parent / "assets").glob("silero_vad*.onnx"), reverse=True):
            return found
    raise EngineUnavailable(
        "The voice activity detector is missing: reinstall faster-whisper, whose package brings it."
    )


@functools.cache
def _session() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(
        str(silero_file()), providers=["CPUExecutionProvider"], sess_options=options
    )


class SpeechProbabilities:
    """The speech probability of every 32 ms frame of a stream, block by block.

    The recurrent state and the 64 samples of context are carried over, so cutting the stream into
    blocks anywhere gives the same numbers as one call over everything.
    """

    def __init__(self) -> None:
        self._hidden = np.zeros((1, 1, 128), np.float32)
        self._cell = np.zeros((1, 1, 128), np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)
        self._rest = np.zeros(0, np.float32)

    def push(self, samples: NDArray[np.int16] | NDArray[np.float32]) -> NDArray[np.float32]:
        """Take the next samples of any number; returns the probabilities of the frames they complete."""
        block = np.concatenate((self._rest, _as_float(samples)))
        whole = len(block) // FRAME * FRAME
        self._rest = block[whole:]
        return self._run(block[:whole])

    def finish(self) -> NDArray[np.float32]:
        """The probability of the last, incomplete frame (empty when the stream ended on a frame)."""
        rest, self._rest = self._rest, np.zeros(0, np.float32)
        return self._run(np.pad(rest, (0, -len(rest) % FRAME)))

    def _run(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        if not len(samples):
            return np.zeros(0, np.float32)
        frames = samples.reshape(-1, FRAME)
        before = np.concatenate((self._context[None], frames[:-1, -_CONTEXT:]))
        self._context = frames[-1, -_CONTEXT:].copy()
        inputs = {"input": np.concatenate((before, frames), axis=1), "h": self._hidden, "c": self._cell}
        output, self._hidden, self._cell = _session().run(None, inputs)
        return np.asarray(output, np.float32).reshape(-1)


class RegionTracker:
    """Turns frame probabilities into speech regions as soon as each is certain.

    A region opens at `threshold` and closes after `min_silence` under `end_threshold` (hysteresis as in
    Silero's own `get_speech_timestamps`). A region longer than `max_speech` is split at the frame where
    speech is least likely in its second half, and the pieces touch; where it had fallen quiet by then, it
    ends there. No piece of a split region is too short to keep.
    """

    def __init__(self, options: VadOptions = VadOptions()) -> None:
        self._on = options.threshold
        low = options.end_threshold
        self._off = max(options.threshold - 0.15, 0.01) if low is None else low
        self._min_speech = int(options.min_speech * SAMPLE_RATE)
        self._min_silence = int(options.min_silence * SAMPLE_RATE)
        self._max_frames = int(options.max_speech * SAMPLE_RATE) // FRAME
        self._frame = 0
        self._open: int | None = None
        self._was_split = False
        self._quiet_since: int | None = None
        self._inside: list[float] = []

    def push(self, probabilities: Iterable[float]) -> list[Region]:
        """Take the next frames; returns the regions that closed."""
        closed: list[Region] = []
        for probability in probabilities:
            closed += self._advance(float(probability))
            self._frame += 1
        return closed

    def finish(self, total: int) -> list[Region]:
        """The region still open when the stream ended after `total` samples, if any."""
        return [] if self._open is None else self._close(self._open, total)

    def _advance(self, probability: float) -> list[Region]:
        if self._open is None:
            if probability >= self._on:
                self._open, self._was_split = self._frame, False
                self._quiet_since, self._inside = None, [probability]
            return []
        self._inside.append(probability)
        if probability >= self._on:
            self._quiet_since = None
        elif probability < self._off:
            self._quiet_since = self._frame if self._quiet_since is None else self._quiet_since
            if (self._frame - self._quiet_since) * FRAME >= self._min_silence:
                return self._close(self._open, self._quiet_since * FRAME)
        if len(self._inside) <= self._max_frames:
            return []
        if self._quiet_since is not None:
            return self._close(self._open, self._quiet_since * FRAME)
        return [self._split(self._open)]

    def _close(self, first: int, stop: int) -> list[Region]:
        self._open = None
        region = Region(first * FRAME, stop)
        return [region] if self._was_split or region.stop - region.start > self._min_speech else []

    def _split(self, first: int) -> Region:
        half = len(self._inside) // 2
        smooth = np.convolve(self._inside[half:], np.full(3, 1 / 3), mode="valid")
        at = half + 1 + int(smooth.argmin())
        self._open, self._was_split, self._inside = first + at, True, self._inside[at:]
        return Region(first * FRAME, self._open * FRAME)


def speech_regions(
    blocks: Iterable[NDArray[np.int16]], options: VadOptions = VadOptions()
) -> Iterator[Region]:
    """The speech regions of a stream of 16 kHz blocks, each yielded as soon as it is certain."""
    probabilities, tracker, total = SpeechProbabilities(), RegionTracker(options), 0
    for block in blocks:
        total += len(block)
        yield from tracker.push(probabilities.push(block))
    yield from tracker.push(probabilities.finish())
    yield from tracker.finish(total)


def _as_float(samples: NDArray[np.int16] | NDArray[np.float32]) -> NDArray[np.float32]:
    if samples.dtype == np.int16:
        return samples.astype(np.float32) / np.float32(FULL_SCALE)
    return np.asarray(samples, np.float32)
