"""What goes over the wire about recordings and jobs."""

from collections.abc import Sequence
from datetime import MINYEAR, UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, PlainSerializer, WithJsonSchema
from sqlalchemy import select
from sqlalchemy.orm import Session

from auricle.engines.models import plain_name
from auricle.jobs.status import JobStatus, statuses
from auricle.store.schema import Job, Recording
from auricle.store.tags import tags_of

#: A moment as ISO 8601 in UTC; the tables keep it without a zone.
Moment = Annotated[
    datetime,
    PlainSerializer(
        lambda value: value.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z"),
        return_type=str,
        when_used="json",
    ),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


def _one_of(*values: str) -> Any:
    """How the document shows text that is one of these."""
    return Field(json_schema_extra={"enum": list(values)})


_STATES = ("queued", "running", "done", "failed", "dead", "cancelled")
#: What has become of a job, or of one of its tasks.
JobState = Annotated[str, _one_of(*_STATES)]
#: What has become of a recording's latest job.
RecordingState = Annotated[str, _one_of("none", *_STATES)]
Role = Annotated[str, _one_of("admin", "member")]
#: How a version of a transcript came to be.
VersionKind = Annotated[str, _one_of("machine", "edit", "import", "restore")]


def naive(moment: datetime | None) -> datetime | None:
    """A moment that was sent, as the tables keep it: the first or the last where UTC has no such year."""
    if moment is None:
        return None
    try:
        return moment.astimezone(UTC).replace(tzinfo=None)
    except (OverflowError, ValueError):
        return datetime.min if moment.year == MINYEAR else datetime.max


class JobModel(BaseModel):
    """A job, and how far it is."""

    id: str
    recording_id: str
    state: JobState = Field(description="dead: it failed as often as it may be tried.")
    stage: str | None = Field(description="What is being done now; null once the job has ended.")
    progress: float = Field(ge=0, le=1, description="0 to 1.")
    eta: float | None = Field(description="Seconds until it is probably done; null while unknown.")
    attempt: int = Field(description="The most often any of its tasks was begun.")
    parts: int = Field(description="Parts the recording was cut into; 0 while unknown.")
    parts_done: int = Field(description="Parts that have been transcribed.")
    position: int | None = Field(description="Place in the queue, 1 is next; null once it runs.")
    starts_in: float | None = Field(description="Seconds until it probably starts; null once it runs.")
    speed: float | None = Field(
        description="Seconds of audio heard per second of work: 12 is 12x real time; null while unknown."
    )
    error: dict[str, Any] | None = Field(description="Why it ended without success: code, message, stage.")
    trouble: dict[str, Any] | None = Field(description="Why a task is being tried again: code and message.")
    warnings: list[str] = Field(description="Sentences about what a reader should know.")
    options: dict[str, Any] = Field(description="What was asked for; a model by its plain name.")
    priority: int
    transcript_id: str | None = Field(description="The transcript it made.")
    version: int = Field(description="Differs whenever anything else here may differ.")
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None


class RecordingModel(BaseModel):
    """A recording."""

    id: str
    title: str
    filename: str
    media_type: str
    size: int = Field(description="Bytes.")
    sha256: str | None = Field(description="Of its bytes; null until they have been read as a whole.")
    duration: float | None = Field(description="Seconds; null until it has been decoded.")
    language: str | None = Field(description="Of the current transcript.")
    speakers: list[str] = Field(description="Names in the current transcript.")
    doubtful: int | None = Field(
        description="Words of the current transcript that the engine was unsure of and nobody has checked."
    )
    tags: list[str]
    state: RecordingState = Field(description="Of the latest job; none where there is none.")
    error: dict[str, Any] | None = Field(
        description="Why the latest job ended without success: code, message, stage."
    )
    job_id: str | None = Field(description="The latest job.")
    transcript_id: str | None = Field(description="The current transcript.")
    media: dict[str, Any] | None = Field(description="Format, codec, channels and so on, once decoded.")
    version: int = Field(description="Grows with every change; the ETag.")
    created_at: Moment
    changed_at: Moment
    deleted_at: Moment | None = Field(description="When it went to the trash.")


class PeaksModel(BaseModel):
    """The outline of a recording's loudness, as audiowaveform writes it."""

    version: int = Field(description="Of the form: 2.")
    channels: int
    sample_rate: int = Field(description="Samples per second of the audio that was looked at.")
    samples_per_pixel: int = Field(description="How many samples each pair of numbers stands for.")
    bits: int
    length: int = Field(description="How many pairs there are of each channel.")
    data: list[int] = Field(description="The lowest and the highest sample of each pixel and channel.")


def _shown(options: dict[str, Any]) -> dict[str, Any]:
    """The options of a job without the place of a model's folder."""
    model = options.get("model")
    return options if model is None else {**options, "model": plain_name(model)}


def job_model(status: JobStatus) -> JobModel:
    """A job as it goes over the wire."""
    job = status.job
    return JobModel(
        id=job.id,
        recording_id=job.recording_id,
        state=job.state,
        stage=status.stage,
        progress=status.progress,
        eta=status.eta,
        attempt=status.attempt,
        parts=status.parts,
        parts_done=status.parts_done,
        position=status.position,
        starts_in=status.starts_in,
        speed=status.speed,
        error=job.error,
        trouble=dict(status.trouble) if status.trouble else None,
        warnings=job.warnings,
        options=_shown(job.options),
        priority=job.priority,
        transcript_id=job.transcript_id,
        version=status.version,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )


def job_models(session: Session, jobs: Sequence[Job]) -> list[JobModel]:
    """Jobs as they go over the wire."""
    return [job_model(status) for status in statuses(session, jobs)]


def recording_models(session: Session, recordings: Sequence[Recording]) -> list[RecordingModel]:
    """Recordings as they go over the wire."""
    tags = tags_of(session, recordings)
    wanted = [one.job_id for one in recordings if one.job_id]
    jobs = {job.id: job for job in session.scalars(select(Job).where(Job.id.in_(wanted)))}
    return [
        RecordingModel(
            tags=tags[one.id],
            state=jobs[one.job_id].state if one.job_id in jobs else "none",
            error=jobs[one.job_id].error if one.job_id in jobs else None,
            **{
                name: getattr(one, name)
                for name in RecordingModel.model_fields
                if name not in ("tags", "state", "error")
            },
        )
        for one in recordings
    ]
