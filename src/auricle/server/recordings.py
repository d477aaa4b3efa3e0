"""Routes for recordings: uploading, listing, changing, playing, deleting."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Header, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from auricle.audio.peaks import Peaks
from auricle.errors import InvalidOption, NotFound
from auricle.jobs.create import PRIORITIES, cancel_job
from auricle.jobs.ledger import OPEN
from auricle.server.accepting import (
    Accepted,
    Arrival,
    Wishes,
    accept,
    asked_options,
    read_json,
    wishes_of,
)
from auricle.server.answers import TAGGED, again, files, stored_file
from auricle.server.bodies import Sent
from auricle.server.deps import ServiceDep, UserDep
from auricle.server.incoming import RAW_BODY, Form, Stored, receive_body, receive_form
from auricle.server.models import PeaksModel, RecordingModel, naive, recording_models
from auricle.server.paging import Cursor, Limit, Page, read_cursor, write_cursor
from auricle.server.preconditions import IfMatch, refuse_outdated
from auricle.server.sending import send_blob
from auricle.store import recordings as store
from auricle.store import tags
from auricle.store.audit import record
from auricle.store.database import repeated
from auricle.store.schema import Job, Recording, new_id, now
from auricle.store.search import retitle

router = APIRouter(tags=["recordings"])

IdempotencyKey = Annotated[
    str | None, Header(max_length=300, description="Sent again with the same key, a request is done once.")
]


class Change(Sent):
    """What is to change; what is left out stays."""

    title: str | None = Field(None, min_length=1, max_length=200)
    tags: list[str] | None = Field(None, max_length=tags.MOST_TAGS)


class RecordingCounts(BaseModel):
    """How many recordings there are; those in the trash count only as `trash`."""

    all: int
    running: int = Field(description="Queued or running.")
    needs_review: int = Field(description="With doubtful words.")
    failed: int = Field(description="Failed or dead.")
    trash: int
    languages: dict[str, int] = Field(description="By code.")
    tags: dict[str, int] = Field(description="By name.")
    speakers: dict[str, int] = Field(description="The 200 most frequent names.")


class Bulk(Sent):
    """The same for many recordings."""

    ids: list[str] = Field(min_length=1, max_length=1000)
    action: Literal["delete", "restore", "tag", "untag"]
    tag: str | None = Field(None, max_length=100, description="For tag and untag.")


#: What recordings are: whatever their senders say, or what browsers play.
_PLAYED = ("application/octet-stream", "audio/*", "video/*", "application/*")
_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "The recording."},
                        "options": {
                            "type": "string",
                            "description": 'A JSON object such as `{"language": "de"}`; see GET /info.',
                        },
                        "title": {"type": "string", "description": "By default the file's name."},
                        "tags": {"type": "string", "description": "Separated by commas."},
                        "priority": {"type": "string", "enum": list(PRIORITIES)},
                        "transcribe": {"type": "string", "enum": ["true", "false"]},
                        "on_duplicate": {"type": "string", "enum": ["keep", "return"]},
                    },
                }
            }
        },
    }
}


@router.post("/recordings", status_code=201, responses=again(Accepted), openapi_extra=_FORM)
async def upload_recording(
    request: Request,
    response: Response,
    service: ServiceDep,
    user: UserDep,
    idempotency_key: IdempotencyKey = None,
) -> Accepted:
    """Store a recording and queue its job; 200 where that was done before with this Idempotency-Key."""
    recording_id = new_id()

    async def keep(form: Form) -> tuple[Accepted, bool]:
        wishes = wishes_of(form)
        if form.stored is None:
            raise InvalidOption("The form has no part named file: that is the recording.")
        arrival = Arrival(recording_id, form.stored, form.filename, form.media_type, idempotency_key)
        return await run_in_threadpool(accept, service, user, arrival, wishes)

    accepted, new = await receive_form(request, service, f"recordings/{recording_id}/source", keep)
    response.status_code = 201 if new else 200
    return accepted


@router.put("/recordings", status_code=201, responses=again(Accepted), openapi_extra=RAW_BODY)
async def put_recording(
    request: Request,
    response: Response,
    service: ServiceDep,
    user: UserDep,
    filename: Annotated[str, Query(max_length=1000, description="Its name, for people.")] = "recording",
    options: Annotated[str, Query(description="A JSON object; GET /info lists all options.")] = "{}",
    title: Annotated[str | None, Query(max_length=1000)] = None,
    priority: Annotated[Literal["low", "normal", "high"], Query()] = "normal",
    transcribe: Annotated[bool, Query(description="false only stores it.")] = True,
    on_duplicate: Annotated[
        Literal["keep", "return"], Query(description="return gives an older recording with the same bytes.")
    ] = "keep",
    idempotency_key: IdempotencyKey = None,
) -> Accepted:
    """Store the body of the request as a recording (`curl -T file`) and queue its job."""
    wishes = Wishes(
        title=title,
        options=read_json(options),
        priority=priority,
        transcribe=transcribe,
        on_duplicate=on_duplicate,
    )
    asked_options(service, user, wishes.options)
    recording_id = new_id()
    kind = request.headers.get("content-type", "")

    async def keep(stored: Stored) -> tuple[Accepted, bool]:
        arrival = Arrival(recording_id, stored, filename, kind, idempotency_key)
        return await run_in_threadpool(accept, service, user, arrival, wishes)

    accepted, new = await receive_body(request, service, f"recordings/{recording_id}/source", keep)
    response.status_code = 201 if new else 200
    return accepted


@router.get("/recordings")
def list_recordings(
    service: ServiceDep,
    user: UserDep,
    title: Annotated[str | None, Query(max_length=200, description="Titles that contain this.")] = None,
    state: Annotated[
        list[Literal["none", "queued", "running", "done", "failed", "dead", "cancelled"]] | None,
        Query(max_length=7, description="Of the latest job, or none; several give those in any of them."),
    ] = None,
    needs_review: Annotated[bool, Query(description="Those with doubtful words.")] = False,
    language: Annotated[str | None, Query(max_length=10)] = None,
    tag: Annotated[str | None, Query(max_length=100)] = None,
    speaker: Annotated[str | None, Query(max_length=200)] = None,
    since: Annotated[datetime | None, Query(description="Not older than this.")] = None,
    until: Annotated[datetime | None, Query(description="Older than this.")] = None,
    sha256: Annotated[str | None, Query(max_length=64)] = None,
    trash: Annotated[bool, Query(description="Those in the trash.")] = False,
    sort: Annotated[
        Literal["newest", "oldest", "changed", "title", "longest", "shortest"], Query()
    ] = "newest",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[RecordingModel]:
    """Your recordings, a page at a time."""
    which = store.Filter(
        title=title,
        states=state or (),
        language=language,
        tag=tag,
        speaker=speaker,
        since=naive(since),
        until=naive(until),
        sha256=sha256,
        needs_review=needs_review,
        trash=trash,
    )
    value = float if sort in ("longest", "shortest") else str
    after = read_cursor(cursor, str, value, str) if cursor else None
    with service.database.read() as session:
        found = store.page(session, store.listed(user.id, which), sort, _place(after, sort), limit + 1)
        items = recording_models(session, found[:limit])
    following = write_cursor(sort, *store.place(found[limit - 1], sort)) if len(found) > limit else None
    return Page(items=items, next=following)


def _place(after: list[Any] | None, sort: str) -> list[Any] | None:
    """The place in a cursor, which has to be one of this order."""
    if after is None:
        return None
    if after[0] != sort:
        raise InvalidOption(f"The cursor is of another order than {sort}: start again without it.")
    if sort in store.BY_TIME:
        try:
            datetime.fromisoformat(after[1])
        except ValueError:
            raise InvalidOption(
                "The cursor is not one that this list gave: start again without it."
            ) from None
    return after[1:]


@router.post("/recordings/bulk")
@repeated
def change_many(service: ServiceDep, user: UserDep, wish: Bulk) -> list[RecordingModel]:
    """Delete, bring back or tag many recordings at once: all of them, or none where one is not there."""
    tag = tags.clean_tag(wish.tag or "")
    if wish.action in ("tag", "untag") and not tag:
        raise InvalidOption(f"The action {wish.action} needs a tag.")
    with service.database.write() as session:
        if wish.action == "delete":
            found = _to_trash(session, user.id, wish.ids)
        else:
            found = store.hold_recordings(session, user.id, wish.ids)
        ids = [one.id for one in found]
        if wish.action == "tag":
            tags.add_tag(session, user.id, ids, tag)
        elif wish.action == "untag":
            tags.remove_tag(session, user.id, ids, tag)
        for recording in found:
            if wish.action == "restore":
                recording.deleted_at = None
            store.touch(recording)
        record(session, user.id, f"recordings.{wish.action}", detail=len(found))
        return recording_models(session, found)


@router.get("/recordings/counts")
def count_recordings(service: ServiceDep, user: UserDep) -> RecordingCounts:
    """How many of your recordings there are of each sort."""
    with service.database.read() as session:
        return RecordingCounts(**asdict(store.tally(session, user.id)))


@router.get("/tags")
def list_tags(service: ServiceDep, user: UserDep) -> dict[str, int]:
    """Your tags, and on how many recordings each is."""
    with service.database.read() as session:
        return dict(tags.tag_counts(session, user.id))


@router.get("/recordings/{recording_id}", responses=TAGGED)
def get_recording(
    service: ServiceDep, user: UserDep, response: Response, recording_id: str
) -> RecordingModel:
    """One recording."""
    with service.database.read() as session:
        recording = store.find_recording(session, user.id, recording_id)
        response.headers["ETag"] = f'"{recording.version}"'
        return recording_models(session, [recording])[0]


@router.patch("/recordings/{recording_id}", responses=TAGGED)
@repeated
def change_recording(
    service: ServiceDep,
    user: UserDep,
    response: Response,
    recording_id: str,
    change: Annotated[Change, Body()],
    if_match: IfMatch = None,
) -> RecordingModel:
    """Rename or tag a recording."""
    with service.database.write() as session:
        (recording,) = store.hold_recordings(session, user.id, [recording_id])
        refuse_outdated(if_match, str(recording.version), "recording")
        if change.title is not None:
            recording.title = store.clean_title(change.title, recording.title)
            retitle(session, recording)
        if change.tags is not None:
            tags.set_tags(session, recording, change.tags)
        store.touch(recording)
        session.flush()
        response.headers["ETag"] = f'"{recording.version}"'
        return recording_models(session, [recording])[0]


@router.delete("/recordings/{recording_id}", status_code=204)
@repeated
def delete_recording(
    service: ServiceDep,
    user: UserDep,
    recording_id: str,
    forever: Annotated[bool, Query(description="Erase it now instead of putting it in the trash.")] = False,
) -> None:
    """Put a recording in the trash, or erase it and all that was made of it."""
    with service.database.write() as session:
        (recording,) = _to_trash(session, user.id, [recording_id])
        store.touch(recording)
        blobs = store.erase(session, recording) if forever else []
        record(session, user.id, "recording.erased" if forever else "recording.deleted", recording_id)
    for blob in blobs:
        service.storage.delete(blob)


def _to_trash(session: Session, owner_id: str, ids: list[str]) -> list[Recording]:
    """Stop what is done with recordings of one person, and put them in the trash."""
    tags.hold_owner(session, owner_id)
    # Their jobs before them, as workers hold them.
    open_jobs = select(Job).where(Job.owner_id == owner_id, Job.recording_id.in_(ids), Job.state.in_(OPEN))
    for job in session.scalars(open_jobs.order_by(Job.id)).all():
        cancel_job(session, job)
    found = store.hold_recordings(session, owner_id, ids)
    for recording in found:
        recording.deleted_at = recording.deleted_at or now()
    return found


@router.post("/recordings/{recording_id}/restore")
@repeated
def restore_recording(service: ServiceDep, user: UserDep, recording_id: str) -> RecordingModel:
    """Bring a recording back from the trash."""
    with service.database.write() as session:
        (recording,) = store.hold_recordings(session, user.id, [recording_id])
        recording.deleted_at = None
        store.touch(recording)
        return recording_models(session, [recording])[0]


@router.get(
    "/recordings/{recording_id}/download",
    response_class=Response,
    responses=stored_file(*_PLAYED, elsewhere=True),
)
@router.head("/recordings/{recording_id}/download", include_in_schema=False)
def download_recording(request: Request, service: ServiceDep, user: UserDep, recording_id: str) -> Response:
    """The file as it was uploaded; ranges are honoured."""
    with service.database.read() as session:
        recording = store.find_recording(session, user.id, recording_id)
    return send_blob(
        request, service.storage, recording.blob, recording.media_type, attachment=recording.filename
    )


@router.get("/recordings/{recording_id}/preview", response_class=Response, responses=stored_file(*_PLAYED))
@router.head("/recordings/{recording_id}/preview", include_in_schema=False)
def preview_recording(request: Request, service: ServiceDep, user: UserDep, recording_id: str) -> Response:
    """Something every browser can play; ranges are honoured, so that a player can jump."""
    with service.database.read() as session:
        recording = store.find_recording(session, user.id, recording_id)
    if recording.preview_blob is not None:
        return send_blob(request, service.storage, recording.preview_blob, "audio/mp4")
    return send_blob(request, service.storage, recording.blob, recording.media_type)


@router.get(
    "/recordings/{recording_id}/peaks",
    response_class=Response,
    responses={200: {"model": PeaksModel, "content": files("application/octet-stream")}},
)
def peaks_of_recording(
    service: ServiceDep,
    user: UserDep,
    recording_id: str,
    format: Annotated[Literal["json", "dat"], Query()] = "json",
) -> Response:
    """The outline of its loudness, as audiowaveform writes it (version 2, JSON or binary)."""
    with service.database.read() as session:
        recording = store.find_recording(session, user.id, recording_id)
    if recording.peaks_blob is None:
        raise NotFound("The outline is drawn while the recording is transcribed; it is not there yet.")
    with service.storage.open(recording.peaks_blob) as file:
        content = file.read()
    if format == "dat":
        return Response(content, media_type="application/octet-stream")
    return Response(json.dumps(Peaks.from_bytes(content).to_dict()), media_type="application/json")
