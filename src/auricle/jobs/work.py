"""What a stage gets for its work, and what it leaves."""

import contextlib
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from auricle.engines import Engine
from auricle.engines.leases import ModelPool
from auricle.engines.registry import key_of, open_engine
from auricle.engines.scheduler import Priority, SharedEngine
from auricle.jobs.ledger import Claim
from auricle.jobs.options import JobOptions, engine_settings
from auricle.pipeline import Progress, Report
from auricle.settings import Settings
from auricle.store import Storage
from auricle.store.database import Database


@dataclass(frozen=True, slots=True, eq=False)
class Workplace:
    """What all tasks of a process share. `folder` is for files that only matter while a task runs."""

    settings: Settings
    database: Database
    storage: Storage
    engines: ModelPool[SharedEngine]
    folder: Path

    @contextlib.contextmanager
    def engine(
        self, options: JobOptions, priority: Priority, while_waiting: Callable[[], None]
    ) -> Iterator[Engine]:
        """The engine that these options ask for, loaded once for all who want the same.

        See `SharedEngine.at` for `while_waiting`.
        """
        with self.engine_of(engine_settings(options, self.settings)) as shared:
            yield shared.at(priority, while_waiting)

    def engine_of(self, settings: Settings) -> AbstractContextManager[SharedEngine]:
        """The engine that these settings open, in memory as long as it is leased."""
        return self.engines.lease(key_of(settings), lambda: SharedEngine(open_engine(settings)))


@dataclass(frozen=True, slots=True)
class Source:
    """The recording a job works on, as it was when the task was claimed; `sha256` may not be known yet."""

    recording_id: str
    owner_id: str
    blob: str
    filename: str
    sha256: str | None
    preview_blob: str | None


@dataclass(frozen=True, slots=True)
class Work:
    """One task, as its stage sees it. `results` are those of the stages before, by stage and number.

    `folder` is empty and belongs to this task alone; `fresh` says not to take results of earlier jobs.
    """

    place: Workplace
    claim: Claim
    source: Source
    options: JobOptions
    results: Mapping[str, Mapping[int, Mapping[str, Any]]]
    fresh: bool
    folder: Path
    report: Report

    def engine(self) -> AbstractContextManager[Engine]:
        """The engine the job asks for; whoever waits for an answer goes before this task."""
        return self.place.engine(self.options, Priority.FILE, lambda: self.report(Progress(self.claim.stage)))

    def result(self, stage: str) -> Mapping[str, Any]:
        """What a stage with a single task left."""
        return self.results[stage][0]

    def blob(self, name: str) -> str:
        """A key for something this attempt makes: no other attempt writes there."""
        return f"results/{self.claim.owner_id}/{self.claim.task_id}-{self.claim.attempt}/{name}"

    def save(self, name: str, document: Any) -> str:
        """Store a JSON document; returns its key."""
        key = self.blob(name)
        content = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        self.place.storage.put(key, io.BytesIO(content))
        return key

    def load(self, key: str) -> Any:
        """Read a JSON document that a stage stored."""
        with self.place.storage.open(key) as file:
            return json.loads(file.read())


@dataclass(frozen=True, slots=True)
class Made:
    """What a task made: `result` for the stages after it, `store` for the rows that change with it.

    `store` runs in the transaction that ends the task. `warnings` are sentences for the job.
    """

    result: Mapping[str, Any] = field(default_factory=dict)
    store: Callable[[Session], None] = lambda _: None
    warnings: tuple[str, ...] = ()


def result_key(owner_id: str, sha256: str, stage: str, *basis: Any) -> str:
    """Names a stage's result by all it depends on; one person's results are no use to another."""
    text = json.dumps([owner_id, sha256, stage, *basis], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
