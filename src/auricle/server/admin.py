"""Routes for those who look after the installation."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import func, select

from auricle.jobs.chores import CHORES
from auricle.jobs.ledger import backlog
from auricle.jobs.status import recent_speed
from auricle.server.deps import AdminDep, ServiceDep
from auricle.server.models import Moment, naive
from auricle.server.paging import Cursor, Limit, Page, paged, read_cursor
from auricle.server.users import Day, usage_of
from auricle.store.schema import AuditEvent, Chore, Job, Recording, Task, User, Worker, now

router = APIRouter(tags=["admin"], prefix="/admin")


class QueueModel(BaseModel):
    """A queue, and what waits in it."""

    name: str
    due: int = Field(description="Tasks a worker could take now.")
    queued: int
    running: int
    backlog: float = Field(description="Seconds of audio that wait.")
    oldest: Moment | None = Field(description="Since when the oldest task that is due could have run.")


class WorkerModel(BaseModel):
    """A process that takes tasks."""

    id: str
    host: str
    pid: int
    queues: list[str]
    device: str
    models: list[str] = Field(description="In memory.")
    memory: int = Field(description="Bytes.")
    draining: bool
    alive: bool = Field(description="It was heard of within the last minute.")
    version: str
    started_at: Moment
    seen_at: Moment


class ChoreModel(BaseModel):
    """Work that comes round."""

    name: str
    every: float = Field(description="Seconds.")
    due_at: Moment | None
    started_at: Moment | None
    finished_at: Moment | None
    result: dict[str, Any] | None
    error: str | None


class EventModel(BaseModel):
    """Something that has to be accounted for."""

    id: str
    at: Moment
    user_id: str | None
    action: str
    subject: str
    detail: dict[str, Any]
    request_id: str | None = Field(description="The request it came with, as the log names it.")
    address: str | None = Field(description="Where that came from.")


class Overview(BaseModel):
    """The installation at a glance."""

    queues: list[QueueModel]
    workers: list[WorkerModel]
    jobs: dict[str, int] = Field(description="How many jobs are in each state.")
    recordings: int
    speed: float | None = Field(description="Seconds of work per second of audio, lately.")
    free: int | None = Field(description="Bytes of free disk; null where nobody can say.")


class UserUsage(BaseModel):
    """What one person had done."""

    user_id: str
    name: str
    days: list[Day]


@router.get("/overview")
def overview(service: ServiceDep, _: AdminDep) -> Overview:
    """Queues, workers, jobs and space."""
    with service.database.read() as session:
        due = backlog(session)
        states = session.execute(
            select(
                Task.queue,
                Task.state,
                func.count(),
                func.coalesce(func.sum(Task.seconds), 0.0),
                func.min(Task.due_at),
            )
            .where(Task.state.in_(("queued", "running")))
            .group_by(Task.queue, Task.state)
        ).all()
        workers = session.scalars(select(Worker).order_by(Worker.id)).all()
        jobs = dict(session.execute(select(Job.state, func.count()).group_by(Job.state)).all())
        recordings = session.scalar(select(func.count()).select_from(Recording)) or 0
        speed = recent_speed(session)
    return Overview(
        queues=[_queue(name, due.get(name, 0), states) for name in ("gpu", "cpu")],
        workers=[_worker(one) for one in workers],
        jobs=jobs,
        recordings=recordings,
        speed=speed,
        free=service.storage.free(),
    )


@router.get("/workers")
def list_workers(
    service: ServiceDep, _: AdminDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[WorkerModel]:
    """Who works, on what device, with which models in memory."""
    query = select(Worker).order_by(Worker.id).limit(limit + 1)
    if cursor is not None:
        query = query.where(Worker.id > read_cursor(cursor, str)[0])
    with service.database.read() as session:
        found = session.scalars(query).all()
    return paged(found, limit, lambda some: [_worker(one) for one in some], "id")


@router.get("/chores")
def list_chores(service: ServiceDep, _: AdminDep) -> list[ChoreModel]:
    """Retention, clean-up and the like: when they were done, and what they did."""
    with service.database.read() as session:
        rows = {one.name: one for one in session.scalars(select(Chore))}
    return [
        ChoreModel(
            name=chore.name,
            every=chore.every,
            **{
                name: getattr(rows.get(chore.name), name, None)
                for name in ("due_at", "started_at", "finished_at", "result", "error")
            },
        )
        for chore in CHORES
    ]


@router.get("/usage")
def usage(
    service: ServiceDep,
    _: AdminDep,
    days: Annotated[int, Query(ge=1, le=3650)] = 30,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[UserUsage]:
    """What everybody had done, day by day."""
    query = select(User).order_by(User.name).limit(limit + 1)
    if cursor is not None:
        query = query.where(User.name > read_cursor(cursor, str)[0])

    def shown(people: Sequence[User]) -> list[UserUsage]:
        return [
            UserUsage(user_id=one.id, name=one.name, days=usage_of(session, one.id, days)) for one in people
        ]

    with service.database.read() as session:
        return paged(session.scalars(query).all(), limit, shown, "name")


@router.get("/audit")
def audit(
    service: ServiceDep,
    _: AdminDep,
    action: Annotated[
        str | None, Query(max_length=60, description="Actions that begin with this, such as `recording.`.")
    ] = None,
    user_id: Annotated[str | None, Query(max_length=32)] = None,
    since: Annotated[datetime | None, Query(description="Not older than this.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[EventModel]:
    """Who did what: keys, deletions, exports; the newest first."""
    query = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(limit + 1)
    if action is not None:
        query = query.where(AuditEvent.action.startswith(action, autoescape=True))
    if user_id is not None:
        query = query.where(AuditEvent.user_id == user_id)
    if since is not None:
        query = query.where(AuditEvent.at >= naive(since))
    if cursor is not None:
        query = query.where(AuditEvent.id < read_cursor(cursor, str)[0])
    with service.database.read() as session:
        found = session.scalars(query).all()
    return paged(found, limit, _events, "id")


def _events(events: Sequence[AuditEvent]) -> list[EventModel]:
    return [EventModel(**{name: getattr(one, name) for name in EventModel.model_fields}) for one in events]


def _queue(name: str, due: int, states: Any) -> QueueModel:
    own = {
        state: (count, seconds, oldest) for queue, state, count, seconds, oldest in states if queue == name
    }
    count, seconds, oldest = own.get("queued", (0, 0.0, None))
    return QueueModel(
        name=name,
        due=due,
        queued=count,
        running=own.get("running", (0,))[0],
        backlog=round(seconds, 3),
        oldest=oldest if oldest and oldest <= now() else None,
    )


def _worker(worker: Worker) -> WorkerModel:
    shown = {name: getattr(worker, name) for name in WorkerModel.model_fields if name != "alive"}
    return WorkerModel(**shown, alive=(now() - worker.seen_at).total_seconds() < 60)
