"""How a job goes on: what its tasks have come to, and what is queued next."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from auricle.jobs.ledger import OPEN, lock_job, moment, request_cancel
from auricle.jobs.options import options_from
from auricle.jobs.stages import BY_NAME, STAGES, Results
from auricle.store.schema import Job, Task, now
from auricle.store.usage import count_usage

#: The states a job does not leave by itself.
ENDED = ("done", "failed", "dead", "cancelled")


def advance(session: Session, job_id: str) -> set[str]:
    """Queue the tasks of every stage whose time has come, or end the job; returns the queues with new tasks.

    Belongs into the transaction that ended a task, after that task's row was written: the job's row is held
    from then on, so each job goes on exactly once.
    """
    lock_job(session, job_id)
    job = session.get_one(Job, job_id, populate_existing=True)
    tasks = session.scalars(
        select(Task).where(Task.job_id == job_id).execution_options(populate_existing=True)
    ).all()
    if job.state in ENDED:
        return set()
    if any(_ends_the_job(task) for task in tasks):
        return _stop(session, job, tasks)
    queued = _queue_next(session, job, tasks)
    if not queued and all(task.state in ENDED for task in tasks):
        _finish(session, job, tasks)
    return queued


def _ends_the_job(task: Task) -> bool:
    return task.state == "cancelled" or (
        task.state in ("failed", "dead") and not BY_NAME[task.stage].optional
    )


def _stop(session: Session, job: Job, tasks: Sequence[Task]) -> set[str]:
    """A task that matters has failed, or somebody asked to stop: the others stop as well."""
    request_cancel(session, job.id)
    if any(task.state == "running" for task in tasks):
        return set()
    culprit = next((task for task in tasks if task.state in ("failed", "dead")), None)
    job.state = culprit.state if culprit else "cancelled"
    job.error = {**culprit.error, "stage": culprit.stage} if culprit and culprit.error else None
    _close(session, job, tasks)
    return set()


def _queue_next(session: Session, job: Job, tasks: Sequence[Task]) -> set[str]:
    results = results_of(tasks)
    options = options_from(job.options)
    ended: set[str] = set()
    queues: set[str] = set()
    for stage in STAGES:
        own = [task for task in tasks if task.stage == stage.name]
        if not own and ended.issuperset(stage.after):
            own = [
                Task(
                    job_id=job.id,
                    owner_id=job.owner_id,
                    stage=stage.name,
                    number=new.number,
                    queue=stage.queue,
                    state="queued",
                    priority=job.priority,
                    rank=job.created_at,
                    due_at=moment(session),
                    seconds=new.seconds,
                    payload=dict(new.payload),
                )
                for new in stage.plan(options, results)
            ]
            session.add_all(own)
            queues |= {stage.queue for _ in own}
            if own:
                job.version += 1
        elif not own:
            continue
        if all(task.state in ENDED for task in own):
            ended.add(stage.name)
    return queues


def results_of(tasks: Sequence[Task]) -> Results:
    """What the tasks that are done left, by stage and number."""
    results: dict[str, dict[int, dict[str, object]]] = {}
    for task in tasks:
        if task.state == "done":
            results.setdefault(task.stage, {})[task.number] = task.result or {}
    return results


def _finish(session: Session, job: Job, tasks: Sequence[Task]) -> None:
    job.state = "done"
    failed = [task for task in tasks if task.state in ("failed", "dead")]
    for task in failed:
        reason = (task.error or {}).get("message", "no reason is known")
        job.warnings = [*job.warnings, f"The stage {task.stage} failed: {reason}"]
    _close(session, job, tasks)


def _close(session: Session, job: Job, tasks: Sequence[Task]) -> None:
    job.finished_at = now()
    job.version += 1
    if job.state == "done":
        seconds = max((task.seconds for task in tasks if task.stage == "assemble"), default=0.0)
        count_usage(session, job.owner_id, jobs=1, audio_seconds=seconds)


def reopen(session: Session, job_id: str) -> set[str]:
    """Try again what failed, died or was cancelled; returns the queues to ring. What is done stays done."""
    lock_job(session, job_id)
    job = session.get_one(Job, job_id, populate_existing=True)
    tasks = session.scalars(
        select(Task).where(Task.job_id == job_id).execution_options(populate_existing=True)
    ).all()
    for task in tasks:
        if task.state in ("failed", "dead", "cancelled"):
            task.state, task.due_at, task.error = "queued", moment(session), None
            task.failures = task.losses = 0
            task.cancel_requested, task.finished_at = False, None
            task.version += 1
    job.state = "queued" if not any(task.state == "done" for task in tasks) else "running"
    job.error, job.finished_at, job.warnings = None, None, []
    job.version += 1
    session.flush()
    return {task.queue for task in tasks if task.state in OPEN}
