"""Routes for jobs: asking, watching, stopping, trying again."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal

import structlog
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import and_, case, false, or_, select
from sqlalchemy.orm import Session

from auricle.errors import Conflict, Held, InvalidOption
from auricle.jobs.create import PRIORITIES, cancel_job, create_job, find_job, retry_job
from auricle.jobs.ledger import OPEN
from auricle.jobs.stages import STAGES
from auricle.server.accepting import asked_options
from auricle.server.answers import again, transcript
from auricle.server.bodies import Sent
from auricle.server.deps import ServiceDep, UserDep
from auricle.server.models import JobModel, JobState, Moment, job_models
from auricle.server.paging import Cursor, Limit, Page, paged, read_cursor
from auricle.server.recordings import IdempotencyKey
from auricle.server.transcripts import FormatName, IsPreview, sent
from auricle.store.database import repeated
from auricle.store.recordings import find_recording
from auricle.store.schema import Job, Task, TaskSegment, TranscriptVersion
from auricle.store.storage import refuse_when_full
from auricle.store.tags import hold_owner

log = structlog.get_logger(__name__)

router = APIRouter(tags=["jobs"])

Priority = Literal["low", "normal", "high"]


class NewJob(Sent):
    """What is to be done with a recording."""

    recording_id: str
    options: dict[str, Any] = Field(default_factory=dict, description="GET /info lists all.")
    priority: Priority = "normal"
    from_stage: str | None = Field(
        None, description="Do this stage and those after it anew, even where its result is known."
    )


class Rerun(Sent):
    """How a job is to be done over."""

    options: dict[str, Any] | None = Field(
        default=None, description="In place of the old job's; null keeps those."
    )
    from_stage: str | None = Field(default=None, description="As with a new job.")
    priority: Priority = "normal"


class TaskModel(BaseModel):
    """One stage of a job, or one part of a stage."""

    stage: str
    number: int
    queue: str
    state: JobState
    progress: float
    seconds: float = Field(description="The audio it is about.")
    attempt: int
    failures: int = Field(description="Attempts that ended in an error.")
    losses: int = Field(description="Attempts in a row whose worker was lost.")
    worker: str | None
    error: dict[str, Any] | None
    due_at: Moment = Field(description="When it may start, or its lease ends.")
    started_at: Moment | None
    finished_at: Moment | None


class HeardSegments(BaseModel):
    """Segments that are new since the last call."""

    segments: list[dict[str, Any]] = Field(description="As in a transcript, each with its `part`.")
    reset: list[int] = Field(description="Parts begun anew: forget what came of them before.")
    next: str = Field(description="Pass it as `after` in the next call.")
    final: bool = Field(description="The job has ended: nothing more will come.")


@router.post("/jobs", status_code=201, responses=again(JobModel))
@repeated
def ask_for_job(
    service: ServiceDep,
    user: UserDep,
    response: Response,
    wanted: NewJob,
    idempotency_key: IdempotencyKey = None,
) -> JobModel:
    """Queue a job for a recording; 200 where this Idempotency-Key has queued it before."""
    options = asked_options(service, user, wanted.options)
    refuse_when_full(service.storage, service.settings.min_free)
    with service.database.write() as session:
        # Who asks at the same time with the same key waits here, and finds the job.
        hold_owner(session, user.id)
        recording = find_recording(session, user.id, wanted.recording_id, trash=False)
        before = recording.job_id
        job, queues = create_job(
            session,
            recording,
            options,
            settings=service.settings,
            priority=PRIORITIES[wanted.priority],
            idempotency_key=idempotency_key,
            fresh_from=wanted.from_stage,
        )
        if not queues and job.id == before:
            response.status_code = 200
        model = job_models(session, [job])[0]
    if queues:
        log.info("job_queued", recording=recording.id, job=job.id)
    service.ring(queues)
    return model


@router.get("/jobs")
def list_jobs(
    service: ServiceDep,
    user: UserDep,
    state: Annotated[
        Literal["queued", "running", "done", "failed", "dead", "cancelled"] | None, Query()
    ] = None,
    recording_id: Annotated[str | None, Query(max_length=32)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[JobModel]:
    """Your jobs, the newest first."""
    query = select(Job).where(Job.owner_id == user.id).order_by(Job.id.desc()).limit(limit + 1)
    if state is not None:
        query = query.where(Job.state == state)
    if recording_id is not None:
        query = query.where(Job.recording_id == recording_id)
    if cursor is not None:
        query = query.where(Job.id < read_cursor(cursor, str)[0])
    with service.database.read() as session:
        return paged(session.scalars(query).all(), limit, partial(job_models, session), "id")


@router.get("/jobs/{job_id}")
def get_job(service: ServiceDep, user: UserDep, job_id: str) -> JobModel:
    """One job, and how far it is."""
    with service.database.read() as session:
        return job_models(session, [find_job(session, user.id, job_id)])[0]


@router.get("/jobs/{job_id}/tasks")
def list_tasks(
    service: ServiceDep, user: UserDep, job_id: str, limit: Limit = 50, cursor: Cursor = None
) -> Page[TaskModel]:
    """The tasks of a job, stage by stage: who does what, and what went wrong."""
    with service.database.read() as session:
        find_job(session, user.id, job_id)
        return tasks_of(session, job_id, limit, cursor)


def tasks_of(session: Session, job_id: str, limit: int, cursor: str | None) -> Page[TaskModel]:
    """A page of the tasks of a job, stage by stage."""
    place = case({stage.name: place for place, stage in enumerate(STAGES)}, value=Task.stage)
    query = select(Task).where(Task.job_id == job_id).order_by(place, Task.number).limit(limit + 1)
    if cursor is not None:
        stage, number = read_cursor(cursor, str, int)
        after = next((one for one, known in enumerate(STAGES) if known.name == stage), -1)
        query = query.where(or_(place > after, and_(place == after, Task.number > number)))
    return paged(session.scalars(query).all(), limit, _tasks, "stage", "number")


def _tasks(tasks: Sequence[Task]) -> list[TaskModel]:
    return [TaskModel(**{name: getattr(task, name) for name in TaskModel.model_fields}) for task in tasks]


@router.post("/jobs/{job_id}/cancel")
@repeated
def stop_job(service: ServiceDep, user: UserDep, job_id: str) -> JobModel:
    """Stop a job: at once where it waits, within seconds where it runs. One that has ended stays as it is."""
    with service.database.write() as session:
        job = find_job(session, user.id, job_id)
        if job.state in OPEN:
            cancel_job(session, job)
            log.info("job_cancel_asked", job=job.id)
            if job.state == "cancelled":
                log.info("job_cancelled", job=job.id)
        session.flush()
        return job_models(session, [job])[0]


@router.post("/jobs/{job_id}/retry")
@repeated
def try_again(service: ServiceDep, user: UserDep, job_id: str) -> JobModel:
    """Try again what failed, died or was cancelled; what is done stays done."""
    with service.database.write() as session:
        job = find_job(session, user.id, job_id)
        queues = retry_job(session, job)
        model = job_models(session, [job])[0]
    log.info("job_queued_again", recording=job.recording_id, job=job.id)
    service.ring(queues)
    return model


@router.post("/jobs/{job_id}/rerun", status_code=201)
def do_over(service: ServiceDep, user: UserDep, job_id: str, wanted: Rerun | None = None) -> JobModel:
    """Do the work of a job over as a new job, with other options or from a stage on."""
    wanted = wanted or Rerun()
    with service.database.read() as session:
        old = find_job(session, user.id, job_id)
    options = old.options if wanted.options is None else wanted.options
    again = NewJob(
        recording_id=old.recording_id,
        options=options,
        priority=wanted.priority,
        from_stage=wanted.from_stage,
    )
    return ask_for_job(service, user, Response(), again)


@router.get("/jobs/{job_id}/segments")
def heard_segments(
    service: ServiceDep,
    user: UserDep,
    job_id: str,
    after: Annotated[str, Query(max_length=20_000, description="`next` of the call before.")] = "",
) -> HeardSegments:
    """What was heard so far, part by part as parts run side by side; ask again with `after` for what is new.

    The transcript of the finished job is cut into sentences anew: it is not just these segments in a row.
    """
    known = _read_after(after)
    with service.database.read() as session:
        job = find_job(session, user.id, job_id)
        parts = {
            task.number: task
            for task in session.scalars(select(Task).where(Task.job_id == job_id, Task.stage == "transcribe"))
        }
        reset = [n for n, task in parts.items() if n in known and known[n][0] != task.attempt]
        begins = {n: known[n][1] if n in known and n not in reset else 0 for n in parts}
        new = [
            and_(
                TaskSegment.task_id == task.id,
                TaskSegment.attempt == task.attempt,
                TaskSegment.number >= begins[n],
            )
            for n, task in parts.items()
        ]
        rows = session.scalars(select(TaskSegment).where(or_(false(), *new))).all()
    numbers = {task.id: number for number, task in parts.items()}
    fresh = sorted(
        ((numbers[row.task_id], row.number, row.document) for row in rows), key=lambda one: one[:2]
    )
    counts = {n: [task.attempt, begins[n]] for n, task in parts.items() if task.attempt}
    for number, position, _ in fresh:
        counts[number][1] = max(counts[number][1], position + 1)
    segments = [{**document, "part": number} for number, _, document in fresh]
    return HeardSegments(
        segments=segments, reset=reset, next=_write_after(counts), final=job.state not in OPEN
    )


def _write_after(counts: Mapping[int, list[int]]) -> str:
    return base64.urlsafe_b64encode(json.dumps(list(counts.items())).encode()).decode()


def _read_after(after: str) -> dict[int, tuple[int, int]]:
    try:
        items = json.loads(base64.b64decode(after, altchars=b"-_", validate=True)) if after else []
        return {int(number): (int(attempt), int(count)) for number, (attempt, count) in items}
    except (binascii.Error, ValueError, TypeError, OverflowError, RecursionError):
        raise InvalidOption("after is not what this route gave: start again without it.") from None


@router.get("/jobs/{job_id}/transcript", response_class=Response, openapi_extra=transcript())
def transcript_of_job(
    request: Request,
    service: ServiceDep,
    user: UserDep,
    job_id: str,
    format: FormatName = "json",
    preview: IsPreview = False,
) -> Response:
    """What a job that is done made of the recording, in any format; further parameters are its options."""
    with service.database.read() as session:
        job = find_job(session, user.id, job_id)
        if job.transcript_id is None:
            kind = Held if job.state in OPEN else Conflict
            raise kind(f"This job has made no transcript: it is {job.state}.")
        version = session.get_one(TranscriptVersion, job.transcript_id)
        recording = find_recording(session, user.id, job.recording_id)
    return sent(request, service, recording, version, format, preview=preview)
