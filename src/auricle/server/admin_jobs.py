"""Routes by which an admin looks after everybody's jobs; whatever they are about stays private."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from auricle.errors import NotFound
from auricle.jobs.create import cancel_job, retry_job
from auricle.jobs.ledger import OPEN
from auricle.server.deps import AdminDep, ServiceDep
from auricle.server.jobs import TaskModel, tasks_of
from auricle.server.models import JobModel, job_models
from auricle.server.paging import Cursor, Limit, Page, paged, read_cursor
from auricle.store.audit import record
from auricle.store.database import repeated
from auricle.store.schema import Job, Recording, User

log = structlog.get_logger(__name__)

router = APIRouter(tags=["admin"], prefix="/admin/jobs")


#: Options that say what a recording is about.
_PRIVATE = ("prompt", "hotwords")


class OwnedJobModel(JobModel):
    """A job, and whose it is."""

    owner_id: str
    owner: str = Field(description="Their name.")
    duration: float | None = Field(description="Seconds of the recording; null until it has been decoded.")


class Retried(BaseModel):
    """What was queued again."""

    retried: int = Field(description="How many jobs.")


@router.get("")
def all_jobs(
    service: ServiceDep,
    _: AdminDep,
    state: Annotated[
        list[Literal["queued", "running", "done", "failed", "dead", "cancelled"]] | None,
        Query(max_length=6, description="dead gives the dead letters; several give those in any of them."),
    ] = None,
    owner_id: Annotated[str | None, Query(max_length=32)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[OwnedJobModel]:
    """Everybody's jobs, the newest first."""
    query = select(Job).order_by(Job.id.desc()).limit(limit + 1)
    if state:
        query = query.where(Job.state.in_(state))
    if owner_id is not None:
        query = query.where(Job.owner_id == owner_id)
    if cursor is not None:
        query = query.where(Job.id < read_cursor(cursor, str)[0])
    with service.database.read() as session:
        return paged(session.scalars(query).all(), limit, partial(_owned, session), "id")


@router.post("/retry-dead")
@repeated
def retry_the_dead(service: ServiceDep, admin: AdminDep) -> Retried:
    """Try every dead job again whose recording is not in the trash."""
    dead = (
        select(Job)
        .join(Recording, Recording.id == Job.recording_id)
        .where(Job.state == "dead", Recording.deleted_at.is_(None))
        .order_by(Job.id)
    )
    queues: set[str] = set()
    with service.database.write() as session:
        jobs = session.scalars(dead).all()
        for job in jobs:
            queues |= retry_job(session, job)
        if jobs:
            record(session, admin.id, "jobs.retried", jobs=len(jobs))
    log.info("dead_jobs_queued_again", jobs=len(jobs))
    service.ring(queues)
    return Retried(retried=len(jobs))


@router.get("/{job_id}/tasks")
def anybodys_tasks(
    service: ServiceDep, _: AdminDep, job_id: str, limit: Limit = 50, cursor: Cursor = None
) -> Page[TaskModel]:
    """The tasks of a job, whoever's it is: who does what, and what went wrong."""
    with service.database.read() as session:
        return tasks_of(session, _job(session, job_id).id, limit, cursor)


@router.post("/{job_id}/retry")
@repeated
def retry_anybodys(service: ServiceDep, admin: AdminDep, job_id: str) -> OwnedJobModel:
    """Try again what failed, died or was cancelled, whoever's it is; what is done stays done."""
    with service.database.write() as session:
        job = _job(session, job_id)
        queues = retry_job(session, job)
        record(session, admin.id, "job.retried", job_id, owner=job.owner_id)
        model = _owned(session, [job])[0]
    log.info("job_queued_again", recording=job.recording_id, job=job.id)
    service.ring(queues)
    return model


@router.post("/{job_id}/cancel")
@repeated
def cancel_anybodys(service: ServiceDep, admin: AdminDep, job_id: str) -> OwnedJobModel:
    """Stop a job, whoever's it is; one that has ended stays as it is."""
    with service.database.write() as session:
        job = _job(session, job_id)
        if job.state in OPEN:
            cancel_job(session, job)
            record(session, admin.id, "job.cancelled", job_id, owner=job.owner_id)
            log.info("job_cancel_asked", job=job.id)
        session.flush()
        return _owned(session, [job])[0]


def _job(session: Session, job_id: str) -> Job:
    job = session.get(Job, job_id)
    if job is None:
        raise NotFound("There is no such job.")
    return job


def _owned(session: Session, jobs: Sequence[Job]) -> list[OwnedJobModel]:
    about = {
        job_id: (name, duration)
        for job_id, name, duration in session.execute(
            select(Job.id, User.name, Recording.duration)
            .join(User, User.id == Job.owner_id)
            .join(Recording, Recording.id == Job.recording_id)
            .where(Job.id.in_([job.id for job in jobs]))
        )
    }
    return [
        OwnedJobModel(
            **model.model_dump(exclude={"options"}),
            options={name: value for name, value in model.options.items() if name not in _PRIVATE},
            owner_id=job.owner_id,
            owner=about[job.id][0],
            duration=about[job.id][1],
        )
        for job, model in zip(jobs, job_models(session, jobs), strict=True)
    ]
