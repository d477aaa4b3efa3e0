"""How a process is: whether what it needs answers, and whether somebody works."""

import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select

from auricle import __version__
from auricle.engines.availability import engine_problem, gpu_problem, has_gpu
from auricle.engines.registry import key_of
from auricle.errors import AuricleError, StorageUnavailable
from auricle.jobs import Broker
from auricle.jobs.work import Workplace
from auricle.settings import Settings
from auricle.store import Storage
from auricle.store.schema import now

Status = Literal["healthy", "degraded", "unhealthy"]

OK = "ok"
#: What is said of a model that is in memory, that is loaded when it is first needed, of a GPU that nobody
#: wants, and of both where other processes hear.
LOADED, NOT_LOADED, NONE, ELSEWHERE = "loaded", "not loaded yet", "none", "with the workers"
_FINE = frozenset({OK, LOADED, NOT_LOADED, NONE, ELSEWHERE})


@dataclass(frozen=True, slots=True)
class Health:
    """`uptime` is in seconds; `checks` say ok, or in a sentence what is wrong.

    unhealthy: nothing can be done without the database or the storage. degraded: the rest goes on more
    slowly, without the broker or the GPU that is wanted, or waits for a worker or a model.
    """

    status: Status
    version: str
    uptime: float
    gpu_available: bool
    worker_running: bool
    checks: Mapping[str, str]


def examine(
    place: Workplace, broker: Broker, *, started_at: datetime, worker_running: bool, hears: bool
) -> Health:
    """Ask everything this process depends on; `started_at` is as `now` gives it.

    `hears`: whether speech is recognized in this process, so that it needs a model.
    """
    settings = place.settings
    checks = {
        "database": check_database(place),
        "storage": _outcome(lambda: _use(place.storage)),
        "broker": _outcome(lambda: broker.depth("gpu")),
        "model": _model(place) if hears else ELSEWHERE,
        "gpu": _gpu(settings) if hears else ELSEWHERE,
    }
    gpu_available = hears and has_gpu(settings)
    uptime = round((now() - started_at).total_seconds(), 1)
    return Health(_status(checks, worker_running), __version__, uptime, gpu_available, worker_running, checks)


def _status(checks: Mapping[str, str], worker_running: bool) -> Status:
    if checks["database"] != OK or checks["storage"] != OK:
        return "unhealthy"
    return "healthy" if worker_running and _FINE.issuperset(checks.values()) else "degraded"


def _model(place: Workplace) -> str:
    if place.engines.has(key_of(place.settings)):
        return LOADED
    return engine_problem(place.settings) or NOT_LOADED


def _gpu(settings: Settings) -> str:
    return gpu_problem(settings) or (OK if has_gpu(settings) else NONE)


def check_database(place: Workplace) -> str:
    """Whether the database answers: ok, or what is wrong."""

    def ask() -> None:
        with place.database.read() as session:
            session.execute(select(1))

    return _outcome(ask)


def _use(storage: Storage) -> None:
    """Raise an error where nothing can be stored; a bucket, which may keep what is deleted, is only read."""
    if storage.free() is None:
        next(iter(storage.blobs("health")), None)
        return
    key = f"health/{os.getpid()}"
    try:
        storage.put(key, io.BytesIO())
        storage.delete(key)
    except OSError as error:
        raise StorageUnavailable(f"Nothing can be stored ({error.strerror}): look at the disk.") from error


def _outcome(ask: Callable[[], object]) -> str:
    try:
        ask()
    except AuricleError as error:
        return str(error)
    return OK
