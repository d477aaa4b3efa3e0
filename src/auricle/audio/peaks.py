"""The outline of a recording's loudness, for a player to draw.

The two forms are those of audiowaveform, version 2, which players such as peaks.js read as they are:
https://github.com/bbc/audiowaveform/blob/master/doc/DataFormat.md
"""

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auricle.audio.pcm import SAMPLE_RATE

BUCKET = 800
"""Samples behind one column: 20 columns a second, 3.5 MB for 24 hours of one channel."""

_HEADER = struct.Struct("<iIiiIi")
_VERSION = 2
_EIGHT_BIT = 1


@dataclass(frozen=True, slots=True, eq=False)
class Peaks:
    """Lowest and highest sample of each bucket: int8[buckets, channels, 2]."""

    columns: npt.NDArray[np.int8]
    bucket: int = BUCKET
    sample_rate: int = SAMPLE_RATE

    def to_dict(self) -> dict[str, Any]:
        """The JSON form of audiowaveform."""
        length, channels, _ = self.columns.shape
        return {
            "version": _VERSION,
            "channels": channels,
            "sample_rate": self.sample_rate,
            "samples_per_pixel": self.bucket,
            "bits": 8,
            "length": length,
            "data": self.columns.ravel().tolist(),
        }

    def to_bytes(self) -> bytes:
        """The binary form of audiowaveform (`.dat`)."""
        length, channels, _ = self.columns.shape
        header = _HEADER.pack(_VERSION, _EIGHT_BIT, self.sample_rate, self.bucket, length, channels)
        return header + self.columns.tobytes()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Peaks":
        """Read what `to_bytes` wrote; raises ValueError for anything else."""
        if len(content) < _HEADER.size:
            raise ValueError("This is no waveform file: it is too short.")
        version, flags, sample_rate, bucket, length, channels = _HEADER.unpack_from(content)
        body = np.frombuffer(content, np.int8, offset=_HEADER.size)
        if (version, flags) != (_VERSION, _EIGHT_BIT) or body.size != length * channels * 2:
            raise ValueError("This is no waveform file of version 2 with 8 bits.")
        return cls(body.reshape(length, channels, 2), bucket, sample_rate)


class PeaksBuilder:
    """Collects peaks from blocks of samples as they come by."""

    def __init__(self, channels: int) -> None:
        # One buffer that grows: small arrays kept between large ones fragment the heap, by 700 MB in 10 h.
        self._columns = bytearray()
        self._rest = np.zeros((channels, 0), np.int16)

    def add(self, block: npt.NDArray[np.int16]) -> None:
        """Take the next samples, int16[channels, n]."""
        samples = np.concatenate([self._rest, block], axis=1) if self._rest.size else block
        whole = samples.shape[1] - samples.shape[1] % BUCKET
        self._rest = samples[:, whole:].copy()
        if whole:
            self._columns += _outline(samples[:, :whole].reshape(len(samples), -1, BUCKET))

    def finish(self) -> Peaks:
        """All columns; the last one may stand for less than a whole bucket."""
        last = _outline(self._rest[:, np.newaxis, :]) if self._rest.size else b""
        columns = np.frombuffer(bytes(self._columns) + last, np.int8)
        return Peaks(columns.reshape(-1, len(self._rest), 2))


def _outline(buckets: npt.NDArray[np.int16]) -> bytes:
    """From int16[channels, buckets, n] to the bytes of int8[buckets, channels, 2]."""
    extremes = np.stack([buckets.min(axis=2), buckets.max(axis=2)], axis=2)
    return (extremes >> 8).astype(np.int8).transpose(1, 0, 2).tobytes()
