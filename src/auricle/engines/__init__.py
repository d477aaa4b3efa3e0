"""Speech engines: samples in, segments out, behind one port."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from auricle.engines.options import Capabilities, SpeechOptions, check_options
from auricle.transcript import Segment

#: Mono audio, float32 in -1..1, 16,000 samples per second.
Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EngineIdentity:
    """Which engine really runs: this goes into every transcript it makes."""

    name: str
    model: str
    revision: str | None = None
    device: str = "cpu"
    compute_type: str | None = None
    warnings: tuple[str, ...] = ()


class Heard(NamedTuple):
    """A segment that was heard in window number `window`; its times count from that window's start."""

    window: int
    segment: Segment


class LanguageGuess(NamedTuple):
    """An ISO 639-1 code and how probable it is (0..1), None where the engine does not say."""

    language: str
    probability: float | None


class Engine(Protocol):
    """Something that hears words. Stateless per call, so that one serves many callers.

    Errors are those of `auricle.errors`; `EngineFailed` and `EngineUnavailable` may be tried again.
    """

    @property
    def identity(self) -> EngineIdentity: ...

    @property
    def capabilities(self) -> Capabilities: ...

    def window(self, options: SpeechOptions) -> float | None:
        """The longest window (s) these options let it decode; None takes any length.

        Raises InvalidOption or UnsupportedOption where the options contradict one another.
        """
        ...

    def transcribe(self, windows: Iterable[Samples], options: SpeechOptions) -> Iterator[Heard]:
        """Decode windows of at most `window(options)` seconds lazily, in order.

        Nothing is read from `windows` before it is needed; closing the iterator stops the work.
        """
        ...

    def detect_language(self, samples: Samples, options: SpeechOptions) -> LanguageGuess:
        """The language spoken in `samples`; UnsupportedOption where the engine cannot tell."""
        ...

    def close(self) -> None:
        """Give back memory and connections; the engine is not used again."""
        ...


__all__ = [
    "Capabilities",
    "Engine",
    "EngineIdentity",
    "Heard",
    "LanguageGuess",
    "Samples",
    "SpeechOptions",
    "check_options",
]
