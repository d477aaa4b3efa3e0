"""Routes for transcripts: reading in every format, editing, versions, speakers, importing."""

import difflib
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from auricle.errors import LimitExceeded, NotFound, Outdated
from auricle.exports import FORMATS, described, export, find_format
from auricle.server.deps import ServiceDep, UserDep
from auricle.server.incoming import RAW_BODY
from auricle.server.models import Moment
from auricle.server.paging import Cursor, Limit, Page, paged, read_cursor
from auricle.server.sending import send_export
from auricle.server.service import Service
from auricle.store.audit import record
from auricle.store.recordings import find_recording
from auricle.store.schema import Recording, TranscriptVersion, User
from auricle.store.transcripts import add_version, current_version, hold, load_transcript, store_transcript
from auricle.transcript import Transcript
from auricle.transcript.edit import OPERATIONS, apply, merge_speakers, rename_speaker
from auricle.transcript.importing import read_transcript

log = structlog.get_logger(__name__)

router = APIRouter(tags=["transcripts"])

_LARGEST_IMPORT = 50_000_000

IfMatch = Annotated[
    str | None,
    Header(description="The ETag of the transcript that was read; 412 where there is a newer one."),
]
FormatName = Annotated[str, Query(alias="format", description="json, srt, ...: GET /formats lists all.")]


class VersionModel(BaseModel):
    """One version of a transcript."""

    id: str
    number: int = Field(description="Counts from 1.")
    kind: str = Field(description="machine, edit, import or restore.")
    current: bool
    note: str
    language: str | None
    engine: str
    model: str
    words: int
    job_id: str | None
    parent_id: str | None = Field(description="The version it was made from.")
    created_at: Moment


class Edits(BaseModel):
    """Changes to a transcript, made one after the other: all of them or none."""

    operations: list[dict[str, Any]] = Field(
        min_length=1, max_length=10_000, description=f"Each has an `op`: {', '.join(OPERATIONS)}."
    )
    note: str = Field("", max_length=500)


class SpeakerName(BaseModel):
    """Another name for a speaker."""

    name: str = Field(min_length=1, max_length=200)


class Merge(BaseModel):
    """Two speakers that are one."""

    speaker: str
    into: str


class FormatOption(BaseModel):
    """An option of an export format."""

    name: str
    kind: str
    default: Any
    help: str
    choices: list[str]
    low: float | None
    high: float | None


class FormatModel(BaseModel):
    """A way to write a transcript down."""

    name: str
    title: str
    extension: str
    media_type: str
    options: list[FormatOption]


class Difference(BaseModel):
    """A stretch where two versions differ."""

    before: list[dict[str, Any]] = Field(description="Segments of the first version.")
    after: list[dict[str, Any]] = Field(description="What stands there in the second.")


@router.get("/formats")
def list_formats(_: UserDep) -> list[FormatModel]:
    """Every export format, and its options."""
    return [
        FormatModel(
            name=form.name,
            title=form.title,
            extension=form.extension,
            media_type=form.media_type,
            options=[
                FormatOption(
                    name=one.name,
                    kind=one.kind,
                    default=one.default,
                    help=one.help,
                    choices=list(one.choices),
                    low=one.low,
                    high=one.high,
                )
                for one in described(form.options)
            ],
        )
        for form in FORMATS.values()
    ]


@router.get("/recordings/{recording_id}/transcript", response_class=Response)
def get_transcript(
    request: Request,
    service: ServiceDep,
    user: UserDep,
    recording_id: str,
    format: FormatName = "json",
) -> Response:
    """The current transcript in any format; further parameters are the format's options."""
    with service.database.read() as session:
        recording = find_recording(session, user.id, recording_id)
        version = current_version(session, recording)
    return sent(request, service, recording, version, format)


@router.get("/recordings/{recording_id}/transcripts")
def list_versions(
    service: ServiceDep, user: UserDep, recording_id: str, limit: Limit = 50, cursor: Cursor = None
) -> Page[VersionModel]:
    """The versions of a transcript, the newest first."""
    query = (
        select(TranscriptVersion)
        .where(TranscriptVersion.recording_id == recording_id)
        .order_by(TranscriptVersion.number.desc())
        .limit(limit + 1)
    )
    if cursor is not None:
        query = query.where(TranscriptVersion.number < read_cursor(cursor, int)[0])
    with service.database.read() as session:
        recording = find_recording(session, user.id, recording_id)
        found = session.scalars(query).all()
    return paged(found, limit, lambda some: [_version_model(one, recording) for one in some], "number")


@router.get("/recordings/{recording_id}/transcripts/compare")
def compare_versions(
    service: ServiceDep,
    user: UserDep,
    recording_id: str,
    a: Annotated[int, Query(ge=1, description="Number of the first version.")],
    b: Annotated[int, Query(ge=1, description="Number of the second version.")],
) -> list[Difference]:
    """Where two versions differ, segment by segment."""
    with service.database.read() as session:
        find_recording(session, user.id, recording_id)
        versions = [_numbered(session, recording_id, number) for number in (a, b)]
    first, second = (load_transcript(service.storage, one).to_dict()["segments"] for one in versions)
    matcher = difflib.SequenceMatcher(
        a=[_said(one) for one in first], b=[_said(one) for one in second], autojunk=False
    )
    return [
        Difference(before=first[i:j], after=second[k:m])
        for kind, i, j, k, m in matcher.get_opcodes()
        if kind != "equal"
    ]


@router.get("/recordings/{recording_id}/transcripts/{number}", response_class=Response)
def get_version(
    request: Request,
    service: ServiceDep,
    user: UserDep,
    recording_id: str,
    number: int,
    format: FormatName = "json",
) -> Response:
    """One version of a transcript, in any format."""
    with service.database.read() as session:
        recording = find_recording(session, user.id, recording_id)
        version = _numbered(session, recording_id, number)
    return sent(request, service, recording, version, format)


@router.post("/recordings/{recording_id}/transcripts/{number}/restore", status_code=201)
def restore_version(service: ServiceDep, user: UserDep, recording_id: str, number: int) -> VersionModel:
    """Make an older version the current one, as a new version: nothing is lost."""
    with service.database.read() as session:
        find_recording(session, user.id, recording_id)
        version = _numbered(session, recording_id, number)
    transcript = load_transcript(service.storage, version)
    return _saved(service, user, recording_id, transcript, "restore", note=f"Version {number}")


@router.patch("/recordings/{recording_id}/transcript")
def edit_transcript(
    service: ServiceDep,
    user: UserDep,
    response: Response,
    recording_id: str,
    edits: Edits,
    if_match: IfMatch = None,
) -> VersionModel:
    """Change the current transcript; the result is a new version. Of two who edit at once, one gets 412."""
    model = _edited(
        service, user, recording_id, if_match, lambda old: apply(old, edits.operations), edits.note
    )
    response.headers["ETag"] = f'"{model.id}"'
    return model


@router.patch("/recordings/{recording_id}/speakers/{speaker}")
def name_speaker(
    service: ServiceDep,
    user: UserDep,
    recording_id: str,
    speaker: str,
    wanted: SpeakerName,
    if_match: IfMatch = None,
) -> VersionModel:
    """Give a speaker another name."""

    def change(old: Transcript) -> Transcript:
        return rename_speaker(old, speaker, wanted.name)

    return _edited(service, user, recording_id, if_match, change, f"{speaker} is {wanted.name}")


@router.post("/recordings/{recording_id}/speakers/merge")
def join_speakers(
    service: ServiceDep, user: UserDep, recording_id: str, wanted: Merge, if_match: IfMatch = None
) -> VersionModel:
    """Two speakers are one: all that the first says was said by the other."""

    def change(old: Transcript) -> Transcript:
        return merge_speakers(old, wanted.speaker, wanted.into)

    return _edited(service, user, recording_id, if_match, change, f"{wanted.speaker} is {wanted.into}")


@router.post("/recordings/{recording_id}/transcript/import", status_code=201, openapi_extra=RAW_BODY)
async def import_transcript(
    request: Request, service: ServiceDep, user: UserDep, recording_id: str
) -> VersionModel:
    """Take over an SRT, WebVTT or JSON transcript made elsewhere: it is the body of the request."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > _LARGEST_IMPORT:
            raise LimitExceeded(f"A transcript may have {_LARGEST_IMPORT:,} bytes at most.")

    def save() -> VersionModel:
        with service.database.read() as session:
            recording = find_recording(session, user.id, recording_id)
        transcript = read_transcript(bytes(content), recording.duration)
        return _saved(service, user, recording_id, transcript, "import")

    return await run_in_threadpool(save)


def _said(segment: dict[str, Any]) -> tuple[Any, ...]:
    return segment["start"], segment["end"], segment["speaker"], segment["text"]


def _numbered(session: Session, recording_id: str, number: int) -> TranscriptVersion:
    version = session.scalars(
        select(TranscriptVersion).where(
            TranscriptVersion.recording_id == recording_id, TranscriptVersion.number == number
        )
    ).first()
    if version is None:
        raise NotFound(f"This recording has no version {number}.")
    return version


def sent(
    request: Request, service: Service, recording: Recording, version: TranscriptVersion, name: str
) -> Response:
    """A version of a transcript in the format of this name, with the options in the query."""
    form = find_format(name)
    options = {key: value for key, value in request.query_params.items() if key != "format"}
    etag = f'"{version.id}"'
    transcript = load_transcript(service.storage, version)
    exported = export(transcript, form.name, title=recording.title, options=options)
    answer = send_export(exported, form, recording.title)
    answer.headers["ETag"] = etag
    if form.name != "json":
        # Reading is not exporting: JSON is what programs look at a transcript with.
        with service.database.write() as session:
            record(session, recording.owner_id, "transcript.exported", recording.id, format=form.name)
    event = "transcript_read" if form.name == "json" else "transcript_exported"
    log.info(event, recording=recording.id, job=version.job_id, version=version.number, format=form.name)
    return answer


def _edited(
    service: Service, user: User, recording_id: str, if_match: str | None, change: Any, note: str
) -> VersionModel:
    with service.database.read() as session:
        recording = find_recording(session, user.id, recording_id)
        version = current_version(session, recording)
    if if_match is not None and if_match.strip('W/" ') not in ("*", version.id):
        raise Outdated("The transcript was changed since you read it: read it again, then change it.")
    changed = change(load_transcript(service.storage, version))
    return _saved(service, user, recording_id, changed, "edit", base=version.id, note=note)


def _saved(
    service: Service,
    user: User,
    recording_id: str,
    transcript: Transcript,
    kind: str,
    *,
    base: str | None = None,
    note: str = "",
) -> VersionModel:
    """Store a transcript as the new current version, unless there is a newer one than `base`."""
    stored = store_transcript(service.storage, recording_id, transcript)
    with service.database.write() as session:
        recording = hold(session, recording_id)
        if recording is None:
            raise NotFound("There is no such recording.")
        if base is not None and recording.transcript_id != base:
            raise Outdated("Somebody changed the transcript at the same moment: read it again.")
        version = add_version(
            session, recording, transcript, stored, kind=kind, made_by=user.id, note=note[:500]
        )
        return _version_model(version, recording)


def _version_model(version: TranscriptVersion, recording: Recording) -> VersionModel:
    shown = {name: getattr(version, name) for name in VersionModel.model_fields if name != "current"}
    return VersionModel(current=version.id == recording.transcript_id, **shown)
