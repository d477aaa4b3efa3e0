"""The first stage: a recording becomes 16 kHz samples on disk, and a plan of parts and the speech in them."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auricle.audio.decode import Channels, Decoded, decode
from auricle.audio.parts import Part, PartPlanner, Stretch
from auricle.audio.pcm import SAMPLE_RATE
from auricle.audio.probe import Limits, MediaInfo, probe
from auricle.audio.vad import Region, RegionTracker, SpeechProbabilities, VadOptions
from auricle.errors import InvalidOption
from auricle.pipeline.report import Progress, Report, unheard
from auricle.settings import Settings

#: Called with the track's number and what has just become certain about its plan.
Follow = Callable[[int, Stretch | Part], None]


@dataclass(frozen=True, slots=True)
class PrepareOptions:
    """How a recording is read and cut.

    channels: `mix` hears all channels as one, `split` each on its own as one speaker.
    start, end: limit the range, in seconds of the recording.
    part_length: parts are cut near this length (s), and are never longer than part_limit (s).
    """

    channels: Channels = "mix"
    start: float | None = None
    end: float | None = None
    part_length: float = 600.0
    part_limit: float = 900.0
    vad: VadOptions = field(default_factory=VadOptions)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if self.channels not in ("mix", "split"):
            raise InvalidOption(f"channels is {self.channels!r}, but has to be mix or split.")
        if not 0 < self.part_length <= self.part_limit:
            raise InvalidOption(
                f"part_length is {self.part_length:g} s, but has to lie above 0 and not above part_limit, "
                f"{self.part_limit:g} s."
            )


def prepare_options(
    settings: Settings,
    *,
    channels: Channels = "mix",
    start: float | None = None,
    end: float | None = None,
    vad: VadOptions | None = None,
) -> PrepareOptions:
    """How a recording is read where the settings say how it is cut and how large it may be."""
    return PrepareOptions(
        channels=channels,
        start=start,
        end=end,
        part_length=settings.part_length,
        part_limit=settings.part_limit,
        vad=vad or VadOptions(),
        limits=Limits(
            max_bytes=settings.max_upload,
            max_duration=settings.max_duration,
            max_streams=settings.max_streams,
            max_channels=settings.max_channels,
            max_sample_rate=settings.max_sample_rate,
        ),
    )


@dataclass(frozen=True, slots=True)
class Track:
    """One channel (or the mix of all) on disk, and its plan: each part after the speech in it."""

    pcm: str
    plan: tuple[Stretch | Part, ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts, in order; together they are the whole track."""
        return tuple(item for item in self.plan if isinstance(item, Part))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A recording ready to be transcribed: what `prepare` leaves for the stages after it.

    `duration` and `speech_duration` are seconds, `offset` is where in the recording the samples begin.
    `peaks` is the waveform for a player (see `auricle.audio.peaks`).
    """

    info: MediaInfo
    tracks: tuple[Track, ...]
    duration: float
    offset: float
    speech_duration: float
    peaks: Mapping[str, Any]
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """A JSON form; `from_dict` reads it."""
        return {
            "info": asdict(self.info),
            "tracks": [
                {"pcm": track.pcm, "plan": [_item_to_list(item) for item in track.plan]}
                for track in self.tracks
            ],
            "duration": self.duration,
            "offset": self.offset,
            "speech_duration": self.speech_duration,
            "peaks": dict(self.peaks),
            "warnings": list(self.warnings),
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Prepared":
        """Read what `to_dict` wrote."""
        tracks = tuple(
            Track(track["pcm"], tuple(map(_item_from_list, track["plan"]))) for track in document["tracks"]
        )
        warnings = tuple(document["warnings"])
        return cls(
            **{**document, "info": MediaInfo(**document["info"]), "tracks": tracks, "warnings": warnings}
        )


def prepare(
    source: Path,
    folder: Path,
    options: PrepareOptions,
    *,
    report: Report = unheard,
    follow: Follow | None = None,
) -> Prepared:
    """Decode `source` into `folder`, find the speech, and plan the parts, all in one pass.

    `follow` hears of every stretch of speech and part as soon as it is certain, while the rest is still
    being read; its samples are on disk by then. Errors are those of `auricle.audio.decode.decode`.
    """
    info = probe(source, options.limits)
    planners = [_Planner(options, track, follow) for track in range(_track_count(info, options))]

    def on_block(track: int, samples: NDArray[np.int16]) -> None:
        planners[track].push(samples)
        if track == 0:
            report(Progress("prepare", planners[0].samples / SAMPLE_RATE, info.duration))

    decoded = decode(
        source,
        folder / "audio.pcm",
        limits=options.limits,
        channels=options.channels,
        start=options.start,
        end=options.end,
        on_block=on_block,
    )
    for planner in planners:
        planner.finish()
    return _prepared(decoded, [planner.plan for planner in planners], options.start or 0.0)


class _Planner:
    """Follows one track's samples with the voice activity detector and the part planner."""

    def __init__(self, options: PrepareOptions, track: int, follow: Follow | None) -> None:
        self.samples = 0
        self.plan: list[Stretch | Part] = []
        self._track = track
        self._follow = follow
        self._probabilities = SpeechProbabilities()
        self._regions = RegionTracker(options.vad)
        self._parts = PartPlanner(options.part_length, options.part_limit, options.vad.padding)

    def push(self, samples: NDArray[np.int16]) -> None:
        self.samples += len(samples)
        self._take(self._regions.push(self._probabilities.push(samples)))

    def finish(self) -> None:
        self._take(self._regions.push(self._probabilities.finish()))
        self._take(self._regions.finish(self.samples))
        self._note(self._parts.finish(self.samples))

    def _take(self, regions: Iterable[Region]) -> None:
        for region in regions:
            self._note(self._parts.push(region))

    def _note(self, items: Iterator[Stretch | Part]) -> None:
        for item in items:
            self.plan.append(item)
            if self._follow is not None:
                self._follow(self._track, item)


def _track_count(info: MediaInfo, options: PrepareOptions) -> int:
    return info.channels if options.channels == "split" else 1


def _prepared(decoded: Decoded, plans: list[list[Stretch | Part]], offset: float) -> Prepared:
    tracks = [Track(path.name, tuple(plan)) for path, plan in zip(decoded.tracks, plans, strict=True)]
    speech = [item for track in tracks for item in track.plan if isinstance(item, Stretch)]
    return Prepared(
        info=decoded.info,
        tracks=tuple(tracks),
        duration=round(decoded.duration, 3),
        offset=offset,
        speech_duration=round(_covered(speech) / SAMPLE_RATE, 3),
        peaks=decoded.peaks.to_dict(),
        warnings=decoded.warnings,
    )


def _covered(stretches: Iterable[Stretch]) -> int:
    """Samples with speech in at least one of the stretches, the silence around it not counted."""
    total = reached = 0
    for start, stop, lead, tail in sorted(stretches):
        total += max(0, stop - tail - max(start + lead, reached))
        reached = max(reached, stop - tail)
    return total


def _item_to_list(item: Stretch | Part) -> list[int]:
    return [item.index, item.start, item.stop] if isinstance(item, Part) else list(item)


def _item_from_list(numbers: list[int]) -> Stretch | Part:
    return Part(*numbers) if len(numbers) == 3 else Stretch(*numbers)


def parts_of(plan: Iterable[Stretch | Part]) -> Iterator["PlannedPart"]:
    """The parts of a plan that may still be growing, each with its speech as it becomes known."""
    items = iter(plan)
    start = 0
    for first in items:
        part = PlannedPart(start, itertools.chain([first], items))
        yield part
        start = part.exhaust().stop


class PlannedPart:
    """A part whose stretches of speech come one by one; where it ends is known once they are through."""

    def __init__(self, start: int, items: Iterator[Stretch | Part]) -> None:
        self.start = start
        self._items = items
        self._seen: list[Stretch] = []
        self._bounds: Part | None = None

    def stretches(self) -> Iterator[Stretch]:
        """The part's stretches of speech, from the first, waiting for those not yet known."""
        for number in itertools.count():
            while number >= len(self._seen) and self._bounds is None:
                item = next(self._items)
                if isinstance(item, Part):
                    self._bounds = item
                else:
                    self._seen.append(item)
            if number >= len(self._seen):
                return
            yield self._seen[number]

    def exhaust(self) -> Part:
        """Wait for the whole part; returns its bounds."""
        for _ in self.stretches():
            pass
        assert self._bounds is not None  # noqa: S101 - stretches() ends only when it has seen the part
        return self._bounds
