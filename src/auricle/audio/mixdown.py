"""Several channels into one, so that what is in any of them stays audible."""

import numpy as np
import numpy.typing as npt

_OPPOSED = -0.5
_TOGETHER = 0.5
_AUDIBLE = 10.0


class Mixdown:
    """Averages channels, turning one of two around where they would cancel each other out.

    A plug wired the wrong way gives two channels in opposite phase, and their sum is silence. Two channels
    count as opposed when they correlate below -0.5, and stay so until they correlate above 0.5, so that the
    sign does not flutter.
    """

    def __init__(self) -> None:
        self.opposed = False
        self.inverted = False

    def mix(self, block: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
        """From int16[channels, n] to int16[1, n]."""
        if len(block) == 1:
            return block
        if len(block) > 2:
            average: npt.NDArray[np.float32] = block.mean(axis=0, dtype=np.float32, keepdims=True)
            return np.rint(average).astype(np.int16)
        self._listen(block)
        left, right = block.astype(np.int32)
        mixed: npt.NDArray[np.int32] = (left - right if self.opposed else left + right) >> 1
        return mixed.astype(np.int16)[np.newaxis, :]

    def _listen(self, block: npt.NDArray[np.int16]) -> None:
        left, right = block.astype(np.float32)
        loudness = float(np.sqrt(np.dot(left, left) * np.dot(right, right)))
        if loudness < _AUDIBLE**2 * len(left):
            return
        correlation = float(np.dot(left, right)) / loudness
        if correlation < _OPPOSED:
            self.opposed = self.inverted = True
        elif correlation > _TOGETHER:
            self.opposed = False
