"""How far jobs are: read from their tasks, for the API and everything that watches."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from auricle.jobs.advance import ENDED
from auricle.jobs.ledger import OPEN
from auricle.jobs.stages import STAGES
from auricle.store.schema import Job, Task, Worker, now

#: Recent transcriptions that the speed is taken from, and the speed (seconds of work per second of audio)
#: that is assumed where there are none.
_RECENT = 50
_ASSUMED_SPEED = 0.5
_WORKER_SEEN = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class JobStatus:
    """One job at one moment; `version` differs whenever anything else here may differ.

    stage: what is being done now. progress: 0..1. eta: seconds until it is done. position: 1 is next;
    None once it runs. starts_in: seconds until it probably starts. speed: seconds of audio heard per second
    in which somebody listened. trouble: why it is tried again.
    """

    job: Job
    version: int
    stage: str | None
    progress: float
    eta: float | None
    attempt: int
    parts: int
    parts_done: int
    position: int | None
    starts_in: float | None
    speed: float | None
    trouble: Mapping[str, Any] | None


def statuses(session: Session, jobs: Sequence[Job]) -> list[JobStatus]:
    """How far each of these jobs is."""
    tasks: dict[str, list[Task]] = defaultdict(list)
    found = select(Task).where(Task.job_id.in_([job.id for job in jobs])).order_by(Task.id)
    for task in session.scalars(found.execution_options(populate_existing=True)):
        tasks[task.job_id].append(task)
    waiting = {job.id for job in jobs if job.state == "queued"}
    places = _places(session, waiting) if waiting else {}
    return [_status(job, tasks[job.id], places.get(job.id)) for job in jobs]


def versions(session: Session, job_ids: Iterable[str]) -> dict[str, int]:
    """The version of each job, cheaply: for those who watch many."""
    wanted = list(job_ids)
    total = func.coalesce(func.sum(Task.version), 0)
    rows = session.execute(
        select(Job.id, Job.version + total)
        .outerjoin(Task, Task.job_id == Job.id)
        .where(Job.id.in_(wanted))
        .group_by(Job.id, Job.version)
    )
    return {job_id: version for job_id, version in rows}  # noqa: C416 - rows are no pairs to the type checker


def _status(job: Job, tasks: Sequence[Task], place: tuple[int, float] | None) -> JobStatus:
    progress = 1.0 if job.state == "done" else _progress(tasks)
    running = next((task for task in tasks if task.state == "running"), None)
    waiting = next((task for task in tasks if task.state == "queued"), None)
    current = running or waiting
    parts = [task for task in tasks if task.stage == "transcribe"]
    return JobStatus(
        job=job,
        version=job.version + sum(task.version for task in tasks),
        stage=current.stage if current and job.state in OPEN else None,
        progress=round(progress, 4),
        eta=_eta(job, progress),
        attempt=max((task.attempt for task in tasks), default=0),
        parts=len(parts),
        parts_done=sum(task.state == "done" for task in parts),
        position=place[0] if place else None,
        starts_in=place[1] if place else None,
        speed=_job_speed(parts),
        trouble=next((task.error for task in tasks if task.state in OPEN and task.error), None),
    )


def _progress(tasks: Sequence[Task]) -> float:
    """The shares of the stages, each as far as its tasks are, weighted by the audio they are about."""
    total = 0.0
    for stage in STAGES:
        own = [task for task in tasks if task.stage == stage.name]
        weight = sum(task.seconds or 1.0 for task in own)
        if own:
            total += stage.share * sum((task.seconds or 1.0) * task.progress for task in own) / weight
        elif any(task.stage in _later(stage.name) for task in tasks):
            total += stage.share
    return min(total, 0.999)


def _later(name: str) -> set[str]:
    names = [stage.name for stage in STAGES]
    return set(names[names.index(name) + 1 :])


def _eta(job: Job, progress: float) -> float | None:
    if job.state in ENDED:
        return 0.0
    if job.started_at is None or progress < 0.05:
        return None
    elapsed = (now() - job.started_at).total_seconds()
    return round(elapsed * (1 - progress) / progress, 1)


def _job_speed(parts: Sequence[Task]) -> float | None:
    """None while nothing was heard; time in which nobody listens, as with the server down, does not count."""
    own = [part for part in parts if part.state in ("running", "done") and not _heard_before(part)]
    heard = sum(part.seconds * part.progress for part in own)
    moment = now()
    spans = sorted((part.started_at, part.finished_at or moment) for part in own if part.started_at)
    worked, reached = 0.0, datetime.min
    for begin, end in spans:
        worked += max(0.0, (end - max(begin, reached)).total_seconds())
        reached = max(reached, end)
    return round(heard / worked, 2) if heard and worked else None


def _heard_before(part: Task) -> bool:
    """Whether an earlier job has heard this part: that took longer than this task was there."""
    if part.started_at is None or part.finished_at is None:
        return False
    took: float = (part.result or {}).get("took", 0.0)
    return took > (part.finished_at - part.started_at).total_seconds()


def _places(session: Session, wanted: set[str]) -> dict[str, tuple[int, float]]:
    """The position of waiting jobs, and the seconds until each probably starts."""
    order = session.execute(
        select(Job.id, func.coalesce(func.sum(Task.seconds), 0.0))
        .join(Task, Task.job_id == Job.id)
        .where(Job.state == "queued")
        .group_by(Job.id, Job.priority, Job.created_at)
        .order_by(Job.priority.desc(), Job.created_at, Job.id)
    ).all()
    speed = _speed(session) / max(1, _workers(session))
    ahead = _running_seconds(session) * speed
    typical = _typical_length(session)
    places: dict[str, tuple[int, float]] = {}
    for position, (job_id, seconds) in enumerate(order, 1):
        if job_id in wanted:
            places[job_id] = (position, round(ahead, 1))
        ahead += (seconds or typical) * speed
    return places


def _running_seconds(session: Session) -> float:
    """Seconds of audio that running jobs have still to hear."""
    left = Task.seconds * (1.0 - Task.progress)
    return float(
        session.scalar(
            select(func.coalesce(func.sum(left), 0.0)).where(Task.state.in_(OPEN), Task.stage == "transcribe")
        )
        or 0.0
    )


def recent_speed(session: Session) -> float | None:
    """Seconds of work per second of audio (the real-time factor), from recent transcriptions."""
    recent = session.execute(
        select(Task.seconds, Task.started_at, Task.finished_at)
        .where(Task.stage == "transcribe", Task.state == "done", Task.seconds > 0)
        .order_by(Task.finished_at.desc())
        .limit(_RECENT)
    ).all()
    spent = sum((end - begin).total_seconds() for _, begin, end in recent if begin and end)
    audio = sum(seconds for seconds, _, _ in recent)
    return spent / audio if audio else None


def _speed(session: Session) -> float:
    return recent_speed(session) or _ASSUMED_SPEED


def _typical_length(session: Session) -> float:
    return float(session.scalar(select(func.avg(Task.seconds)).where(Task.stage == "assemble")) or 600.0)


def _workers(session: Session) -> int:
    alive = session.scalars(select(Worker.queues).where(Worker.seen_at > now() - _WORKER_SEEN))
    return sum("gpu" in queues for queues in alive)
