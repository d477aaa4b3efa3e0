"""The ledger: who runs which task, and which attempt may write.

The row is the truth. `attempt` is the fencing token: it grows with every claim, and every write of a worker
names it, so a worker that lost its lease changes nothing. `due_at` means "not before" for a queued task and
"end of the lease" for a running one, so that new, retried and lost tasks are found by one predicate. Clocks
decide when a task moves, never who may write; where workers run on several machines, it is the database's.

What changes a task and its job takes the row of the job first: two tasks of a job that end at the same moment
would otherwise each see the other still running, and nobody would go on to the next stage. A claim and a beat
change their task alone and never ask for the job's row, so that neither waits for the other workers of a job.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, DateTime, and_, case, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from auricle.errors import AuricleError, Cancelled
from auricle.store.schema import Job, Task, TaskSegment, now

OPEN = ("queued", "running")
#: Attempts that may end in an error, and attempts in a row whose worker may be lost.
MAX_FAILURES = 3
MAX_LOSSES = 5
#: A failed task is tried again after at most this many seconds.
LONGEST_PAUSE = 900.0
WORKER_LOST = {
    "code": "worker_lost",
    "message": "The worker was lost again and again while it did this; perhaps it ran out of memory.",
}


class LeaseLost(Exception):
    """The task is no longer this attempt's to write: stop, and throw the work away."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A task one worker holds; `attempt` is its right to write.

    `taken_over`: another worker held it, and its lease ran out.
    """

    task_id: str
    attempt: int
    job_id: str
    owner_id: str
    stage: str
    number: int
    seconds: float
    payload: Mapping[str, Any]
    taken_over: bool


def moment(session: Session, seconds: float = 0.0) -> Any:
    """So many seconds from now, by the clock all workers share: the database's, which on SQLite is ours."""
    later = timedelta(seconds=seconds)
    if session.get_bind().dialect.name == "sqlite":
        return now() + later
    return func.timezone("utc", func.statement_timestamp(), type_=DateTime) + later


def _due(session: Session) -> ColumnElement[bool]:
    """A row a worker may take: new, waiting for a retry, or running with an expired lease."""
    return and_(
        Task.due_at <= moment(session),
        Task.cancel_requested.is_(False),
        or_(Task.state == "queued", and_(Task.state == "running", Task.losses + 1 < MAX_LOSSES)),
    )


def claim(session: Session, queues: Sequence[str], worker: str, lease: float) -> Claim | None:
    """Take the best due task of `queues` for `lease` seconds; None where there is nothing to do.

    Higher priority first; then the owner with the fewest running tasks; then the oldest job.
    """
    running = (
        select(Task.owner_id, func.count().label("tasks"))
        .where(Task.state == "running", Task.due_at > moment(session))
        .group_by(Task.owner_id)
        .subquery()
    )
    # PostgreSQL passes over rows another worker is just taking; SQLite has one writer at a time anyway.
    best = session.execute(
        select(Task.id, Task.state)
        .outerjoin(running, running.c.owner_id == Task.owner_id)
        .where(Task.queue.in_(queues), _due(session))
        .order_by(Task.priority.desc(), func.coalesce(running.c.tasks, 0), Task.rank, Task.number, Task.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Task)
    ).first()
    if best is None:
        return None
    taken = session.execute(
        update(Task)
        .where(Task.id == best.id)
        .values(
            state="running",
            worker=worker,
            attempt=Task.attempt + 1,
            losses=case((Task.state == "running", Task.losses + 1), else_=Task.losses),
            due_at=moment(session, lease),
            started_at=now(),
            progress=0.0,
            version=Task.version + 1,
        )
        .returning(
            Task.id,
            Task.attempt,
            Task.job_id,
            Task.owner_id,
            Task.stage,
            Task.number,
            Task.seconds,
            Task.payload,
            literal(best.state == "running"),
        )
        .execution_options(synchronize_session=False)
    ).one()
    return Claim(*taken)


def start_job(session: Session, job_id: str) -> None:
    """The first task of a job was claimed; in a transaction of its own, as the claim holds the task's row."""
    session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == "queued")
        .values(state="running", started_at=func.coalesce(Job.started_at, now()), version=Job.version + 1)
    )


def lock_job(session: Session, job_id: str) -> None:
    """Hold the job's row until the transaction ends; to be called before any of its tasks is changed."""
    session.execute(select(Job.id).where(Job.id == job_id).with_for_update())


def _write(session: Session, mine: Claim, **values: Any) -> bool:
    """Change the row if this attempt still owns it; returns whether a cancel was asked for."""
    row = session.execute(
        update(Task)
        .where(Task.id == mine.task_id, Task.attempt == mine.attempt, Task.state == "running")
        .values(version=Task.version + 1, **values)
        .returning(Task.cancel_requested)
        .execution_options(synchronize_session=False)
    ).first()
    if row is None:
        raise LeaseLost(mine.task_id)
    return bool(row[0])


def beat(
    session: Session,
    mine: Claim,
    lease: float,
    progress: float,
    segments: Iterable[tuple[int, Mapping[str, Any]]] = (),
) -> bool:
    """Renew the lease, write the progress (0..1) and numbered new segments; is a cancel asked for?

    Raises LeaseLost, and then nothing may be committed.
    """
    cancel = _write(session, mine, due_at=moment(session, lease), progress=progress)
    rows = [
        {
            "task_id": mine.task_id,
            "attempt": mine.attempt,
            "number": number,
            "job_id": mine.job_id,
            "document": dict(document),
        }
        for number, document in segments
    ]
    if rows:
        # Where a connection broke while it was told that all is written, the same comes again.
        dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
        session.execute(dialect.insert(TaskSegment).on_conflict_do_nothing(), rows)
    return cancel


def succeed(session: Session, mine: Claim, result: Mapping[str, Any]) -> None:
    """The task is done; call it in the transaction that stores what it made.

    Raises LeaseLost, and Cancelled where somebody asked to stop before this: nothing may be committed then.
    """
    lock_job(session, mine.job_id)
    asked_to_stop = _write(
        session,
        mine,
        state="done",
        progress=1.0,
        worker=None,
        error=None,
        result=dict(result),
        finished_at=now(),
    )
    if asked_to_stop:
        raise Cancelled("Somebody asked to stop.")
    # Losses in a row mean a task that kills its worker; a part that gets done says that workers live.
    session.execute(
        update(Task)
        .where(Task.job_id == mine.job_id, Task.state.in_(OPEN), Task.losses > 0)
        .values(losses=0)
        .execution_options(synchronize_session=False)
    )


def fail(session: Session, mine: Claim, error: AuricleError) -> str:
    """The attempt ended in an error; returns the state the task has now. Raises LeaseLost.

    What may succeed later is queued again after a pause (full jitter,
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/) until its attempts are spent.
    """
    lock_job(session, mine.job_id)
    failures = (session.scalar(select(Task.failures).where(Task.id == mine.task_id)) or 0) + 1
    pause = random.uniform(0, min(LONGEST_PAUSE, 15 * 2**failures))  # noqa: S311 - spreads load, hides nothing
    state = "failed" if not error.retryable else "queued" if failures < MAX_FAILURES else "dead"
    ended = None if state == "queued" else now()
    _write(
        session,
        mine,
        state=state,
        worker=None,
        failures=failures,
        error={"code": error.code, "message": str(error)[:4000]},
        due_at=moment(session, pause),
        finished_at=ended,
    )
    return state


def release(session: Session, mine: Claim) -> None:
    """Hand the task back because the worker has to go; the attempt does not count. Raises LeaseLost."""
    _write(session, mine, state="queued", worker=None, due_at=moment(session), progress=0.0)


def postpone(session: Session, mine: Claim, error: AuricleError, delay: float) -> None:
    """Something the task needs is away for everybody; it waits `delay` seconds. Raises LeaseLost."""
    reason = {"code": error.code, "message": str(error)[:4000]}
    due_at = moment(session, delay)
    _write(session, mine, state="queued", worker=None, due_at=due_at, error=reason, progress=0.0)


def cancelled(session: Session, mine: Claim) -> None:
    """The worker has stopped because it was asked to. Raises LeaseLost."""
    lock_job(session, mine.job_id)
    _write(session, mine, state="cancelled", worker=None, finished_at=now())


def request_cancel(session: Session, job_id: str) -> None:
    """Stop a job's tasks: those that wait at once, those that run as soon as their workers hear of it."""
    lock_job(session, job_id)
    waits = Task.state == "queued"
    session.execute(
        update(Task)
        .where(Task.job_id == job_id, Task.state.in_(OPEN))
        .values(
            cancel_requested=True,
            state=case((waits, "cancelled"), else_=Task.state),
            finished_at=case((waits, now()), else_=Task.finished_at),
            version=Task.version + 1,
        )
        .execution_options(synchronize_session=False)
    )


def bury(session: Session) -> list[str]:
    """Close the tasks no worker may take any more; returns the jobs they belong to.

    Their workers were lost and either no attempt is left, or somebody asked to stop.
    """
    lost = and_(Task.state == "running", Task.due_at <= moment(session))
    spent = Task.losses + 1 >= MAX_LOSSES
    found = session.execute(
        select(Task.job_id).where(lost, or_(Task.cancel_requested, spent)).distinct()
    ).scalars()
    jobs = sorted(found)
    for job_id in jobs:
        lock_job(session, job_id)
        for wish, values in (
            (Task.cancel_requested, {"state": "cancelled"}),
            (spent, {"state": "dead", "error": WORKER_LOST, "losses": MAX_LOSSES}),
        ):
            session.execute(
                update(Task)
                .where(Task.job_id == job_id, lost, wish)
                .values(worker=None, finished_at=now(), version=Task.version + 1, **values)
                .execution_options(synchronize_session=False)
            )
    return jobs


def take_back(session: Session, worker_prefix: str) -> int:
    """End the leases of workers that are certainly gone; returns how many tasks that were."""
    ended = session.execute(
        update(Task)
        .where(Task.state == "running", Task.worker.startswith(worker_prefix, autoescape=True))
        .values(due_at=moment(session))
        .returning(Task.id)
        .execution_options(synchronize_session=False)
    )
    return len(ended.all())


def backlog(session: Session) -> dict[str, int]:
    """How many tasks of each queue a worker could take now."""
    rows = session.execute(select(Task.queue, func.count()).where(_due(session)).group_by(Task.queue))
    return {queue: count for queue, count in rows}  # noqa: C416 - rows are no pairs to the type checker
