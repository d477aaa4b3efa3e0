"""Work that comes round: what is too old goes, and what nobody refers to. To add a chore, add its line.

A chore is a row, so that people see when it was done. What it does to many things it does to a few at a time,
each time in a transaction of its own: nobody waits for it, and it can be stopped.
"""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, delete, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from auricle.errors import NotFound
from auricle.jobs.advance import ENDED
from auricle.jobs.create import cancel_job
from auricle.jobs.ledger import OPEN, LeaseLost
from auricle.jobs.results import blobs_of
from auricle.jobs.runner import Draining
from auricle.jobs.turns import Turn, take_turn
from auricle.jobs.work import Workplace
from auricle.store.database import Database, repeated
from auricle.store.recordings import erase, retention_of, touch
from auricle.store.schema import (
    Job,
    Recording,
    SignIn,
    StageResult,
    Task,
    TaskSegment,
    TranscriptVersion,
    Upload,
    User,
    now,
)
from auricle.store.transcripts import load_transcript
from auricle.store.uploads import give_up
from auricle.transcript.review import doubtful_words

_HOUR = 3600.0
#: How many rows one transaction changes.
_AT_ONCE = 200
_DAY = timedelta(days=1)

Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Round:
    """A chore: its name, its period in seconds, and what it does step by step, returning what it counted."""

    name: str
    every: float
    do: Callable[[Workplace, Turn], Counts]


def retire_old_recordings(place: Workplace, turn: Turn) -> Counts:
    """Recordings that are older than their owner, or the installation, wants go to the trash."""
    retired = 0
    with place.database.read() as session:
        users = session.scalars(select(User)).all()
    for user in users:
        days = retention_of(user, place.settings.retention_days)
        if days is None:
            continue
        old = (
            Recording.owner_id == user.id,
            Recording.deleted_at.is_(None),
            Recording.created_at < now() - timedelta(days=days),
        )
        for ids in _some_at_once(place, turn, Recording.id, *old):
            retired += _retire(place.database, select(Recording).where(Recording.id.in_(ids), *old))
    return {"retired": retired}


@repeated
def _retire(database: Database, old: Select[Recording]) -> int:
    with database.write() as session:
        recordings = session.scalars(old).all()
        for recording in recordings:
            recording.deleted_at = now()
            touch(recording)
            open_jobs = select(Job).where(Job.recording_id == recording.id, Job.state.in_(OPEN))
            for job in session.scalars(open_jobs).all():
                cancel_job(session, job)
    return len(recordings)


def empty_trash(place: Workplace, turn: Turn) -> Counts:
    """Recordings that were deleted long enough ago are erased."""
    old = Recording.deleted_at < now() - timedelta(days=place.settings.trash_days)
    erased = 0
    for ids in _some_at_once(place, turn, Recording.id, old):
        for recording_id in ids:
            # One by one: where the server is killed between rows and files, few are left to the sweep.
            turn.check()
            blobs: list[str] = []
            with turn.part(), place.database.write() as session:
                for recording in session.scalars(select(Recording).where(Recording.id == recording_id, old)):
                    blobs = erase(session, recording)
            erased += bool(blobs)
            _delete(place, turn, blobs)
    return {"erased": erased}


def forget_old_results(place: Workplace, turn: Turn) -> Counts:
    """What stages found out goes a while after its last use; decoded audio, which is large, after a day."""
    at = now()
    keep = timedelta(days=place.settings.result_days)
    old = (StageResult.used_at < at - keep) | (
        (StageResult.stage == "prepare") & (StageResult.used_at < at - min(_DAY, keep))
    )
    forgotten = 0
    for keys in _some_at_once(place, turn, StageResult.key, old):
        with place.database.write() as session:
            in_use = set(_blobs_in_use(session))
            found = session.scalars(select(StageResult).where(StageResult.key.in_(keys), old)).all()
            gone = [one for one in found if in_use.isdisjoint(blobs_of(one.result))]
            for one in gone:
                session.delete(one)
        forgotten += len(gone)
        _delete(place, turn, [blob for one in gone for blob in blobs_of(one.result)])
    return {"results": forgotten}


def forget_segments(place: Workplace, turn: Turn) -> Counts:
    """Segments are for those who watch a job; a day after it ended, the transcript has them."""
    ended = select(Job.id).where(Job.state.in_(ENDED), Job.finished_at < now() - _DAY)
    forgotten = 0
    for tasks in _some_at_once(place, turn, TaskSegment.task_id, TaskSegment.job_id.in_(ended)):
        with place.database.write() as session:
            gone = delete(TaskSegment).where(TaskSegment.task_id.in_(tasks), TaskSegment.job_id.in_(ended))
            forgotten += len(session.execute(gone.returning(TaskSegment.number)).all())
    return {"segments": forgotten}


def sweep_blobs(place: Workplace, turn: Turn) -> Counts:
    """Files no row refers to, left by what broke off more than a day ago, are deleted."""
    before = now() - _DAY
    old = []
    for blob in place.storage.blobs():
        turn.check()
        if blob.written_at < before:
            old.append(blob.key)
    swept = 0
    for begin in range(0, len(old), _AT_ONCE):
        turn.check()
        some = old[begin : begin + _AT_ONCE]
        with place.database.read() as session:
            known = set(_known(session, some))
        swept += _delete(place, turn, sorted(set(some) - known))
    return {"blobs": swept}


def give_up_uploads(place: Workplace, turn: Turn) -> Counts:
    """Uploads that were never completed are given up when their time is over."""
    with place.database.write() as session:
        session.execute(delete(SignIn).where(SignIn.expires_at < now()))
    given_up = 0
    for ids in _some_at_once(place, turn, Upload.id, Upload.expires_at < now()):
        with place.database.read() as session:
            uploads = session.scalars(select(Upload).where(Upload.id.in_(ids))).all()
        for upload in uploads:
            turn.check()
            with turn.part():
                give_up(place.database, place.storage, upload)
                given_up += 1
    return {"uploads": given_up}


def count_doubts(place: Workplace, turn: Turn) -> Counts:
    """The doubtful words of transcripts that an older Auricle made are counted."""
    uncounted = (Recording.transcript_id.is_not(None), Recording.doubtful.is_(None))
    counted = 0
    for ids in _some_at_once(place, turn, Recording.id, *uncounted):
        with place.database.read() as session:
            current = select(TranscriptVersion).join(
                Recording, Recording.transcript_id == TranscriptVersion.id
            )
            versions = session.scalars(current.where(Recording.id.in_(ids), *uncounted)).all()
        for version in versions:
            turn.check()
            with turn.part(), contextlib.suppress(NotFound):
                doubtful = doubtful_words(load_transcript(place.storage, version))
                counted += _note_doubts(place, version, doubtful)
    return {"counted": counted}


def _some_at_once(
    place: Workplace, turn: Turn, column: InstrumentedAttribute[str], *which: ColumnElement[bool]
) -> Iterator[list[str]]:
    """The different values of a column in the rows that are meant, so many that a transaction is short."""
    reached = ""
    while True:
        turn.check()
        with place.database.read() as session:
            query = select(column).distinct().where(column > reached, *which).order_by(column)
            found = list(session.scalars(query.limit(_AT_ONCE)))
        if not found:
            return
        yield found
        reached = found[-1]


def _delete(place: Workplace, turn: Turn, blobs: Iterable[str]) -> int:
    """Delete files that no row names any more, each whatever becomes of the others; returns how many went."""
    gone = 0
    for blob in blobs:
        with turn.part():
            place.storage.delete(blob)
            gone += 1
    return gone


def _note_doubts(place: Workplace, version: TranscriptVersion, doubtful: int) -> int:
    """Note how many there are, unless there is another transcript by now."""
    with place.database.write() as session:
        noted = session.execute(
            update(Recording)
            .where(Recording.id == version.recording_id, Recording.transcript_id == version.id)
            .values(doubtful=doubtful)
            .returning(Recording.id)
            .execution_options(synchronize_session=False)
        )
        return len(noted.all())


CHORES: tuple[Round, ...] = (
    Round("retention", _HOUR, retire_old_recordings),
    Round("trash", _HOUR, empty_trash),
    Round("results", _HOUR, forget_old_results),
    Round("segments", _HOUR, forget_segments),
    Round("uploads", _HOUR, give_up_uploads),
    Round("blobs", 24 * _HOUR, sweep_blobs),
    Round("doubts", 24 * _HOUR, count_doubts),
)


def run_due_chores(place: Workplace, stopping: threading.Event | None = None) -> None:
    """Do every chore that is due and that nobody else is at, until `stopping`; what fails comes again soon.

    Raises StorageUnavailable where the database could not be told how a chore ended.
    """
    stopping = stopping or threading.Event()
    for chore in CHORES:
        if stopping.is_set():
            return
        turn = take_turn(place.database, chore.name, chore.every, stopping)
        if turn is not None:
            with contextlib.suppress(LeaseLost):
                _do(place, chore, turn)


def _do(place: Workplace, chore: Round, turn: Turn) -> None:
    result = None
    try:
        result = chore.do(place, turn)
    except LeaseLost:
        raise
    except Draining:
        turn.hand_back()
        return
    except Exception as error:
        turn.failed(error)
    turn.end(chore.every, result)


def _blobs_in_use(session: Session) -> Iterator[str]:
    """What tasks of unfinished jobs may still read."""
    rows = session.scalars(
        select(Task.result)
        .join(Job, Job.id == Task.job_id)
        .where(Job.state.in_(OPEN), Task.result.is_not(None))
    )
    for result in rows:
        yield from blobs_of(result or {})


def _known(session: Session, keys: list[str]) -> Iterator[str]:
    """Those of some keys that a row refers to."""
    for column in (Recording.blob, Recording.preview_blob, Recording.peaks_blob, TranscriptVersion.blob):
        yield from filter(None, session.scalars(select(column).where(column.in_(keys))))
    results = [key for key in keys if key.startswith("results/")]
    if results:
        wanted = set(results)
        for result in session.scalars(select(StageResult.result)):
            yield from wanted.intersection(blobs_of(result))
        yield from wanted.intersection(_blobs_in_use(session))
    yield from session.scalars(select(Upload.blob).where(Upload.blob.in_(keys)))
