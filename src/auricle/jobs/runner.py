"""One task, from its claim to its end: the lease is kept alive beside the work."""

import itertools
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from auricle.errors import AuricleError, Cancelled, StorageUnavailable
from auricle.jobs import ledger
from auricle.jobs.advance import ENDED, advance, results_of
from auricle.jobs.ledger import Claim, LeaseLost
from auricle.jobs.options import options_from
from auricle.jobs.stages import BY_NAME, from_stage_on
from auricle.jobs.work import Made, Source, Work, Workplace
from auricle.metrics import metrics
from auricle.pipeline import Progress
from auricle.store.database import repeated
from auricle.store.schema import Job, Recording, Task
from auricle.transcript.model import segment_to_dict

log = structlog.get_logger(__name__)

#: How often (s) a running task's news are written, and how long (s) an outage of the database is waited out.
NEWS = 1.0
OUTAGE_PAUSES = (0.1, 0.3, 1.0, 2.0, 5.0)
LONGEST_OUTAGE = 3600.0
#: A task whose storage cannot be reached waits this long (s); no attempt is spent on an outage.
OUTAGE_DELAY = 15.0

_T = TypeVar("_T")


class Unexpected(AuricleError):
    """A fault of ours, or of the machine; another attempt may succeed."""

    code = "internal"
    retryable = True


class Draining(Exception):
    """The worker has to go: hand the task back."""


@dataclass(slots=True, eq=False)
class Shift:
    """A worker's time at work: its name, its queues, and the wish that it stop."""

    place: Workplace
    worker: str
    queues: Sequence[str]
    ring: Callable[[str], None]
    draining: threading.Event = field(default_factory=threading.Event)
    #: What it does at this moment, for the watchdog and for people.
    holding: "Holding | None" = None
    #: Since when (time.monotonic) it has found nothing to do; None before it looked, and while it works.
    idle_since: float | None = None


class Holding:
    """A claimed task while its stage runs: renews the lease from a thread of its own, carries news.

    The stage calls it as its `Report`, and is stopped by what it raises.
    """

    def __init__(self, shift: Shift, claim: Claim) -> None:
        self.claim = claim
        self.started = time.monotonic()
        #: When (time.monotonic) the stage was first to stop, because of a cancel or a lost lease.
        self.told_to_stop: float | None = None
        self._shift = shift
        self._progress = 0.0
        self._news: list[tuple[int, dict[str, object]]] = []
        self._written = 0
        self._changed = False
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._cancelled = threading.Event()
        self._lost = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat-{claim.task_id}", daemon=True)

    def __enter__(self) -> "Holding":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def __call__(self, progress: Progress) -> None:
        """Take a stage's report; raises LeaseLost, Cancelled or Draining where it has to stop."""
        self.check()
        with self._lock:
            if progress.total:
                self._progress = min(1.0, max(self._progress, progress.done / progress.total))
            for segment in progress.segments:
                self._news.append((self._written + len(self._news), segment_to_dict(segment)))
            self._changed = True

    def check(self) -> None:
        if self._lost.is_set():
            raise LeaseLost(self.claim.task_id)
        if self._cancelled.is_set():
            raise Cancelled("Somebody asked to stop.")
        if self._shift.draining.is_set():
            raise Draining

    @property
    def news(self) -> list[tuple[int, dict[str, object]]]:
        """Segments that are not written yet, with their numbers."""
        with self._lock:
            return list(self._news)

    def abandon(self) -> None:
        """Let the lease run out, so that another worker takes the task."""
        self._tell(self._lost)
        self._over.set()

    def _beat(self) -> None:
        settings = self._shift.place.settings
        last = time.monotonic()
        while not self._over.wait(min(NEWS, settings.heartbeat)):
            # A quiet task is looked at often as well: a cancel has to arrive within seconds.
            due = time.monotonic() - last >= min(settings.heartbeat, 2 * NEWS)
            if not (self._changed or due):
                continue
            try:
                self._write(settings.lease)
                last = time.monotonic()
            except LeaseLost:
                log.warning("lease_lost", task=self.claim.task_id, attempt=self.claim.attempt)
                self._tell(self._lost)
                return
            except AuricleError as error:
                # While the database is away nobody else can take the task either.
                log.warning("heartbeat_failed", task=self.claim.task_id, error=str(error))

    def _write(self, lease: float) -> None:
        news = self.news
        with self._lock:
            progress = self._progress
            self._changed = False
        try:
            with self._shift.place.database.write() as session:
                cancel = ledger.beat(session, self.claim, lease, progress, news)
        except AuricleError:
            self._changed = True
            raise
        with self._lock:
            del self._news[: len(news)]
            self._written += len(news)
        if cancel:
            self._tell(self._cancelled)

    def _tell(self, reason: threading.Event) -> None:
        self.told_to_stop = self.told_to_stop or time.monotonic()
        reason.set()


def work_once(shift: Shift) -> bool:
    """Claim the best task of the shift's queues and see it through; False where there was none.

    Whatever the stage raises ends up in the task's row; StorageUnavailable is raised only where the database
    could not even be asked for a task.
    """
    claim = _claim(shift)
    if claim is None:
        return False
    with (
        structlog.contextvars.bound_contextvars(
            job=claim.job_id, task=claim.task_id, stage=claim.stage, attempt=claim.attempt
        ),
        suppress(LeaseLost),
    ):
        if claim.taken_over:
            metrics().leases_lost.labels(claim.stage).inc()
            log.warning("worker_lost")
        started = time.monotonic()
        outcome = "lease_lost"
        try:
            outcome = _see_through(shift, claim)
        finally:
            metrics().ended(claim.stage, outcome, time.monotonic() - started)
            structlog.contextvars.unbind_contextvars("request")
    return True


@repeated
def _claim(shift: Shift) -> Claim | None:
    place = shift.place
    with place.database.write() as session:
        return ledger.claim(session, shift.queues, shift.worker, place.settings.lease)


def _see_through(shift: Shift, claim: Claim) -> str:
    """Do the task and write how it ended; returns that in a word. Raises LeaseLost."""
    started = time.monotonic()
    folder = shift.place.folder / f"{claim.task_id}-{claim.attempt}"
    try:
        with Holding(shift, claim) as holding:
            shift.holding = holding
            work = _through_outages(lambda: _open_work(shift, claim, holding))
            folder.mkdir(parents=True, exist_ok=True)
            made = BY_NAME[claim.stage].run(work)
            holding.check()
        facts = {"took": round(time.monotonic() - started, 3), "audio": claim.seconds}
        _end(shift, claim, lambda session: _succeed(session, shift, holding, made), "task_done", **facts)
        return "done"
    except LeaseLost:
        log.warning("task_taken_over")
        raise
    except Draining:
        _end(shift, claim, lambda session: ledger.release(session, claim), "task_handed_back")
        return "handed_back"
    except Cancelled:
        _end(shift, claim, lambda session: ledger.cancelled(session, claim), "task_cancelled")
        return "cancelled"
    except StorageUnavailable as error:
        problem = error
        log.warning("task_postponed", error=str(error))
        _end(shift, claim, lambda session: ledger.postpone(session, claim, problem, OUTAGE_DELAY))
        return "postponed"
    except AuricleError as error:
        return _fail(shift, claim, error)
    except Exception as error:
        log.exception("task_crashed")
        fault = Unexpected(f"Something unexpected went wrong ({type(error).__name__}): {error}")
        return _fail(shift, claim, fault)
    finally:
        shift.holding = None
        shutil.rmtree(folder, ignore_errors=True)


def _open_work(shift: Shift, claim: Claim, holding: Holding) -> Work:
    place = shift.place
    with place.database.read() as session:
        job = session.get(Job, claim.job_id)
        recording = session.get(Recording, job.recording_id) if job else None
        if job is None or recording is None:
            # Erased since the task was claimed.
            raise LeaseLost(claim.task_id)
        done = session.scalars(select(Task).where(Task.job_id == job.id, Task.state == "done")).all()
    if job.state == "queued":
        with place.database.write() as session:
            ledger.start_job(session, job.id)
    if job.request_id is not None:
        # One search in the log finds a request here and on the server.
        structlog.contextvars.bind_contextvars(request=job.request_id)
    return Work(
        place=place,
        claim=claim,
        source=Source(
            recording.id,
            recording.owner_id,
            recording.blob,
            recording.filename,
            recording.sha256,
            recording.preview_blob,
        ),
        options=options_from(job.options),
        results=results_of(done),
        fresh=job.fresh_from is not None and claim.stage in from_stage_on(job.fresh_from),
        folder=place.folder / f"{claim.task_id}-{claim.attempt}",
        report=holding,
    )


def _succeed(session: Session, shift: Shift, holding: Holding, made: Made) -> None:
    claim = holding.claim
    ledger.beat(session, claim, shift.place.settings.lease, 1.0, holding.news)
    ledger.succeed(session, claim, made.result)
    made.store(session)
    if made.warnings:
        job = session.get_one(Job, claim.job_id)
        new = [warning for warning in made.warnings if warning not in job.warnings]
        job.warnings = [*job.warnings, *new]
        session.flush()


def _fail(shift: Shift, claim: Claim, error: AuricleError) -> str:
    log.warning("task_failed", error=str(error), code=error.code)
    state = _end(shift, claim, lambda session: ledger.fail(session, claim, error))
    return "retried" if state == "queued" else state


def _end(
    shift: Shift, claim: Claim, write: Callable[[Session], _T], event: str | None = None, **facts: float
) -> _T:
    """Write how the task ended, go on with its job in the same transaction, and wake who has work now.

    `event` is logged with `facts` once all of that is certain, and so is the end of the job.
    """

    def transaction() -> tuple[_T, set[str], str]:
        with shift.place.database.write() as session:
            ledger.lock_job(session, claim.job_id)
            written = write(session)
            session.flush()
            queues = advance(session, claim.job_id)
            return written, queues, session.get_one(Job, claim.job_id).state

    written, queues, state = _through_outages(transaction)
    if event is not None:
        log.info(event, **facts)
    if state in ENDED:
        ended = f"job_{state}"
        log.info(ended)
    for queue in queues:
        shift.ring(queue)
    return written


def _through_outages(act: Callable[[], _T]) -> _T:
    """Do something with the database, again and again while it is away: finished work is too dear to drop."""
    given_up = time.monotonic() + LONGEST_OUTAGE
    pauses = itertools.chain(OUTAGE_PAUSES, itertools.repeat(OUTAGE_PAUSES[-1]))
    while True:
        try:
            return act()
        except StorageUnavailable:
            if time.monotonic() > given_up:
                raise
            time.sleep(next(pauses))
