"""How a job comes to be, is stopped, is tried again, and is done over with other options."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import structlog
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from auricle.accounts.quotas import held_quota, refuse_more_audio
from auricle.errors import Conflict, InvalidOption, NotFound, QuotaExceeded
from auricle.jobs.advance import ENDED, advance, reopen
from auricle.jobs.ledger import OPEN, request_cancel
from auricle.jobs.options import JobOptions
from auricle.jobs.stages import BY_NAME
from auricle.settings import Settings
from auricle.store.schema import Job, Recording, Task

#: The priorities people may give; interactive work lies above.
PRIORITIES: Mapping[str, int] = {"low": -10, "normal": 0, "high": 10}
#: After how many seconds (s) one of many jobs may be done.
_NEXT_JOB = 10.0
#: What is said where an Idempotency-Key comes with something else than before.
OTHER_REQUEST = "This Idempotency-Key was used for another request: take a new one."
#: The priority of a request whose answer somebody waits for.
INTERACTIVE = 20


def create_job(
    session: Session,
    recording: Recording,
    options: JobOptions,
    *,
    settings: Settings,
    priority: int = 0,
    idempotency_key: str | None = None,
    asked: str | None = None,
    fresh_from: str | None = None,
) -> tuple[Job, set[str]]:
    """Queue a job for a recording; returns it, and the queues to ring once this is committed.

    The same `idempotency_key` gives the same job again; `asked` is the fingerprint of the request, where that
    was not for this recording. Raises Conflict where the key was used for something
    else, QuotaExceeded where the owner has too many unfinished jobs or has used up the day's audio,
    InvalidOption for an unknown stage. The request it came with is the one the log speaks of.
    """
    if fresh_from is not None and fresh_from not in BY_NAME:
        raise InvalidOption(f"There is no stage {fresh_from!r}. Choose from: {', '.join(BY_NAME)}.")
    asked = asked or fingerprint(recording.id, options, priority, fresh_from)
    if idempotency_key is not None:
        before = _known(session, recording.owner_id, idempotency_key, asked)
        if before is not None:
            return before, set()
    _refuse_too_many(session, recording.owner_id, settings)
    refuse_more_audio(session, recording.owner_id, settings, recording.duration or 0.0)
    job = Job(
        owner_id=recording.owner_id,
        recording_id=recording.id,
        state="queued",
        priority=priority,
        options=options.to_dict(),
        fresh_from=fresh_from,
        idempotency_key=idempotency_key,
        idempotency_hash=asked if idempotency_key else None,
        request_id=structlog.contextvars.get_contextvars().get("request"),
    )
    session.add(job)
    session.flush()
    recording.job_id = job.id
    recording.version += 1
    return job, advance(session, job.id)


def _refuse_too_many(session: Session, owner_id: str, settings: Settings) -> None:
    allowed = held_quota(session, owner_id, settings).max_open_jobs
    unfinished = session.scalar(select(func.count()).where(Job.owner_id == owner_id, Job.state.in_(OPEN)))
    if (unfinished or 0) >= allowed:
        limit = f"{unfinished} jobs are not finished yet, which is the limit: wait for some."
        raise QuotaExceeded(limit, retry_after=_NEXT_JOB)


def cancel_job(session: Session, job: Job) -> None:
    """Stop a job; one that has ended already stays as it is."""
    request_cancel(session, job.id)
    advance(session, job.id)


def retry_job(session: Session, job: Job) -> set[str]:
    """Try again what failed; returns the queues to ring.

    Raises NotFound where the recording is in the trash, Conflict where nothing has failed.
    """
    if session.get_one(Recording, job.recording_id).deleted_at is not None:
        raise NotFound("The recording of this job is in the trash: restore it first.")
    if job.state not in ENDED:
        raise Conflict("This job has not ended yet: there is nothing to try again.")
    if job.state == "done" and not job.warnings:
        raise Conflict("This job is done: to do it over, re-run it.")
    return reopen(session, job.id)


def fingerprint(*asked: Any) -> str:
    """What a request asked for, as a hash: that of another request is another."""
    basis = [one.to_dict() if isinstance(one, JobOptions) else one for one in asked]
    return hashlib.sha256(json.dumps(basis, sort_keys=True).encode()).hexdigest()


def _known(session: Session, owner_id: str, key: str, asked: str) -> Job | None:
    job = session.scalars(
        select(Job).where(Job.owner_id == owner_id, Job.idempotency_key == key)
    ).one_or_none()
    if job is not None and job.idempotency_hash != asked:
        raise Conflict(OTHER_REQUEST)
    return job


def find_job(session: Session, owner_id: str, job_id: str) -> Job:
    """A job of this owner; NotFound otherwise, also where it is somebody else's."""
    job = session.get(Job, job_id)
    if job is None or job.owner_id != owner_id:
        raise NotFound("There is no such job.")
    return job


def resume_unfinished(session: Session) -> None:
    """Begin every unfinished job anew, as after a backup was restored: what its tasks left is not there."""
    for job in session.scalars(select(Job).where(Job.state.in_(OPEN))).all():
        session.execute(delete(Task).where(Task.job_id == job.id))
        job.state, job.started_at = "queued", None
        job.version += 1
        session.flush()
        advance(session, job.id)
