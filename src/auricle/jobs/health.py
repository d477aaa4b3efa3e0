"""How a process is: whether what it needs answers, and whether somebody works."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select

from auricle import __version__
from auricle.errors import AuricleError
from auricle.jobs import Broker
from auricle.jobs.work import Workplace
from auricle.store.schema import now

OK = "ok"


@dataclass(frozen=True, slots=True)
class Health:
    """`uptime` is in seconds; `checks` say ok, or in a sentence what is wrong.

    unhealthy: nothing can be done without the database or the storage. degraded: the rest goes on more
    slowly, without the broker, or waits for a worker.
    """

    status: Literal["healthy", "degraded", "unhealthy"]
    version: str
    uptime: float
    worker_running: bool
    checks: Mapping[str, str]


def examine(place: Workplace, broker: Broker, *, started_at: datetime, worker_running: bool) -> Health:
    """Ask everything this process depends on; `started_at` is as `now` gives it."""
    checks = {
        "database": check_database(place),
        "storage": _outcome(lambda: next(iter(place.storage.blobs("health")), None)),
        "broker": _outcome(lambda: broker.depth("gpu")),
    }
    if checks["database"] != OK or checks["storage"] != OK:
        status: Literal["healthy", "degraded", "unhealthy"] = "unhealthy"
    else:
        status = "healthy" if checks["broker"] == OK and worker_running else "degraded"
    uptime = round((now() - started_at).total_seconds(), 1)
    return Health(status, __version__, uptime, worker_running, checks)


def check_database(place: Workplace) -> str:
    """Whether the database answers: ok, or what is wrong."""

    def ask() -> None:
        with place.database.read() as session:
            session.execute(select(1))

    return _outcome(ask)


def _outcome(ask: Callable[[], object]) -> str:
    try:
        ask()
    except AuricleError as error:
        return str(error)
    return OK
