"""The samples of a recording at 16 kHz, each at the time a player would play it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from auricle.audio.pcm import SAMPLE_RATE
from auricle.audio.probe import MIN_SAMPLE_RATE, Recording

if TYPE_CHECKING:
    import av
    from av.audio.layout import AudioLayout

GAP = 0.05
"""Seconds by which timestamps may run ahead of the samples before silence is put in."""

MAX_GAP = 3600.0
"""Seconds of a gap beyond which the timestamps are not believed, and count from anew."""

RESTART = 1.0
"""Seconds by which timestamps may fall behind the samples before they count as started anew."""

_CHUNK_SECONDS = 10


@dataclass(slots=True)
class Notes:
    """What was met on the way: packets that could not be decoded, seconds of silence put in, and so on."""

    damaged: int = 0
    ends_early: bool = False
    filled: float = 0.0
    disbelieved: bool = False


def samples_in_time(
    recording: Recording, layout: "AudioLayout | str", notes: Notes
) -> Iterator[npt.NDArray[np.int16]]:
    """Yield int16[channels, n] in blocks of about 10 seconds, in the channels of `layout`.

    Where timestamps jump ahead (an offset at the start, packets lost, a pause), silence takes the place of
    what is missing. What overlaps is kept. Encoder delays are taken off by FFmpeg.
    """
    converter = _Converter(layout, notes)
    container, stream = recording.container, recording.stream
    unit = float(stream.time_base or 0)
    origin = None if container.start_time is None else container.start_time / 1e6
    clock = 0.0
    for frame in _frames(recording, notes):
        if frame.pts is not None:
            time = frame.pts * unit
            origin = time if origin is None else origin
            missing = time - origin - clock
            if not -RESTART < missing < MAX_GAP:
                notes.disbelieved = True
                origin = time - clock
            elif missing > GAP:
                yield from converter.drain()
                yield from converter.silence(round((time - origin) * SAMPLE_RATE) - converter.produced)
                notes.filled += missing
                clock = time - origin
        clock += frame.samples / frame.sample_rate
        yield from converter.push(frame)
    yield from converter.finish()


def _frames(recording: Recording, notes: Notes) -> Iterator["av.AudioFrame"]:
    """Decode packet by packet, so that a damaged one costs no more than itself."""
    import av

    packets = recording.container.demux(recording.stream)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:
            notes.ends_early = True
            return
        except IndexError:
            # At the end PyAV stumbles over streams that damage made turn up on the way (MPEG-TS).
            return
        if packet is None:
            return
        try:
            frames = packet.decode()
        except av.FFmpegError:
            notes.damaged += 1
            continue
        for frame in frames:
            if frame.sample_rate >= MIN_SAMPLE_RATE:
                yield frame
            else:
                notes.damaged += 1


class _Converter:
    """Collects frames of one kind, since FFmpeg resamples ten seconds much faster than 20 ms at a time."""

    def __init__(self, layout: "AudioLayout | str", notes: Notes) -> None:
        self.produced = 0
        self._notes = notes
        self._layout = layout
        self._kind: tuple[str, str, int] | None = None
        self._fifo: av.AudioFifo | None = None
        self._resampler: av.AudioResampler | None = None
        self._channels = 1 if isinstance(layout, str) else layout.nb_channels

    def push(self, frame: "av.AudioFrame") -> Iterator[npt.NDArray[np.int16]]:
        import av

        # AudioFifo does not check the channels of a frame itself, and would read behind its end.
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if kind != self._kind or self._fifo is None:
            yield from self.finish()
            self._kind = kind
            self._fifo = av.AudioFifo()
            self._resampler = av.AudioResampler("s16", self._layout, SAMPLE_RATE)
        frame.pts = None
        self._fifo.write(frame)
        if self._fifo.samples >= _CHUNK_SECONDS * frame.sample_rate:
            yield from self.drain()

    def drain(self) -> Iterator[npt.NDArray[np.int16]]:
        """Give out what was collected; the resampler keeps the last millisecond for what follows."""
        if self._fifo is not None and self._fifo.samples:
            yield from self._convert(self._fifo.read())

    def finish(self) -> Iterator[npt.NDArray[np.int16]]:
        """Give out everything."""
        yield from self.drain()
        yield from self._convert(None)
        self._fifo = self._resampler = None

    def silence(self, samples: int) -> Iterator[npt.NDArray[np.int16]]:
        chunk = _CHUNK_SECONDS * SAMPLE_RATE
        for begin in range(0, samples, chunk):
            yield self._counted(np.zeros((self._channels, min(chunk, samples - begin)), np.int16))

    def _convert(self, frame: "av.AudioFrame | None") -> Iterator[npt.NDArray[np.int16]]:
        import av

        if self._resampler is None:
            return
        try:
            converted = self._resampler.resample(frame)
        except av.FFmpegError:
            # Damage can make a frame of, say, 32 channels, which nothing can be made of.
            self._notes.damaged += 1
            return
        for part in converted:
            # Interleaved, since PyAV reads planar frames of more than eight channels out of bounds.
            samples = part.to_ndarray().astype(np.int16, copy=False)
            yield self._counted(samples.reshape(-1, self._channels).T)

    def _counted(self, block: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
        self.produced += block.shape[1]
        return block
