"""Decode a recording once, in bounded memory, to 16 kHz samples on disk."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal

import numpy as np
import numpy.typing as npt

from auricle.audio.mixdown import Mixdown
from auricle.audio.pcm import SAMPLE_RATE
from auricle.audio.peaks import Peaks, PeaksBuilder
from auricle.audio.probe import Limits, MediaInfo, Recording, open_recording
from auricle.audio.timeline import Notes, samples_in_time
from auricle.errors import AudioError, AuricleError, DiskFull, InvalidOption, LimitExceeded, is_no_room

Channels = Literal["mix", "split"]
Samples = npt.NDArray[np.int16]
OnBlock = Callable[[int, Samples], None]

BLOCK = 10 * SAMPLE_RATE
"""Samples written at a time."""

_LENGTH_IS_KNOWN = {"aiff", "au", "caf", "flac", "matroska", "mp4", "nistsphere", "w64", "wav"}


@dataclass(frozen=True, slots=True)
class Decoded:
    """The samples of a recording on disk.

    samples: in each track. duration: seconds, of the range asked for. tracks: one file each, s16le at 16 kHz.
    warnings: sentences for people about what was lost, chosen or put right.
    """

    info: MediaInfo
    samples: int
    duration: float
    tracks: tuple[Path, ...]
    peaks: Peaks
    warnings: tuple[str, ...]


def track_paths(destination: Path, info: MediaInfo, channels: Channels) -> tuple[Path, ...]:
    """The files that `decode` writes: `destination` itself, or STEM.0.pcm, STEM.1.pcm, ... for a split."""
    if channels == "mix":
        return (destination,)
    return tuple(
        destination.with_name(f"{destination.stem}.{channel}{destination.suffix}")
        for channel in range(info.channels)
    )


def decode(
    source: Path,
    destination: Path,
    *,
    limits: Limits,
    channels: Channels = "mix",
    start: float | None = None,
    end: float | None = None,
    on_block: OnBlock | None = None,
) -> Decoded:
    """Decode `source` to the files of `track_paths`, which grow while it runs and are removed if it fails.

    `start` and `end` (seconds) limit the range. `on_block(track, int16[n])` is called after each block of
    10 seconds (the last may be shorter) was written and flushed; an exception it raises stops the decoding.
    Raises NotFound, AudioError, LimitExceeded, InvalidOption (range) or DiskFull.
    """
    first, last = _sample_range(start, end)
    notes, mixdown = Notes(), Mixdown()
    with open_recording(source, limits) as recording:
        paths = track_paths(destination, recording.info, channels)
        if any(path.exists() and path.samefile(source) for path in paths):
            raise InvalidOption("A recording cannot be decoded onto itself.")
        with _TrackWriter(paths, on_block) as writer:
            position = 0
            for block in _within(limits, _tracks(recording, channels, notes, mixdown)):
                writer.add(block[:, max(first - position, 0) : max(last - position, 0)])
                position += block.shape[1]
                if position >= last:
                    break
            if position <= first:
                raise _nothing(recording.info, position, notes)
            writer.finish()
        return Decoded(
            info=recording.info,
            samples=writer.samples,
            duration=writer.samples / SAMPLE_RATE,
            tracks=paths,
            peaks=writer.peaks.finish(),
            warnings=tuple(_warnings(recording.info, position, last, channels, notes, mixdown)),
        )


def _sample_range(start: float | None, end: float | None) -> tuple[int, int]:
    first = 0 if start is None else round(start * SAMPLE_RATE)
    last = sys.maxsize if end is None else round(end * SAMPLE_RATE)
    if first < 0 or last <= first:
        raise InvalidOption(f"The range from {start or 0:g} s to {end or 0:g} s holds nothing.")
    return first, last


def _tracks(recording: Recording, channels: Channels, notes: Notes, mixdown: Mixdown) -> Iterator[Samples]:
    """Yield int16[tracks, n]."""
    layout = recording.stream.layout
    if channels == "mix" and layout.nb_channels > 2 and "channels" not in layout.name:
        # FFmpeg knows how loud each speaker of a named layout belongs in a mix.
        yield from samples_in_time(recording, "mono", notes)
        return
    for block in samples_in_time(recording, layout, notes):
        yield mixdown.mix(block) if channels == "mix" else block


def _within(limits: Limits, blocks: Iterator[Samples]) -> Iterator[Samples]:
    """Pass blocks on until they are longer than allowed, whatever the header says."""
    total = 0
    for block in blocks:
        total += block.shape[1]
        if total > limits.max_duration * SAMPLE_RATE:
            raise LimitExceeded(f"The recording is longer than the {_hours(limits.max_duration)} allowed.")
        yield block


class _TrackWriter:
    """Writes blocks to one file per track, and takes the files away if anything fails."""

    def __init__(self, paths: tuple[Path, ...], on_block: OnBlock | None) -> None:
        self.samples = 0
        self.peaks = PeaksBuilder(len(paths))
        self._paths = paths
        self._on_block = on_block
        self._files: list[BinaryIO] = []
        self._stack = ExitStack()
        self._block = np.empty((len(paths), BLOCK), np.int16)
        self._filled = 0

    def __enter__(self) -> "_TrackWriter":
        try:
            self._files = [self._stack.enter_context(path.open("wb", buffering=0)) for path in self._paths]
        except OSError as error:
            self._remove()
            raise _write_error(error, self._paths[0]) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        if error is not None:
            self._remove()

    def add(self, samples: Samples) -> None:
        """Take the next samples, int16[tracks, n]."""
        while samples.shape[1]:
            taken = min(samples.shape[1], BLOCK - self._filled)
            self._block[:, self._filled : self._filled + taken] = samples[:, :taken]
            self._filled += taken
            samples = samples[:, taken:]
            if self._filled == BLOCK:
                self.finish()

    def finish(self) -> None:
        """Write what is there as a block."""
        block, self._block = self._block[:, : self._filled], np.empty_like(self._block)
        self.samples += self._filled
        self._filled = 0
        self.peaks.add(block)
        for track, (file, path) in enumerate(zip(self._files, self._paths, strict=True)):
            try:
                _write_all(file, memoryview(block[track].astype("<i2", copy=False)).cast("B"))
            except OSError as error:
                raise _write_error(error, path) from error
        if self._on_block is not None and block.shape[1]:
            for track, samples in enumerate(block):
                self._on_block(track, samples)

    def _remove(self) -> None:
        for path in self._paths:
            with suppress(OSError):
                path.unlink()


def _write_all(file: BinaryIO, content: memoryview) -> None:
    while content:
        content = content[file.write(content) :]


def _write_error(error: OSError, path: Path) -> Exception:
    if is_no_room(error):
        return DiskFull(f"There is no room for the decoded recording in {path.parent}: free some space.")
    return error


def _nothing(info: MediaInfo, position: int, notes: Notes) -> AuricleError:
    if position:
        return InvalidOption(
            f"The recording is {position / SAMPLE_RATE:g} s long: the range asked for starts behind its end."
        )
    if notes.damaged:
        return AudioError(f"The audio ({info.codec}) is damaged: nothing of it can be decoded.")
    return AudioError(f"The file has a header ({info.format}) but no audio behind it.")


def _warnings(
    info: MediaInfo, position: int, last: int, channels: Channels, notes: Notes, mixdown: Mixdown
) -> Iterator[str]:
    if info.audio_streams > 1:
        yield f"The recording has {info.audio_streams} audio streams; one of them was taken."
    if channels == "split" and info.channels == 1:
        yield "The recording has one channel only: there was nothing to split."
    if mixdown.inverted:
        yield "The two channels cancel each other out when mixed (opposite phase): one was turned around."
    if notes.damaged:
        yield f"{notes.damaged} damaged packets of audio were left out."
    if notes.filled >= 1:
        yield f"{notes.filled:.1f} s missing in the recording were filled with silence."
    if notes.disbelieved:
        yield "The timestamps of the recording jump: times may differ from those a player shows."
    seconds = position / SAMPLE_RATE
    promised = info.duration if info.format in _LENGTH_IS_KNOWN else None
    lost = promised is not None and seconds < promised - min(1, max(0.1, promised / 4))
    if position < last and (notes.ends_early or lost):
        length = f" of {promised:.1f} s" if promised else ""
        yield f"The recording ends after {seconds:.1f} s{length}: the file seems to be cut off."


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:g} h" if seconds >= 3600 else f"{seconds:g} s"
