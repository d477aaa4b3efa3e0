"""Read the 16 kHz, 16 bit, one channel sample files that `auricle.audio.decode` writes."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000
"""Samples per second of every sample file."""

SAMPLE_TYPE = np.dtype("<i2")
"""How one sample lies on disk: signed 16 bit, little-endian, without any header."""

FULL_SCALE = 32_768.0
"""The 16 bit value that stands for an amplitude of 1.0."""


def open_pcm(path: Path) -> npt.NDArray[np.int16]:
    """Map a finished sample file into memory, int16[n]; pages are read as they are touched."""
    if path.stat().st_size < SAMPLE_TYPE.itemsize:
        return np.zeros(0, np.int16)
    return np.memmap(path, SAMPLE_TYPE, mode="r")


def read_samples(path: Path, start: int, stop: int) -> npt.NDArray[np.float32]:
    """Read samples `start` up to `stop` as float32 in -1..1.

    The file may still be growing: what is not there yet is left out, so the result can be shorter.
    """
    wanted = max(stop - start, 0)
    samples = np.fromfile(path, SAMPLE_TYPE, count=wanted, offset=start * SAMPLE_TYPE.itemsize)
    return samples.astype(np.float32) / np.float32(FULL_SCALE)
