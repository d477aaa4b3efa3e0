"""The first stage in a thread of its own, so that the next stage starts on what is already known."""

import math
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from auricle.audio.decode import track_paths
from auricle.audio.parts import Part, Stretch
from auricle.audio.pcm import SAMPLE_TYPE
from auricle.audio.probe import probe
from auricle.errors import Cancelled
from auricle.pipeline.checkpoints import load_json, save_json
from auricle.pipeline.prepare import Prepared, PrepareOptions, prepare
from auricle.pipeline.report import Progress, Report

_PREPARED = "prepared.json"
#: How often (s) a stage that waits for the plan looks whether it should stop.
_PATIENCE = 0.5


class Preparation(Protocol):
    """A recording's plan, finished or still in the making."""

    @property
    def tracks(self) -> tuple[Path, ...]:
        """The sample file of every track."""
        ...

    @property
    def duration(self) -> float | None:
        """Seconds of audio, as far as known."""
        ...

    def plan(self, track: int) -> Iterator[Stretch | Part]:
        """A track's plan, waiting for what is not known yet. Read once, track by track."""
        ...

    def result(self) -> Prepared:
        """All of it, once it is finished."""
        ...

    @property
    def seconds(self) -> float:
        """How long it took."""
        ...

    def stop(self) -> None:
        """Give up what is still going on."""
        ...


def start_preparation(
    source: Path, folder: Path, options: PrepareOptions, report: Report, *, keep: bool = True
) -> Preparation:
    """The preparation kept in `folder` by an earlier run, or a new one that starts now."""
    document = load_json(folder / _PREPARED) if keep else None
    if document is not None:
        kept = Prepared.from_dict(document)
        if all(_is_whole(folder / track.pcm, track.parts[-1].stop) for track in kept.tracks):
            return KeptPreparation(kept, folder)
    return RunningPreparation(source, folder, options, report, keep=keep)


def _is_whole(pcm: Path, samples: int) -> bool:
    return pcm.exists() and pcm.stat().st_size == samples * SAMPLE_TYPE.itemsize


@dataclass(frozen=True, slots=True)
class KeptPreparation:
    """What an earlier run prepared."""

    prepared: Prepared
    folder: Path
    seconds: float = 0.0

    @property
    def tracks(self) -> tuple[Path, ...]:
        return tuple(self.folder / track.pcm for track in self.prepared.tracks)

    @property
    def duration(self) -> float | None:
        return self.prepared.duration

    def plan(self, track: int) -> Iterator[Stretch | Part]:
        return iter(self.prepared.tracks[track].plan)

    def result(self) -> Prepared:
        return self.prepared

    def stop(self) -> None:
        """Nothing is going on."""


class RunningPreparation:
    """`prepare` in a thread; its plan can be read while it grows."""

    def __init__(
        self, source: Path, folder: Path, options: PrepareOptions, report: Report, *, keep: bool
    ) -> None:
        self._keep = keep
        self._info = probe(source, options.limits)
        self.tracks = track_paths(folder / "audio.pcm", self._info, options.channels)
        self.seconds = 0.0
        self._range = (options.start or 0.0, math.inf if options.end is None else options.end)
        self._report = report
        self._plans: list[queue.Queue[Stretch | Part | None]] = [queue.Queue() for _ in self.tracks]
        self._stopping = threading.Event()
        self._progress = Progress("prepare")
        self._prepared: Prepared | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(
            target=self._run, args=(source, folder, options), name="prepare", daemon=True
        )
        self._thread.start()

    @property
    def duration(self) -> float | None:
        if self._prepared is not None:
            return self._prepared.duration
        end = self._range[1] if self._info.duration is None else min(self._info.duration, self._range[1])
        return max(0.0, end - self._range[0]) if end < math.inf else None

    def plan(self, track: int) -> Iterator[Stretch | Part]:
        while True:
            try:
                item = self._plans[track].get(timeout=_PATIENCE)
            except queue.Empty:
                self._report(self._progress)
                continue
            if item is None:
                break
            yield item
        if self._error is not None:
            raise self._error

    def result(self) -> Prepared:
        self._thread.join()
        if self._error is not None:
            raise self._error
        assert self._prepared is not None  # noqa: S101 - the thread ends with a result or an error
        return self._prepared

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self, source: Path, folder: Path, options: PrepareOptions) -> None:
        started = time.monotonic()
        try:
            prepared = prepare(source, folder, options, report=self._note, follow=self._follow)
            if self._keep:
                save_json(folder / _PREPARED, prepared.to_dict())
            self._prepared = prepared
        except BaseException as error:
            self._error = error
        self.seconds = time.monotonic() - started
        for plan in self._plans:
            plan.put(None)

    def _note(self, progress: Progress) -> None:
        self._progress = progress
        if self._stopping.is_set():
            raise Cancelled("The preparation was stopped.")

    def _follow(self, track: int, item: Stretch | Part) -> None:
        self._plans[track].put(item)
