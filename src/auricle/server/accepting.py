"""How a stored file becomes a recording and its job, whichever way it came."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import structlog
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from auricle.accounts.quotas import held_quota, refuse_more_space
from auricle.audio.probe import probe
from auricle.errors import AudioError, Conflict, Forbidden, InvalidOption, NotFound
from auricle.jobs.create import OTHER_REQUEST, PRIORITIES, create_job, fingerprint
from auricle.jobs.options import JobOptions, read_options
from auricle.pipeline import prepare_options
from auricle.server.bodies import Sent
from auricle.server.dialects.model_names import model_options, stands_for_another
from auricle.server.incoming import Form, Stored
from auricle.server.models import JobModel, RecordingModel, job_models, recording_models
from auricle.server.service import Service
from auricle.store import recordings as store
from auricle.store.schema import Job, Recording, Upload, User
from auricle.store.search import index_title
from auricle.store.tags import set_tags
from auricle.store.usage import count_usage

log = structlog.get_logger(__name__)

#: What is said of an upload in parts that is not there.
NO_UPLOAD = "There is no such upload: it was given up, or has expired."
_MEDIA_TYPE = re.compile(r"(audio|video|application)/[a-z0-9][a-z0-9.+-]{0,100}")


class Accepted(BaseModel):
    """A recording that was taken in, and the job it became."""

    recording: RecordingModel
    job: JobModel | None = Field(description="Null where it was stored only.")
    duplicate_of: str | None = Field(description="An older recording of yours with the same bytes.")


class Wishes(Sent):
    """What is wanted with an upload."""

    title: str | None = None
    tags: list[str] = Field(default=[])
    options: dict[str, Any] = Field(default={})
    priority: Literal["low", "normal", "high"] = "normal"
    transcribe: bool = True
    on_duplicate: Literal["keep", "return"] = Field(
        default="keep", description="return gives an older recording with the same bytes."
    )


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that has been stored for a recording that is to be; `key` is its Idempotency-Key.

    One that came in parts has the id of its upload.
    """

    recording_id: str
    stored: Stored
    filename: str
    media_type: str
    key: str | None = None
    in_parts: bool = False


def asked_options(service: Service, user: User, given: Mapping[str, Any]) -> JobOptions:
    """The options of a job somebody asks for. Raises the errors of `read_options`.

    A member gets the engines and models that are here: only an admin lets the server fetch some, or looks for
    them in its folders. Raises UnknownModel or Forbidden.
    """
    settings, is_admin = service.settings, user.role == "admin"
    options = read_options(given, settings)
    if not is_admin and options.engine not in ("auto", "faster-whisper", "pocketsphinx", settings.engine):
        raise Forbidden(f"Only an admin may choose the engine {options.engine} here.")
    model = options.model
    if given.get("model") is None or model is None:
        return options
    if is_admin and not stands_for_another(settings, model):
        return options
    others = {name: value for name, value in given.items() if name != "model"}
    return read_options({**others, **model_options(settings, model)}, settings)


def accept(service: Service, user: User, arrival: Arrival, wishes: Wishes) -> tuple[Accepted, bool]:
    """Turn a stored file into a recording and its job; False where an older recording is the answer.

    Where it cannot be, nothing is written, and the file stays.
    """
    options = asked_options(service, user, wishes.options)
    _refuse_what_is_no_audio(service, arrival.stored.key)
    queues: set[str] = set()
    with service.database.write() as session:
        # Whoever sends the same file at the same time waits here, and finds what it became.
        held_quota(session, user.id, service.settings)
        upload = _held_upload(session, arrival)
        before = _before(session, user, arrival, wishes, options)
        if before is None:
            accepted, queues = _add(session, service, user, arrival, wishes, options)
        else:
            accepted = before
        if upload is not None:
            upload.recording_id = accepted.recording.id
    if accepted.recording.id != arrival.recording_id:
        service.storage.delete(arrival.stored.key)
    if before is None:
        job, size = accepted.job, arrival.stored.size
        log.info(
            "recording_accepted", recording=accepted.recording.id, job=job.id if job else None, bytes=size
        )
        service.ring(queues)
    return accepted, before is None


def _held_upload(session: Session, arrival: Arrival) -> Upload | None:
    """The upload a file came by in parts, if it did; nobody else completes it or gives it up meanwhile."""
    if not arrival.in_parts:
        return None
    upload = session.get(Upload, arrival.recording_id, with_for_update=True)
    if upload is None:
        raise NotFound(NO_UPLOAD)
    return upload


def _before(
    session: Session, user: User, arrival: Arrival, wishes: Wishes, options: JobOptions
) -> Accepted | None:
    """The older recording that is the answer, if there is one."""
    made = None
    if arrival.in_parts:
        made = made_of_upload(session, session.get_one(Upload, arrival.recording_id))
    elif arrival.key is not None:
        made = _made_by_key(session, user, arrival, wishes, options)
    if made is not None:
        return made
    if wishes.on_duplicate == "return":
        twin = store.same_audio(session, user.id, arrival.stored.sha256)
        if twin is not None:
            return accepted_model(session, twin, _job_of(session, twin))
    return None


def made_of_upload(session: Session, upload: Upload) -> Accepted | None:
    """What an upload in parts has become. Raises NotFound where that was erased."""
    recording = session.get(Recording, upload.recording_id or upload.id)
    if recording is not None:
        return accepted_model(session, recording, _job_of(session, recording))
    if upload.recording_id is not None:
        raise NotFound("The recording that this upload became was erased.")
    return None


def _made_by_key(
    session: Session, user: User, arrival: Arrival, wishes: Wishes, options: JobOptions
) -> Accepted | None:
    """What a request with this Idempotency-Key became before. Raises Conflict where that was another one."""
    key, job = arrival.key, None
    recording = session.scalars(
        select(Recording).where(Recording.owner_id == user.id, Recording.idempotency_key == key)
    ).first()
    if recording is None:
        job = session.scalars(select(Job).where(Job.owner_id == user.id, Job.idempotency_key == key)).first()
        if job is None:
            return None
        recording = session.get_one(Recording, job.recording_id)
    same = recording.sha256 == arrival.stored.sha256 and wishes.transcribe == (job is not None)
    if job is not None:
        # An older Auricle kept what was asked of the job, with all options as they were set then.
        older = fingerprint(recording.id, options, PRIORITIES[wishes.priority], None)
        same = same and job.idempotency_hash in (_asked(arrival, wishes), older)
    if not same:
        raise Conflict(OTHER_REQUEST)
    return accepted_model(session, recording, job)


def _asked(arrival: Arrival, wishes: Wishes) -> str:
    """The fingerprint of a request that sent a file: what is in it, and what has to become of it."""
    return fingerprint(arrival.stored.sha256, wishes.options, wishes.priority)


def _job_of(session: Session, recording: Recording) -> Job | None:
    return session.get(Job, recording.job_id) if recording.job_id else None


def _add(
    session: Session, service: Service, user: User, arrival: Arrival, wishes: Wishes, options: JobOptions
) -> tuple[Accepted, set[str]]:
    """A new recording and its job; also the queues to ring once this is committed."""
    stored = arrival.stored
    refuse_more_space(session, user.id, service.settings, stored.size, upload_id=arrival.recording_id)
    twin = store.same_audio(session, user.id, stored.sha256)
    name = store.clean_name(arrival.filename)
    recording = Recording(
        id=arrival.recording_id,
        owner_id=user.id,
        title=store.clean_title(wishes.title, store.clean_title(name.rsplit(".", 1)[0], name)),
        filename=name,
        media_type=_media_type(arrival.media_type),
        size=stored.size,
        sha256=stored.sha256,
        blob=stored.key,
        idempotency_key=None if wishes.transcribe else arrival.key,
    )
    session.add(recording)
    session.flush()
    set_tags(session, recording, wishes.tags)
    index_title(session, recording)
    count_usage(session, user.id, bytes_in=stored.size)
    job, queues = _queue(session, service, recording, options, wishes, arrival)
    return accepted_model(session, recording, job, twin), queues


def _media_type(given: str) -> str:
    """What the sender says the file is, where that is a media type; it only matters to players."""
    kind = given.partition(";")[0].strip().lower()
    return kind if _MEDIA_TYPE.fullmatch(kind) else "application/octet-stream"


def _queue(
    session: Session,
    service: Service,
    recording: Recording,
    options: JobOptions,
    wishes: Wishes,
    arrival: Arrival,
) -> tuple[Job | None, set[str]]:
    if not wishes.transcribe:
        return None, set()
    return create_job(
        session,
        recording,
        options,
        settings=service.settings,
        priority=PRIORITIES[wishes.priority],
        idempotency_key=arrival.key,
        asked=_asked(arrival, wishes) if arrival.key else None,
    )


def accepted_model(
    session: Session, recording: Recording, job: Job | None, twin: Recording | None = None
) -> Accepted:
    """The answer to an upload."""
    return Accepted(
        recording=recording_models(session, [recording])[0],
        job=job_models(session, [job])[0] if job else None,
        duplicate_of=twin.id if twin else None,
    )


def _refuse_what_is_no_audio(service: Service, key: str) -> None:
    """Say at once where a file is no recording; only its header is read, decoding is the workers' work."""
    if service.storage.free() is None:
        return
    found = service.storage.fetch(key, service.place.folder / "unused")
    try:
        probe(found, prepare_options(service.settings).limits)
    except NotFound as error:
        raise AudioError("The file has gone while it was looked at: send it again.") from error


def wishes_of(form: Form) -> Wishes:
    """What the fields of a form ask for; InvalidOption for a field or value there is not."""
    transcribe = (form.field("transcribe") or "true").lower()
    priority = form.field("priority") or "normal"
    on_duplicate = form.field("on_duplicate") or "keep"
    if transcribe not in ("true", "false") or on_duplicate not in ("keep", "return"):
        raise InvalidOption("transcribe has to be true or false, and on_duplicate keep or return.")
    if priority not in PRIORITIES:
        raise InvalidOption(f"priority is {priority!r}, but has to be low, normal or high.")
    unknown = set(form.fields) - set(Wishes.model_fields)
    if unknown:
        raise InvalidOption(f"There is no field {sorted(unknown)[0]!r} in this form.")
    return Wishes.model_validate(
        {
            "title": form.field("title"),
            "tags": [tag for given in form.fields.get("tags", []) for tag in given.split(",")],
            "options": read_json(form.field("options") or "{}"),
            "priority": priority,
            "transcribe": transcribe == "true",
            "on_duplicate": on_duplicate,
        }
    )


def read_json(given: str) -> dict[str, Any]:
    """A JSON object that came as text; InvalidOption where it is none."""
    try:
        document = json.loads(given)
    except (ValueError, RecursionError) as error:
        raise InvalidOption(f"options is no JSON: {error}.") from None
    if not isinstance(document, dict):
        raise InvalidOption('options has to be a JSON object, such as {"language": "de"}.')
    return document
