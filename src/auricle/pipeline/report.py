"""How a stage tells what it is doing, and is told to stop."""

from collections.abc import Callable
from dataclasses import dataclass

from auricle.transcript import Segment


@dataclass(frozen=True, slots=True)
class Progress:
    """One report of a stage.

    `done` of `total` seconds of audio are through (`total` is None while unknown), `remaining` is the
    time (s) it will probably still take, `segments` are those that have just become known.
    """

    stage: str
    done: float = 0.0
    total: float | None = None
    remaining: float | None = None
    segments: tuple[Segment, ...] = ()


#: Called by every stage as it goes along; raises `auricle.errors.Cancelled` to stop it.
Report = Callable[[Progress], None]


def unheard(_: Progress) -> None:
    """A report nobody listens to."""
