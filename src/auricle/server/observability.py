"""For probes and Prometheus: how this server is, and how much there is to do."""

import threading
import time
from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CollectorRegistry, Gauge
from pydantic import BaseModel, Field

from auricle.errors import AuricleError
from auricle.jobs.health import OK, Health, Status, check_database, examine
from auricle.jobs.machine_metrics import machine_registry
from auricle.jobs.queue_metrics import queue_registry
from auricle.jobs.reconcile import workers_seen
from auricle.metrics import CONTENT_TYPE, exposition
from auricle.server.answers import PROBLEM, texts
from auricle.server.deps import InsideDep, ServiceDep, require_inside
from auricle.server.problems import answer
from auricle.server.service import Service

router = APIRouter(tags=["health"])

#: However often it is asked, and by whom, everything is examined this often (s) at most.
_KEPT = 2.0


class StatusAnswer(BaseModel):
    """The state alone, as everybody may see it."""

    status: Status = Field(
        description="unhealthy without the database or the storage; degraded without the broker, a worker, "
        "the model or the GPU that is wanted."
    )


class HealthAnswer(StatusAnswer):
    """How this server is."""

    version: str = Field(description="The version of Auricle.")
    uptime: float = Field(description="Seconds since it started.")
    gpu_available: bool = Field(description="Whether speech is recognized on a GPU here.")
    worker_running: bool = Field(description="Whether anybody takes tasks.")
    checks: Mapping[str, str] = Field(
        description="api, database, storage, broker, model (loaded, not loaded yet) and gpu (none where "
        "nobody wants one): ok, or what is wrong. Where workers hear, they have the model and the GPU."
    )


class LiveAnswer(BaseModel):
    """That this process answers."""

    status: Literal["live"] = Field("live", description="Always live.")


class ReadyAnswer(BaseModel):
    """That requests may be sent here."""

    status: Literal["ready"] = Field("ready", description="Always ready.")


class _Examination:
    """What was found out about a server, for a short time."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._made: tuple[float, Health] | None = None

    def result(self) -> Health:
        with self._lock:
            if self._made is None or time.monotonic() - self._made[0] > _KEPT:
                service = self._service
                found = examine(
                    service.place,
                    service.broker,
                    started_at=service.started_at,
                    worker_running=_somebody_works(service),
                    hears=service.crew is not None,
                )
                self._made = time.monotonic(), found
            return self._made[1]


def _examined(request: Request, service: ServiceDep) -> Health:
    state = request.app.state
    if not hasattr(state, "examination"):
        state.examination = _Examination(service)
    found: Health = state.examination.result()
    return found


@router.get("/health", responses={503: {"model": StatusAnswer, "description": "unhealthy"}})
def health(
    response: Response, found: Annotated[Health, Depends(_examined)], inside: InsideDep
) -> HealthAnswer | StatusAnswer:
    """How the server is, and what it depends on.

    Everybody sees the state; the rest is for this machine, admins, and keys with the scope metrics.
    """
    if found.status == "unhealthy":
        response.status_code = 503
    if not inside:
        return StatusAnswer(status=found.status)
    return HealthAnswer(
        status=found.status,
        version=found.version,
        uptime=found.uptime,
        gpu_available=found.gpu_available,
        worker_running=found.worker_running,
        checks={"api": OK, **found.checks},
    )


@router.get("/health/live")
async def live() -> LiveAnswer:
    """That the process answers; restart it where it does not."""
    return LiveAnswer(status="live")


@router.get(
    "/health/ready",
    response_model=ReadyAnswer,
    responses={503: PROBLEM | {"description": "Not yet, or no longer."}},
)
def ready(request: Request, service: ServiceDep) -> ReadyAnswer | Response:
    """Whether requests may be sent here: 503 while the database is away or the server ends."""
    if request.app.state.watch.over:
        return answer(
            request.scope, 503, "This server is about to end: ask another.", "draining", retryable=True
        )
    if check_database(service.place) != OK:
        return answer(
            request.scope, 503, "The database does not answer.", "storage_unavailable", retryable=True
        )
    return ReadyAnswer(status="ready")


def _registry(request: Request, service: ServiceDep) -> CollectorRegistry:
    """The registry of this server, made once, so that what it read lasts for a few seconds."""
    state = request.app.state
    if not hasattr(state, "registry"):
        state.registry = queue_registry(service.database)
        interactive = Gauge(
            "auricle_interactive_requests",
            "Requests whose answer somebody waits for.",
            ["state"],
            registry=state.registry,
        )
        interactive.labels("waiting").set_function(lambda: service.desk.waiting)
        interactive.labels("active").set_function(lambda: service.desk.active)
    found: CollectorRegistry = state.registry
    return found


@router.get(
    "/metrics",
    dependencies=[Depends(require_inside)],
    response_class=Response,
    responses={200: {"content": texts("text/plain")}},
)
def metrics(service: ServiceDep, registry: Annotated[CollectorRegistry, Depends(_registry)]) -> Response:
    """Metrics of this process and of all queues, for Prometheus: this machine, admins, the scope metrics."""
    machine = machine_registry(service.place)
    return Response(exposition(registry, machine), media_type=CONTENT_TYPE)


def _somebody_works(service: Service) -> bool:
    if service.crew is not None and service.crew.shifts:
        return True
    try:
        with service.database.read() as session:
            return workers_seen(session) > 0
    except AuricleError:
        return False
