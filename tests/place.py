"""A workplace for tests: a database, a storage on disk, one engine, and a person with recordings."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from auricle.engines import Engine
from auricle.jobs.create import create_job
from auricle.jobs.options import JobOptions
from auricle.jobs.runner import Shift, work_once
from auricle.jobs.work import Workplace
from auricle.settings import Settings
from auricle.store.database import Database, open_database
from auricle.store.schema import Base, Job, Recording, Task, TranscriptVersion, User, new_id
from auricle.store.storage import open_storage
from auricle.store.transcripts import load_transcript
from auricle.testing import OneEngine
from auricle.transcript import Transcript


@dataclass(eq=False)
class Office:
    """Everything between a recording and its transcript, driven one task at a time."""

    place: Workplace
    rung: list[str] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.place.database

    def shift(self, name: str = "w", queues: tuple[str, ...] = ("gpu", "cpu")) -> Shift:
        return Shift(place=self.place, worker=name, queues=queues, ring=self.rung.append)

    def upload(self, recording: Path, owner: str = "anna") -> str:
        """A recording of this owner, stored; returns its id."""
        recording_id = new_id()
        blob = f"recordings/{recording_id}/source"
        content = recording.read_bytes()
        self.place.storage.put(blob, io.BytesIO(content))
        with self.database.write() as session:
            if session.get(User, owner) is None:
                session.add(User(id=owner, name=owner))
                session.flush()
            session.add(
                Recording(
                    id=recording_id,
                    owner_id=owner,
                    title=recording.stem,
                    filename=recording.name,
                    media_type="audio/wav",
                    size=len(content),
                    blob=blob,
                )
            )
        return recording_id

    def ask(self, recording_id: str, options: JobOptions | None = None, **how: object) -> str:
        """Queue a job; returns its id."""
        with self.database.write() as session:
            recording = session.get_one(Recording, recording_id)
            settings = self.place.settings
            job, _ = create_job(session, recording, options or JobOptions(), settings=settings, **how)
            return job.id

    def work(self, shift: Shift | None = None) -> int:
        """Do everything that is due; returns how many tasks that was."""
        shift = shift or self.shift()
        done = 0
        while work_once(shift):
            done += 1
        return done

    def job(self, job_id: str) -> Job:
        with self.database.read() as session:
            return session.get_one(Job, job_id)

    def tasks(self, job_id: str, stage: str | None = None) -> list[Task]:
        with self.database.read() as session:
            found = select(Task).where(Task.job_id == job_id).order_by(Task.stage, Task.number)
            return [task for task in session.scalars(found) if stage in (None, task.stage)]

    def transcripts(self, recording_id: str) -> list[Transcript]:
        with self.database.read() as session:
            found = select(TranscriptVersion).where(TranscriptVersion.recording_id == recording_id)
            versions = session.scalars(found.order_by(TranscriptVersion.number)).all()
            return [load_transcript(self.place.storage, version) for version in versions]


def _make_tables(database: Database) -> None:
    Base.metadata.create_all(database.writer)


def open_office(
    folder: Path,
    engine: Engine,
    database_url: str | None = None,
    tables: Callable[[Database], object] = _make_tables,
    **settings: object,
) -> Office:
    """An office in `folder`; `tables` makes its tables, by default without the search index."""
    folder.mkdir(parents=True, exist_ok=True)
    known = Settings(data_dir=folder, **settings)
    database = open_database(database_url or f"sqlite:///{folder / 'auricle.db'}")
    tables(database)
    storage = open_storage((folder / "blobs").as_uri())
    return Office(Workplace(known, database, storage, OneEngine(engine), folder / "work"))
