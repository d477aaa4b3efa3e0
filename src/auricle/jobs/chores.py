"""Work that comes round: what is too old goes, and what nobody refers to. To add a chore, add its line.

A chore is a row, claimed like a task, so that of many servers one does it, and people see when it was done.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from auricle.errors import AuricleError, NotFound, StorageUnavailable
from auricle.jobs.advance import ENDED
from auricle.jobs.create import cancel_job
from auricle.jobs.ledger import OPEN
from auricle.jobs.results import blobs_of
from auricle.jobs.work import Workplace
from auricle.store.recordings import erase, retention_of, touch
from auricle.store.schema import (
    Chore,
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
from auricle.transcript.review import doubtful_words

log = structlog.get_logger(__name__)

_HOUR = 3600.0
#: A chore that is not done after this long (s) is begun again, by another server.
_LONGEST = 6 * _HOUR
#: How many rows one transaction changes.
_AT_ONCE = 200
_DAY = timedelta(days=1)

Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Round:
    """A chore: its name, its period in seconds, and what it does; it returns what it counted."""

    name: str
    every: float
    do: Callable[[Workplace], Counts]


def retire_old_recordings(place: Workplace) -> Counts:
    """Recordings that are older than their owner, or the installation, wants go to the trash."""
    retired = 0
    with place.database.write() as session:
        for user in session.scalars(select(User)).all():
            days = retention_of(user, place.settings.retention_days)
            if days is None:
                continue
            old = (
                select(Recording)
                .where(
                    Recording.owner_id == user.id,
                    Recording.deleted_at.is_(None),
                    Recording.created_at < now() - timedelta(days=days),
                )
                .limit(_AT_ONCE)
            )
            for recording in session.scalars(old).all():
                recording.deleted_at = now()
                touch(recording)
                open_jobs = select(Job).where(Job.recording_id == recording.id, Job.state.in_(OPEN))
                for job in session.scalars(open_jobs).all():
                    cancel_job(session, job)
                retired += 1
    return {"retired": retired}


def empty_trash(place: Workplace) -> Counts:
    """Recordings that were deleted long enough ago are erased."""
    before = now() - timedelta(days=place.settings.trash_days)
    erased = 0
    while True:
        with place.database.write() as session:
            old = select(Recording).where(Recording.deleted_at < before).limit(_AT_ONCE)
            blobs = [blob for one in session.scalars(old).all() for blob in erase(session, one)]
            erased += sum(blob.startswith("recordings/") for blob in blobs)
        for blob in blobs:
            place.storage.delete(blob)
        if not blobs:
            return {"erased": erased}


def forget_old_results(place: Workplace) -> Counts:
    """What stages found out goes a while after its last use; decoded audio, which is large, after a day."""
    at = now()
    keep = timedelta(days=place.settings.result_days)
    with place.database.write() as session:
        in_use = set(_blobs_in_use(session))
        old = select(StageResult).where(
            (StageResult.used_at < at - keep)
            | ((StageResult.stage == "prepare") & (StageResult.used_at < at - min(_DAY, keep)))
        )
        gone = [one for one in session.scalars(old).all() if in_use.isdisjoint(blobs_of(one.result))]
        blobs = [blob for one in gone for blob in blobs_of(one.result)]
        for one in gone:
            session.delete(one)
    for blob in blobs:
        place.storage.delete(blob)
    return {"results": len(gone)}


def forget_segments(place: Workplace) -> Counts:
    """Segments are for those who watch a job; a day after it ended, the transcript has them."""
    with place.database.write() as session:
        ended = select(Job.id).where(Job.state.in_(ENDED), Job.finished_at < now() - _DAY)
        gone = session.execute(
            delete(TaskSegment).where(TaskSegment.job_id.in_(ended)).returning(TaskSegment.number)
        )
        return {"segments": len(gone.all())}


def sweep_blobs(place: Workplace) -> Counts:
    """Files no row refers to, left by what broke off more than a day ago, are deleted."""
    before = now() - _DAY
    old = [blob.key for blob in place.storage.blobs() if blob.written_at < before]
    swept = 0
    for begin in range(0, len(old), _AT_ONCE):
        some = old[begin : begin + _AT_ONCE]
        with place.database.read() as session:
            known = set(_known(session, some))
        for key in set(some) - known:
            place.storage.delete(key)
            swept += 1
    return {"blobs": swept}


def give_up_uploads(place: Workplace) -> Counts:
    """Uploads that were never completed are given up when their time is over."""
    with place.database.write() as session:
        expired = session.scalars(select(Upload).where(Upload.expires_at < now()).limit(_AT_ONCE)).all()
        for upload in expired:
            if upload.recording_id is None:
                place.storage.uploads.abort(upload.blob, upload.token)
            session.delete(upload)
        session.execute(delete(SignIn).where(SignIn.expires_at < now()))
    return {"uploads": len(expired)}


def count_doubts(place: Workplace) -> Counts:
    """The doubtful words of transcripts that an older Auricle made are counted."""
    uncounted = select(Recording).where(Recording.transcript_id.is_not(None), Recording.doubtful.is_(None))
    reached, counted = "", 0
    while True:
        with place.database.read() as session:
            query = uncounted.where(Recording.id > reached).order_by(Recording.id).limit(_AT_ONCE)
            found = session.scalars(query).all()
            versions = [session.get(TranscriptVersion, one.transcript_id) for one in found]
        if not found:
            return {"counted": counted}
        for version in filter(None, versions):
            with contextlib.suppress(NotFound):
                doubtful = doubtful_words(load_transcript(place.storage, version))
                counted += _note_doubts(place, version, doubtful)
        reached = found[-1].id


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


def run_due_chores(place: Workplace) -> None:
    """Do every chore that is due and that nobody else is at; what fails is tried again next time."""
    for chore in CHORES:
        attempt = _claim(place, chore)
        if attempt is None:
            continue
        result: dict[str, Any] | None = None
        problem = None
        try:
            result = dict(chore.do(place))
        except StorageUnavailable:
            raise
        except AuricleError as error:
            problem = str(error)
            log.warning("chore_failed", chore=chore.name, error=problem)
        with place.database.write() as session:
            session.execute(
                update(Chore)
                .where(Chore.name == chore.name, Chore.attempt == attempt)
                .values(
                    due_at=now() + timedelta(seconds=chore.every),
                    finished_at=now(),
                    result=result,
                    error=problem,
                )
            )


def _claim(place: Workplace, chore: Round) -> int | None:
    """Take a chore that is due; its attempt, or None."""
    with place.database.read() as session:
        known = session.get(Chore, chore.name)
        if known is not None and known.due_at > now():
            return None
    with place.database.write() as session:
        if known is None and session.get(Chore, chore.name) is None:
            session.add(Chore(name=chore.name, every=chore.every, due_at=now(), attempt=0))
            session.flush()
        return session.execute(
            update(Chore)
            .where(Chore.name == chore.name, Chore.due_at <= now())
            .values(
                attempt=Chore.attempt + 1,
                every=chore.every,
                started_at=now(),
                due_at=now() + timedelta(seconds=_LONGEST),
            )
            .returning(Chore.attempt)
            .execution_options(synchronize_session=False)
        ).scalar()


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
