"""Routes for large files: they come in parts, in any order and side by side, and go on after a break."""

import math
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from auricle.accounts.quotas import refuse_more_space
from auricle.errors import AuricleError, Conflict, NotFound, UnsupportedOption
from auricle.server.accepting import (
    NO_UPLOAD,
    Accepted,
    Arrival,
    Wishes,
    accept,
    asked_options,
    made_of_upload,
)
from auricle.server.answers import again
from auricle.server.bodies import Sent
from auricle.server.deps import ServiceDep, UserDep
from auricle.server.incoming import RAW_BODY, Stored, receive_part, too_large
from auricle.server.models import Moment
from auricle.server.service import Service
from auricle.store.recordings import clean_name
from auricle.store.schema import Upload, User, new_id, now
from auricle.store.storage import refuse_when_full
from auricle.store.uploads import give_up

router = APIRouter(tags=["uploads"])

#: S3 takes no more.
_MOST_PARTS = 10_000
_MIB = 1 << 20


class NewUpload(Sent):
    """A large file that is about to come."""

    filename: str = Field(max_length=1000)
    size: int = Field(ge=1, description="Bytes.")
    media_type: str = Field("application/octet-stream", max_length=200)


class UploadModel(BaseModel):
    """An upload, and which of its parts are there."""

    id: str
    filename: str
    size: int = Field(description="Bytes.")
    part_size: int = Field(description="Bytes of every part but the last.")
    parts: int = Field(description="How many parts there have to be, numbered from 1.")
    received: list[int] = Field(description="The parts that are there.")
    received_bytes: int
    urls: list[str] | None = Field(
        description="Where each part may be PUT directly; null where all go through this server."
    )
    recording_id: str | None = Field(description="What it became, once it was completed.")
    expires_at: Moment


class PartModel(BaseModel):
    """A part that is there."""

    number: int
    size: int = Field(description="Bytes.")
    etag: str = Field(description="What the storage knows it by.")


@router.post("/uploads", status_code=201)
def begin_upload(service: ServiceDep, user: UserDep, wanted: NewUpload) -> UploadModel:
    """Announce a large file; the answer says how to cut it."""
    if wanted.size > service.settings.max_upload:
        raise too_large(service.settings.max_upload)
    refuse_when_full(service.storage, service.settings.min_free, wanted.size)
    upload_id = new_id()
    blob = f"recordings/{upload_id}/source"
    part_size = max(service.storage.uploads.part_size, math.ceil(wanted.size / _MOST_PARTS / _MIB) * _MIB)
    with service.database.write() as session:
        refuse_more_space(session, user.id, service.settings, wanted.size)
        upload = Upload(
            id=upload_id,
            owner_id=user.id,
            filename=clean_name(wanted.filename),
            media_type=wanted.media_type,
            size=wanted.size,
            part_size=part_size,
            blob=blob,
            token=service.storage.uploads.begin(blob),
            expires_at=now() + timedelta(days=service.settings.upload_days),
        )
        session.add(upload)
    return _model(service, upload)


@router.get("/uploads/{upload_id}")
def get_upload(service: ServiceDep, user: UserDep, upload_id: str) -> UploadModel:
    """Which parts are there: what to send after a connection broke."""
    with service.database.read() as session:
        return _model(service, _find(session, user, upload_id))


@router.put("/uploads/{upload_id}/parts/{number}", openapi_extra=RAW_BODY)
async def put_part(
    request: Request,
    service: ServiceDep,
    user: UserDep,
    upload_id: str,
    number: Annotated[int, Path(ge=1, le=_MOST_PARTS)],
) -> PartModel:
    """Store one part; sent again, it replaces itself."""

    def find() -> Upload:
        with service.database.read() as session:
            return _find(session, user, upload_id)

    upload = await run_in_threadpool(find)
    if upload.recording_id is not None:
        raise Conflict("This upload has been completed: nothing can be added.")
    if number > _count(upload):
        raise NotFound(f"This upload has {_count(upload)} parts: there is no part {number}.")
    part = await receive_part(request, service, upload.blob, upload.token, number, _size_of(upload, number))
    return PartModel(number=part.number, size=part.size, etag=part.etag)


@router.post("/uploads/{upload_id}/complete", status_code=201, responses=again(Accepted))
def complete_upload(
    service: ServiceDep, user: UserDep, response: Response, upload_id: str, wishes: Wishes | None = None
) -> Accepted:
    """Put the parts together: the recording and its job, as `POST /recordings` gives them.

    200 where that was done before. An upload that is refused stays as it is.
    """
    wishes = wishes or Wishes()
    asked_options(service, user, wishes.options)
    with service.database.read() as session:
        upload = _find(session, user, upload_id)
        made = made_of_upload(session, upload)
    new = False
    if made is None:
        try:
            made, new = accept(service, user, _joined(service, upload, wishes), wishes)
        except AuricleError:
            # Another request may have completed it meanwhile, and taken away what this one looked for.
            with service.database.read() as session:
                made = made_of_upload(session, _find(session, user, upload_id))
            if made is None:
                raise
    response.status_code = 201 if new else 200
    return made


def _joined(service: Service, upload: Upload, wishes: Wishes) -> Arrival:
    """The whole file. Raises Conflict, naming them, where parts are missing."""
    sizes = [_size_of(upload, number) for number in range(1, _count(upload) + 1)]
    size, sha256 = service.storage.uploads.complete(upload.blob, upload.token, sizes)
    if sha256 is None and wishes.on_duplicate == "return":
        raise UnsupportedOption(
            "on_duplicate=return cannot be kept here: what came to S3 in parts is read as a whole only when "
            "its job begins. Leave it out; afterwards GET /recordings?sha256=... lists equal recordings."
        )
    stored = Stored(upload.blob, size, sha256)
    return Arrival(upload.id, stored, upload.filename, upload.media_type, in_parts=True)


@router.delete("/uploads/{upload_id}", status_code=204)
def abort_upload(service: ServiceDep, user: UserDep, upload_id: str) -> None:
    """Give an upload up; a recording it has become stays."""
    with service.database.read() as session:
        upload = _find(session, user, upload_id)
    give_up(service.database, service.storage, upload)


def _find(session: Session, user: User, upload_id: str) -> Upload:
    upload = session.get(Upload, upload_id)
    if upload is None or upload.owner_id != user.id:
        raise NotFound(NO_UPLOAD)
    return upload


def _count(upload: Upload) -> int:
    return math.ceil(upload.size / upload.part_size)


def _size_of(upload: Upload, number: int) -> int:
    return min(upload.part_size, upload.size - (number - 1) * upload.part_size)


def _received(service: Service, upload: Upload) -> dict[int, int]:
    """The size of every part that is there."""
    if upload.recording_id is not None:
        return {number: _size_of(upload, number) for number in range(1, _count(upload) + 1)}
    try:
        parts = service.storage.uploads.parts(upload.blob, upload.token)
    except NotFound:
        # Joined already, but the answer never reached the client.
        if any(True for _ in service.storage.blobs(upload.blob)):
            return {number: _size_of(upload, number) for number in range(1, _count(upload) + 1)}
        raise
    return {part.number: part.size for part in parts}


def _model(service: Service, upload: Upload) -> UploadModel:
    received = _received(service, upload)
    count = _count(upload)
    uploads = service.storage.uploads
    open_still = upload.recording_id is None
    urls = [uploads.url(upload.blob, upload.token, n) for n in range(1, count + 1)] if open_still else []
    return UploadModel(
        id=upload.id,
        filename=upload.filename,
        size=upload.size,
        part_size=upload.part_size,
        parts=count,
        received=sorted(received),
        received_bytes=sum(received.values()),
        urls=[url for url in urls if url is not None] or None,
        recording_id=upload.recording_id,
        expires_at=upload.expires_at,
    )
