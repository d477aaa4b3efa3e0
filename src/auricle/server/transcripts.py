"""Routes for reading transcripts: in every format, and their versions."""

import difflib
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from auricle.errors import NotFound
from auricle.exports import FORMATS, described, export, find_format
from auricle.server.answers import transcript
from auricle.server.deps import ServiceDep, UserDep
from auricle.server.models import Moment, VersionKind
from auricle.server.paging import Cursor, Limit, Page, paged, read_cursor
from auricle.server.sending import send_export
from auricle.server.service import Service
from auricle.store.audit import record
from auricle.store.recordings import find_recording
from auricle.store.schema import Recording, TranscriptVersion
from auricle.store.transcripts import current_version, read_version

log = structlog.get_logger(__name__)

router = APIRouter(tags=["transcripts"])

FormatName = Annotated[
    str,
    Query(alias="format", description="GET /formats says more.", json_schema_extra={"enum": list(FORMATS)}),
]
IsPreview = Annotated[
    bool, Query(description="It is only looked at, not handed out: logged as read, not audited as exported.")
]


class VersionModel(BaseModel):
    """One version of a transcript."""

    id: str
    number: int = Field(description="Counts from 1.")
    kind: VersionKind
    current: bool
    note: str
    language: str | None
    engine: str
    model: str
    words: int
    job_id: str | None
    made_by: str | None = Field(description="Id of the person who made it; null for a machine's.")
    parent_id: str | None = Field(description="The version it was made from.")
    created_at: Moment


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


@router.get("/recordings/{recording_id}/transcript", response_class=Response, openapi_extra=transcript())
def get_transcript(
    request: Request,
    service: ServiceDep,
    user: UserDep,
    recording_id: str,
    format: FormatName = "json",
    preview: IsPreview = False,
) -> Response:
    """The current transcript in any format; further parameters are the format's options."""
    with service.database.read() as session:
        recording = find_recording(session, user.id, recording_id)
        version = current_version(session, recording)
    return sent(request, service, recording, version, format, preview=preview)


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
    return paged(found, limit, lambda some: [version_model(one, recording) for one in some], "number")


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
        versions = [numbered(session, recording_id, number) for number in (a, b)]
    first, second = (
        read_version(service.database, service.storage, one)[1].to_dict()["segments"] for one in versions
    )
    matcher = difflib.SequenceMatcher(
        a=[_said(one) for one in first], b=[_said(one) for one in second], autojunk=False
    )
    return [
        Difference(before=first[i:j], after=second[k:m])
        for kind, i, j, k, m in matcher.get_opcodes()
        if kind != "equal"
    ]


@router.get(
    "/recordings/{recording_id}/transcripts/{number}", response_class=Response, openapi_extra=transcript()
)
def get_version(
    request: Request,
    service: ServiceDep,
    user: UserDep,
    recording_id: str,
    number: int,
    format: FormatName = "json",
    preview: IsPreview = False,
) -> Response:
    """One version of a transcript, in any format."""
    with service.database.read() as session:
        recording = find_recording(session, user.id, recording_id)
        version = numbered(session, recording_id, number)
    return sent(request, service, recording, version, format, preview=preview)


def _said(segment: dict[str, Any]) -> tuple[Any, ...]:
    return segment["start"], segment["end"], segment["speaker"], segment["text"]


def numbered(session: Session, recording_id: str, number: int) -> TranscriptVersion:
    """The version of a recording's transcript with this number; raises NotFound."""
    version = session.scalars(
        select(TranscriptVersion).where(
            TranscriptVersion.recording_id == recording_id, TranscriptVersion.number == number
        )
    ).first()
    if version is None:
        raise NotFound(f"This recording has no version {number}.")
    return version


def sent(
    request: Request,
    service: Service,
    recording: Recording,
    version: TranscriptVersion,
    name: str,
    *,
    preview: bool,
) -> Response:
    """A version of a transcript in the format of this name, with the options in the query."""
    form = find_format(name)
    asked = request.query_params.items()
    options = {key: value for key, value in asked if key not in ("format", "preview")}
    version, transcript = read_version(service.database, service.storage, version)
    exported = export(transcript, form.name, title=recording.title, options=options)
    answer = send_export(exported, form, recording.title)
    answer.headers["ETag"] = f'"{version.id}"'
    # JSON is what programs look at a transcript with: whoever sees that sees all that a preview shows.
    exports = form.name != "json" and not preview
    if exports:
        with service.database.write() as session:
            record(session, recording.owner_id, "transcript.exported", recording.id, format=form.name)
    event = "transcript_exported" if exports else "transcript_read"
    log.info(event, recording=recording.id, job=version.job_id, version=version.number, format=form.name)
    return answer


def version_model(version: TranscriptVersion, recording: Recording) -> VersionModel:
    """A version as it goes over the wire."""
    shown = {name: getattr(version, name) for name in VersionModel.model_fields if name != "current"}
    return VersionModel(current=version.id == recording.transcript_id, **shown)
