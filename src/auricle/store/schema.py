"""The tables: every row has an owner, every time is UTC without a zone, every id sorts by age."""

import secrets
import time
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

#: The person everything belongs to while nobody has to sign in.
LOCAL_USER = "local"


def now() -> datetime:
    """The present moment as the tables keep it: UTC without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)


def new_id() -> str:
    """24 hexadecimal digits: the time in milliseconds, then chance; ids sort by age."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(6)}"


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's declaration
        dict[str, Any]: JSON,
        list[str]: JSON,
        list[dict[str, Any]]: JSON,
    }


_Id = String(32)


def _owner() -> ForeignKey:
    return ForeignKey("user.id", ondelete="CASCADE")


class User(Base):
    """Somebody recordings belong to.

    None in `retention_days`, `quota_space` (bytes), `quota_minutes` (of audio a day) and `max_open_jobs` is
    as the settings say. Without a `password_hash` nobody can sign in as this user.
    """

    __tablename__ = "user"
    id: Mapped[str] = mapped_column(_Id, primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    role: Mapped[str] = mapped_column(String(20), default="member")
    password_hash: Mapped[str | None] = mapped_column(String(500))
    disabled: Mapped[bool] = mapped_column(default=False)
    retention_days: Mapped[int | None]
    quota_space: Mapped[int | None] = mapped_column(BigInteger)
    quota_minutes: Mapped[float | None]
    max_open_jobs: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class SetupLink(Base):
    """A link by which a person chooses a password, once; `id` is the SHA-256 of the token in it."""

    __tablename__ = "setup_link"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(_owner(), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]


class SignIn(Base):
    """A session in a browser; `id` is the SHA-256 of the token the browser holds."""

    __tablename__ = "session"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(_owner(), index=True)
    agent: Mapped[str] = mapped_column(String(300), default="")
    address: Mapped[str] = mapped_column(String(60), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]


class ApiKey(Base):
    """A key for programs: the secret is kept only as its SHA-256; `id` is the key's public part."""

    __tablename__ = "api_key"
    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    owner_id: Mapped[str] = mapped_column(_owner(), index=True)
    name: Mapped[str] = mapped_column(String(200))
    secret_hash: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]] = mapped_column(default=list)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Recording(Base):
    """An accepted file. `blob` and the other `_blob`s are storage keys, `duration` is in seconds.

    `transcript_id` is the current transcript, `job_id` the latest job, `speakers` the names in the current
    transcript, `doubtful` how many of its words somebody should listen to. A recording with `deleted_at` is
    in the trash. `version` grows with every change. `idempotency_key` is that of a request which only stored
    it; where it was also transcribed, its job has the key.
    """

    __tablename__ = "recording"
    id: Mapped[str] = mapped_column(_Id, primary_key=True, default=new_id)
    owner_id: Mapped[str] = mapped_column(_owner())
    title: Mapped[str] = mapped_column(String(500))
    filename: Mapped[str] = mapped_column(String(500))
    media_type: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    blob: Mapped[str] = mapped_column(String(300))
    preview_blob: Mapped[str | None] = mapped_column(String(300))
    peaks_blob: Mapped[str | None] = mapped_column(String(300))
    duration: Mapped[float | None]
    language: Mapped[str | None] = mapped_column(String(10))
    media: Mapped[dict[str, Any] | None]
    speakers: Mapped[list[str]] = mapped_column(default=list)
    doubtful: Mapped[int | None]
    transcript_id: Mapped[str | None] = mapped_column(_Id)
    job_id: Mapped[str | None] = mapped_column(_Id)
    idempotency_key: Mapped[str | None] = mapped_column(String(300))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)
    deleted_at: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_recording_newest", "owner_id", "deleted_at", "created_at", "id"),
        Index("ix_recording_same", "owner_id", "sha256"),
        Index("ix_recording_deleted", "deleted_at"),
        Index("ix_recording_key", "owner_id", "idempotency_key", unique=True),
    )


class Tag(Base):
    """A word a person sorts recordings by."""

    __tablename__ = "tag"
    id: Mapped[str] = mapped_column(_Id, primary_key=True, default=new_id)
    owner_id: Mapped[str] = mapped_column(_owner())
    name: Mapped[str] = mapped_column(String(100))
    __table_args__ = (UniqueConstraint("owner_id", "name"),)


class RecordingTag(Base):
    """A tag on a recording."""

    __tablename__ = "recording_tag"
    recording_id: Mapped[str] = mapped_column(
        ForeignKey("recording.id", ondelete="CASCADE"), primary_key=True
    )
    tag_id: Mapped[str] = mapped_column(
        ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Upload(Base):
    """A large file that comes in parts; `token` is the storage's name for it, sizes are in bytes."""

    __tablename__ = "upload"
    id: Mapped[str] = mapped_column(_Id, primary_key=True, default=new_id)
    owner_id: Mapped[str] = mapped_column(_owner(), index=True)
    filename: Mapped[str] = mapped_column(String(500))
    media_type: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger)
    part_size: Mapped[int] = mapped_column(BigInteger)
    blob: Mapped[str] = mapped_column(String(300))
    token: Mapped[str] = mapped_column(String(1000))
    recording_id: Mapped[str | None] = mapped_column(_Id)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Job(Base):
    """What was asked to be done with a recording; its tasks say how far it is.

    `options` is the JSON form of `auricle.jobs.options.JobOptions`. Stages from `fresh_from` on take no
    results of earlier jobs. `error` is {code, message}. `version` grows with every change of state.
    """

    __tablename__ = "job"
    id: Mapped[str] = mapped_column(_Id, primary_key=True, default=new_id)
    owner_id: Mapped[str] = mapped_column(_owner())
    recording_id: Mapped[str] = mapped_column(ForeignKey("recording.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(String(10), default="queued")
    priority: Mapped[int] = mapped_column(default=0)
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    fresh_from: Mapped[str | None] = mapped_column(String(40))
    warnings: Mapped[list[str]] = mapped_column(default=list)
    error: Mapped[dict[str, Any] | None]
    transcript_id: Mapped[str | None] = mapped_column(_Id)
    idempotency_key: Mapped[str | None] = mapped_column(String(300))
    idempotency_hash: Mapped[str | None] = mapped_column(String(64))
    request_id: Mapped[str | None] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("owner_id", "idempotency_key"),
        Index("ix_job_newest", "owner_id", "created_at", "id"),
        Index("ix_job_state", "state", "finished_at"),
    )


class Task(Base):
    """One stage of a job, or one part of a stage: the ledger's row (see `auricle.jobs.ledger`).

    due_at: queued: not before; running: the end of the lease. attempt: the fencing token, grows with every
    claim. failures: attempts that ended in an error. losses: attempts whose worker was lost.
    seconds: the audio it works on. rank: when its job was created, so that older jobs finish first.
    payload: what the stage before left for it; result: what it leaves for the next.
    """

    __tablename__ = "task"
    id: Mapped[str] = mapped_column(_Id, primary_key=True, default=new_id)
    job_id: Mapped[str] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"))
    owner_id: Mapped[str] = mapped_column(_Id)
    stage: Mapped[str] = mapped_column(String(40))
    number: Mapped[int] = mapped_column(default=0)
    queue: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(10), default="queued")
    priority: Mapped[int] = mapped_column(default=0)
    rank: Mapped[datetime]
    due_at: Mapped[datetime]
    attempt: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    losses: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str | None] = mapped_column(String(120))
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    progress: Mapped[float] = mapped_column(default=0.0)
    seconds: Mapped[float] = mapped_column(default=0.0)
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    result: Mapped[dict[str, Any] | None]
    error: Mapped[dict[str, Any] | None]
    version: Mapped[int] = mapped_column(default=1)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("job_id", "stage", "number"),
        Index("ix_task_due", "state", "queue", "due_at"),
        Index("ix_task_owner", "owner_id", "state"),
        Index("ix_task_recent", "stage", "state", "finished_at"),
    )


class TaskSegment(Base):
    """A segment as it was heard, to be read while its job still runs; `document` is its JSON form."""

    __tablename__ = "segment"
    task_id: Mapped[str] = mapped_column(ForeignKey("task.id", ondelete="CASCADE"), primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[str] = mapped_column(_Id, index=True)
    document: Mapped[dict[str, Any]]


class TranscriptVersion(Base):
    """A transcript of a recording, never changed after it was made; `number` counts from 1.

    kind: `machine`, `edit`, `import` or `restore`. `blob` holds the JSON form. `parent_id` is the version it
    was made from.
    """

    __tablename__ = "transcript"
    id: Mapped[str] = mapped_column(_Id, primary_key=True, default=new_id)
    owner_id: Mapped[str] = mapped_column(_owner())
    recording_id: Mapped[str] = mapped_column(ForeignKey("recording.id", ondelete="CASCADE"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    blob: Mapped[str] = mapped_column(String(300))
    job_id: Mapped[str | None] = mapped_column(_Id)
    parent_id: Mapped[str | None] = mapped_column(_Id)
    made_by: Mapped[str | None] = mapped_column(_Id)
    note: Mapped[str] = mapped_column(String(500), default="")
    language: Mapped[str | None] = mapped_column(String(10))
    engine: Mapped[str] = mapped_column(String(100), default="")
    model: Mapped[str] = mapped_column(String(300), default="")
    words: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    __table_args__ = (UniqueConstraint("recording_id", "number"),)


class StageResult(Base):
    """What a stage made of the same audio with the same options before; `key` names all of that.

    It belongs to one owner, and goes with the owner's last recording of this audio.
    """

    __tablename__ = "stage_result"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner_id: Mapped[str] = mapped_column(_owner())
    sha256: Mapped[str] = mapped_column(String(64))
    stage: Mapped[str] = mapped_column(String(40))
    result: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime] = mapped_column(default=now, index=True)
    __table_args__ = (Index("ix_stage_result_same", "owner_id", "sha256"),)


class Worker(Base):
    """A process that takes tasks; it is there as long as `seen_at` is recent. `memory` is in bytes."""

    __tablename__ = "worker"
    id: Mapped[str] = mapped_column(String(120), primary_key=True)
    host: Mapped[str] = mapped_column(String(200))
    pid: Mapped[int]
    queues: Mapped[list[str]] = mapped_column(default=list)
    device: Mapped[str] = mapped_column(String(200), default="")
    models: Mapped[list[str]] = mapped_column(default=list)
    memory: Mapped[int] = mapped_column(BigInteger, default=0)
    draining: Mapped[bool] = mapped_column(default=False)
    version: Mapped[str] = mapped_column(String(40), default="")
    started_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)


class Chore(Base):
    """Work that comes round: `every` is its period in seconds; `attempt` fences, as with tasks."""

    __tablename__ = "chore"
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    every: Mapped[float]
    due_at: Mapped[datetime]
    attempt: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any] | None]
    error: Mapped[str | None] = mapped_column(Text)


class AuditEvent(Base):
    """Something that has to be accounted for: who did what to which thing."""

    __tablename__ = "event"
    id: Mapped[str] = mapped_column(_Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(default=now)
    user_id: Mapped[str | None] = mapped_column(_Id, index=True)
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(200), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    request_id: Mapped[str | None] = mapped_column(String(64))
    address: Mapped[str | None] = mapped_column(String(60))


class Outbox(Base):
    """A message to the outside, written with the change it tells of and delivered at least once."""

    __tablename__ = "outbox"
    id: Mapped[str] = mapped_column(_Id, primary_key=True, default=new_id)
    owner_id: Mapped[str] = mapped_column(_owner(), index=True)
    kind: Mapped[str] = mapped_column(String(60))
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime] = mapped_column(default=now)
    attempt: Mapped[int] = mapped_column(default=0)
    delivered_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (Index("ix_outbox_due", "delivered_at", "due_at"),)


class Usage(Base):
    """What one person had done on one day (UTC): jobs ended, seconds of audio, bytes taken in."""

    __tablename__ = "usage"
    owner_id: Mapped[str] = mapped_column(_owner(), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    jobs: Mapped[int] = mapped_column(default=0)
    audio_seconds: Mapped[float] = mapped_column(default=0.0)
    bytes_in: Mapped[int] = mapped_column(BigInteger, default=0)


class Passage(Base):
    """A segment of a current transcript as the search shows it; `folded` is how the search reads it.

    `start` (s) is where in the recording it is said.
    """

    __tablename__ = "passage"
    recording_id: Mapped[str] = mapped_column(
        ForeignKey("recording.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    segment_id: Mapped[int]
    start: Mapped[float]
    text: Mapped[str] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(Text)


class SearchDocument(Base):
    """What the search looks through: title, speakers and some of the text of one recording, as words.

    A long text is several rows; each of them has the title and the speakers. `id` grows with time.
    """

    __tablename__ = "search_document"
    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    recording_id: Mapped[str] = mapped_column(ForeignKey("recording.id", ondelete="CASCADE"), index=True)
    owner_id: Mapped[str] = mapped_column(_Id)
    part: Mapped[int] = mapped_column(default=0)
    parts: Mapped[int] = mapped_column(default=1)
    title: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text)
    __table_args__ = (Index("ix_search_document_owner_parts", "owner_id", "parts"),)
