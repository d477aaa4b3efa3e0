"""Recordings made on the spot, and the folder of real ones where there is one."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from auricle.audio.decode import Decoded, decode
from auricle.audio.probe import Limits

LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}


def tone(seconds: float, rate: int = 16_000, frequency: float = 440.0, level: float = 8000.0) -> np.ndarray:
    """A tone, int16[n]."""
    return (np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate) * level).astype(np.int16)


@pytest.fixture(name="tone")
def tone_fixture() -> Callable[..., np.ndarray]:
    return tone


@pytest.fixture
def encode() -> Callable[..., Path]:
    """Write int16[n] or int16[channels, n] as a recording; `shift(seconds)` moves packets.

    `times` writes the samples that often, without holding them all.
    """

    def write(
        path: Path, codec: str, rate: int, samples: np.ndarray, shift=None, times=1, form=None, **options
    ) -> Path:
        channels = np.atleast_2d(samples)
        layout = LAYOUTS[len(channels)]
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(channels.T).reshape(1, -1), "s16", layout)
        frame.rate = rate

        def packets(stream):
            for turn in range(times):
                frame.pts = turn * channels.shape[1]
                yield from stream.encode(frame)
            yield from stream.encode(None)

        with av.open(str(path), "w", format=form) as container:
            stream = container.add_stream(codec, rate=rate, layout=layout, options=options)
            for packet in packets(stream):
                if shift is not None:
                    moved = shift(float(packet.pts * packet.time_base))
                    packet.pts = packet.dts = packet.pts + round(moved / packet.time_base)
                container.mux(packet)
        return path

    return write


@pytest.fixture
def decoded(tmp_path: Path) -> Callable[..., tuple[Decoded, np.ndarray]]:
    """Decode a file; gives what `decode` returns and int16[tracks, n]."""

    def run(source: Path, **options) -> tuple[Decoded, np.ndarray]:
        result = decode(source, tmp_path / "out.pcm", **{"limits": Limits(), **options})
        return result, np.stack([np.fromfile(track, "<i2") for track in result.tracks])

    return run
