"""A request whose answer somebody waits for, as a job for workers elsewhere, of which nothing is left."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from auricle.errors import AuricleError, NotFound
from auricle.jobs.advance import ENDED
from auricle.jobs.create import INTERACTIVE, cancel_job, create_job
from auricle.jobs.ledger import OPEN
from auricle.jobs.options import JobOptions
from auricle.jobs.status import statuses
from auricle.server.desk import busy
from auricle.server.service import Service
from auricle.store import recordings as store
from auricle.store.schema import Job, Recording, Task, TaskSegment, TranscriptVersion, new_id, now
from auricle.store.transcripts import load_transcript
from auricle.transcript import Segment, Transcript
from auricle.transcript.model import segment_from_dict

#: A worker gets this long (s) to say that it has stopped, before the job goes.
FAREWELL = 10.0


@dataclass(frozen=True, slots=True)
class Look:
    """What is new: the place in the queue (1 is next), segments in order, and the transcript at last."""

    position: int | None
    segments: tuple[Segment, ...]
    transcript: Transcript | None


class Errand:
    """One job and its recording, which is in the trash from the start: no list shows it among the others, and
    where this server breaks off, it goes when the trash is emptied."""

    def __init__(self, service: Service, owner_id: str) -> None:
        self._service = service
        self._owner_id = owner_id
        self._recording_id = new_id()
        self._job_id = ""
        #: How many segments of each part were told.
        self._told: dict[int, int] = {}
        #: The parts of which all was told.
        self._over: set[int] = set()

    def ask(self, path: Path, options: JobOptions, filename: str) -> None:
        """Store the file, which is gone then, and queue the job; see `create_job` for what it raises."""
        service = self._service
        with service.database.read() as session:
            self._refuse_too_many(session)
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        blob = f"recordings/{self._recording_id}/source"
        size = service.storage.take(blob, path)
        name = store.clean_name(filename)
        with service.database.write() as session:
            recording = Recording(
                id=self._recording_id,
                owner_id=self._owner_id,
                title=name,
                filename=name,
                media_type="application/octet-stream",
                size=size,
                sha256=sha256,
                blob=blob,
                deleted_at=now(),
            )
            session.add(recording)
            session.flush()
            job, queues = create_job(
                session,
                recording,
                options,
                settings=service.settings,
                priority=INTERACTIVE,
            )
            self._job_id = job.id
        service.ring(queues)

    def look(self) -> Look:
        """What has happened since; raises what the job failed with."""
        with self._service.database.read() as session:
            job = session.get(Job, self._job_id)
            if job is None:
                raise NotFound("This request's recording was erased before it was heard.")
            (status,) = statuses(session, [job])
            segments = tuple(self._news(session))
            version = session.get(TranscriptVersion, job.transcript_id or "")
        if job.state in ENDED and job.state != "done":
            raise _problem(job)
        if job.state in OPEN or not version:
            return Look(status.position, segments, None)
        return Look(None, segments, load_transcript(self._service.storage, version))

    def cancel(self) -> None:
        """Stop the job: at once where it waits, within seconds where it runs."""
        if self.is_open():
            with self._service.database.write() as session:
                cancel_job(session, session.get_one(Job, self._job_id))

    def is_open(self) -> bool:
        """Whether the job waits or runs."""
        with self._service.database.read() as session:
            job = session.get(Job, self._job_id)
            return job is not None and job.state in OPEN

    def erase(self) -> None:
        """Forget all of it, unless its owner has taken the recording out of the trash."""
        blobs = [f"recordings/{self._recording_id}"]
        with self._service.database.write() as session:
            recording = session.get(Recording, self._recording_id)
            if recording is not None:
                blobs = store.erase(session, recording) if recording.deleted_at else []
        for blob in blobs:
            self._service.storage.delete(blob)

    def _refuse_too_many(self, session: Session) -> None:
        waiting = select(func.count()).where(Job.state == "queued", Job.priority == INTERACTIVE)
        count = session.scalar(waiting) or 0
        if count > self._service.settings.interactive_queue:
            raise busy(count)

    def _news(self, session: Session) -> list[Segment]:
        """Parts run side by side, but are told one after the other."""
        parts = select(Task).where(Task.job_id == self._job_id, Task.stage == "transcribe")
        news: list[Segment] = []
        for part in session.scalars(parts.order_by(Task.number)):
            if part.number in self._over:
                continue
            told = self._told.get(part.number, 0)
            rows = select(TaskSegment.document).where(
                TaskSegment.task_id == part.id,
                TaskSegment.attempt == part.attempt,
                TaskSegment.number >= told,
            )
            heard = session.scalars(rows.order_by(TaskSegment.number)).all()
            news += map(segment_from_dict, heard)
            self._told[part.number] = told + len(heard)
            if part.state != "done":
                break
            self._over.add(part.number)
        return news


def _problem(job: Job) -> AuricleError:
    """What the job failed with."""
    said = job.error or {"code": "cancelled", "message": "Somebody cancelled this request's job."}
    error = AuricleError(said["message"])
    error.code = said["code"]
    return error
