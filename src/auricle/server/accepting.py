"""How a stored file becomes a recording and its job, whichever way it came."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from auricle.accounts.quotas import refuse_more_space
from auricle.audio.probe import probe
from auricle.errors import AudioError, Forbidden, InvalidOption, NotFound
from auricle.jobs.create import PRIORITIES, create_job
from auricle.jobs.options import JobOptions, read_options
from auricle.pipeline import prepare_options
from auricle.server.bodies import Sent
from auricle.server.dialects.model_names import model_options, stands_for_another
from auricle.server.incoming import Form, Stored
from auricle.server.models import JobModel, RecordingModel, job_models, recording_models
from auricle.server.service import Service
from auricle.store import recordings as store
from auricle.store.schema import Job, Recording, User
from auricle.store.search import index_title
from auricle.store.tags import set_tags
from auricle.store.usage import count_usage

log = structlog.get_logger(__name__)

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
    priority: str = "normal"
    transcribe: bool = True
    on_duplicate: str = "keep"


def known(service: Service, user: User, key: str | None) -> Accepted | None:
    """What an earlier upload with this Idempotency-Key became."""
    if key is None:
        return None
    with service.database.read() as session:
        job = session.scalars(select(Job).where(Job.owner_id == user.id, Job.idempotency_key == key)).first()
        if job is None:
            return None
        recording = session.get_one(Recording, job.recording_id)
        return accepted_model(session, recording, job)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that has been stored for a recording that is to be; `key` is its Idempotency-Key."""

    recording_id: str
    stored: Stored
    filename: str
    media_type: str
    key: str | None


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


def accept(service: Service, user: User, arrival: Arrival, wishes: Wishes) -> Accepted:
    """Turn a stored file into a recording and its job; where it cannot be, nothing is written."""
    options = asked_options(service, user, wishes.options)
    if wishes.priority not in PRIORITIES:
        raise InvalidOption(f"priority is {wishes.priority!r}, but has to be low, normal or high.")
    stored = arrival.stored
    _refuse_what_is_no_audio(service, stored.key)
    name = store.clean_name(arrival.filename)
    with service.database.write() as session:
        refuse_more_space(session, user.id, service.settings, stored.size, upload_id=arrival.recording_id)
        twin = store.same_audio(session, user.id, stored.sha256)
        if twin is not None and wishes.on_duplicate == "return":
            service.storage.delete(stored.key)
            return accepted_model(session, twin, session.get(Job, twin.job_id) if twin.job_id else None)
        recording = Recording(
            id=arrival.recording_id,
            owner_id=user.id,
            title=store.clean_title(wishes.title, store.clean_title(name.rsplit(".", 1)[0], name)),
            filename=name,
            media_type=_media_type(arrival.media_type),
            size=stored.size,
            sha256=stored.sha256 or None,
            blob=stored.key,
        )
        session.add(recording)
        session.flush()
        set_tags(session, recording, wishes.tags)
        index_title(session, recording)
        count_usage(session, user.id, bytes_in=stored.size)
        job, queues = _queue(session, service, recording, options, wishes, arrival.key)
        accepted = accepted_model(session, recording, job, twin)
    log.info("recording_accepted", recording=recording.id, job=job.id if job else None, bytes=stored.size)
    service.ring(queues)
    return accepted


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
    key: str | None,
) -> tuple[Job | None, set[str]]:
    if not wishes.transcribe:
        return None, set()
    return create_job(
        session,
        recording,
        options,
        settings=service.settings,
        priority=PRIORITIES[wishes.priority],
        idempotency_key=key,
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
    on_duplicate = form.field("on_duplicate") or "keep"
    if transcribe not in ("true", "false") or on_duplicate not in ("keep", "return"):
        raise InvalidOption("transcribe has to be true or false, and on_duplicate keep or return.")
    unknown = set(form.fields) - set(Wishes.model_fields)
    if unknown:
        raise InvalidOption(f"There is no field {sorted(unknown)[0]!r} in this form.")
    return Wishes(
        title=form.field("title"),
        tags=[tag for given in form.fields.get("tags", []) for tag in given.split(",")],
        options=read_json(form.field("options") or "{}"),
        priority=form.field("priority") or "normal",
        transcribe=transcribe == "true",
        on_duplicate=on_duplicate,
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
