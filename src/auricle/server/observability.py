"""For probes and Prometheus: how this server is, and how much there is to do."""

from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CollectorRegistry
from pydantic import BaseModel, Field

from auricle.errors import AuricleError, StorageUnavailable
from auricle.jobs.health import OK, check_database, examine
from auricle.jobs.queue_metrics import queue_registry
from auricle.jobs.reconcile import workers_seen
from auricle.metrics import CONTENT_TYPE, exposition
from auricle.server.deps import ServiceDep
from auricle.server.service import Service

router = APIRouter(tags=["health"])


class HealthAnswer(BaseModel):
    """How this server is."""

    status: Literal["healthy", "degraded", "unhealthy"] = Field(
        description="unhealthy without the database or the storage; degraded without the broker or a worker."
    )
    version: str = Field(description="The version of Auricle.")
    uptime: float = Field(description="Seconds since it started.")
    worker_running: bool = Field(description="Whether anybody takes tasks.")
    checks: Mapping[str, str] = Field(description="What it depends on: ok, or what is wrong.")


class LiveAnswer(BaseModel):
    """That this process answers."""

    status: Literal["live"] = Field("live", description="Always live.")


@router.get("/health", responses={503: {"model": HealthAnswer, "description": "unhealthy"}})
def health(service: ServiceDep, response: Response) -> HealthAnswer:
    """How the server is, and what it depends on."""
    found = examine(
        service.place, service.broker, started_at=service.started_at, worker_running=_somebody_works(service)
    )
    if found.status == "unhealthy":
        response.status_code = 503
    return HealthAnswer(
        status=found.status,
        version=found.version,
        uptime=found.uptime,
        worker_running=found.worker_running,
        checks=found.checks,
    )


@router.get("/health/live")
async def live() -> LiveAnswer:
    """That the process answers; restart it where it does not."""
    return LiveAnswer(status="live")


@router.get(
    "/health/ready", responses={204: {}, 503: {"description": "Not yet, or no longer."}}, status_code=204
)
def ready(service: ServiceDep) -> None:
    """Whether requests may be sent here: 204, or 503 while the database does not answer."""
    problem = check_database(service.place)
    if problem != OK:
        raise StorageUnavailable(problem)


def _queues(request: Request, service: ServiceDep) -> CollectorRegistry:
    """The registry of this server, made once, so that what it read lasts for a few seconds."""
    state = request.app.state
    if not hasattr(state, "queue_registry"):
        state.queue_registry = queue_registry(service.database)
    found: CollectorRegistry = state.queue_registry
    return found


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(queues: Annotated[CollectorRegistry, Depends(_queues)]) -> Response:
    """Metrics of this process and of all queues, for Prometheus."""
    return Response(exposition(queues), media_type=CONTENT_TYPE)


def _somebody_works(service: Service) -> bool:
    if service.crew is not None and service.crew.shifts:
        return True
    try:
        with service.database.read() as session:
            return workers_seen(session) > 0
    except AuricleError:
        return False
