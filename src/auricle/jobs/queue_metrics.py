"""How much there is to do, read from the rows when Prometheus asks."""

import threading
import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import case, func, select

from auricle.errors import AuricleError
from auricle.jobs.ledger import OPEN
from auricle.jobs.reconcile import workers_seen
from auricle.store.database import Database
from auricle.store.schema import Task, now

#: However often it is asked for, the database is asked this often (s) at most.
_KEPT = 5.0
_STATES = (*OPEN, "dead")


def queue_registry(database: Database) -> CollectorRegistry:
    """A registry whose numbers come from the database."""
    registry = CollectorRegistry()
    registry.register(_Queues(database))
    return registry


class _Queues(Collector):
    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._read_at: float | None = None
        self._last: list[Metric] = []

    def describe(self) -> Iterator[Metric]:
        """Nothing beforehand: registering may not ask the database."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        with self._lock:
            if self._read_at is None or time.monotonic() - self._read_at > _KEPT:
                self._last = self._read()
                self._read_at = time.monotonic()
            return iter(self._last)

    def _read(self) -> list[Metric]:
        up = GaugeMetricFamily("auricle_database_up", "Whether the database answers.")
        try:
            found = self._queues()
        except AuricleError:
            up.add_metric([], 0)
            return [up]
        up.add_metric([], 1)
        return [up, *found]

    def _queues(self) -> list[Metric]:
        tasks = GaugeMetricFamily("auricle_queue_tasks", "Tasks by state.", labels=["queue", "state"])
        backlog = GaugeMetricFamily(
            "auricle_backlog_audio_seconds", "Audio of tasks that wait for a worker.", labels=["queue"]
        )
        oldest = GaugeMetricFamily(
            "auricle_oldest_due_seconds",
            "How long the oldest task that waits could have run.",
            labels=["queue"],
        )
        workers = GaugeMetricFamily("auricle_workers", "Processes that work, seen in the last minute.")
        at = now()
        waits = (Task.state == "queued") & (Task.due_at <= at)
        with self._database.read() as session:
            rows = session.execute(
                select(
                    Task.queue,
                    Task.state,
                    func.count(),
                    func.sum(case((waits, Task.seconds), else_=0.0)),
                    func.min(case((waits, Task.due_at))),
                )
                .where(Task.state.in_(_STATES))
                .group_by(Task.queue, Task.state)
            ).all()
            workers.add_metric([], workers_seen(session))
        for queue, state, count, audio, first in rows:
            tasks.add_metric([queue, state], count)
            if state == "queued":
                backlog.add_metric([queue], audio or 0.0)
                oldest.add_metric([queue], (at - first).total_seconds() if first else 0.0)
        return [tasks, backlog, oldest, workers]
