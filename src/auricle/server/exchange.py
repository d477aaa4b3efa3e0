"""Routes for many things at once: exports of several recordings, and everything one person has."""

import contextlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from typing import Annotated, BinaryIO

import structlog
from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from auricle.errors import DiskFull, InvalidOption, NotFound, is_no_room
from auricle.exports import export, find_format
from auricle.jobs.create import cancel_job
from auricle.jobs.ledger import OPEN
from auricle.server.answers import archive
from auricle.server.bodies import Sent
from auricle.server.deps import ServiceDep, UserDep
from auricle.server.models import recording_models
from auricle.server.sending import blocks, disposition, file_stem
from auricle.server.service import Service
from auricle.store import Storage
from auricle.store.audit import record
from auricle.store.database import repeated
from auricle.store.recordings import erase, find_recording
from auricle.store.schema import Job, Recording, TranscriptVersion, User
from auricle.store.tags import hold_owner
from auricle.store.transcripts import current_version, read_version

log = structlog.get_logger(__name__)

router = APIRouter(tags=["exchange"])

_BLOCK = 1 << 18
#: The first line of the list of what an export is without.
_MISSING = "The server has no more these files of yours, so that this export is without them:"


class WantedExports(Sent):
    """Which recordings, and in which formats."""

    recording_ids: list[str] = Field(min_length=1, max_length=1000)
    formats: list[str] = Field(min_length=1, max_length=20)


@router.post("/exports", response_class=StreamingResponse, responses=archive("The transcripts."))
def export_many(service: ServiceDep, user: UserDep, wanted: WantedExports) -> StreamingResponse:
    """The current transcripts of several recordings, in several formats, as one ZIP file."""
    forms = [find_format(name) for name in dict.fromkeys(wanted.formats)]
    with service.database.read() as session:
        recordings = [find_recording(session, user.id, one) for one in dict.fromkeys(wanted.recording_ids)]
        versions = [current_version(session, one) for one in recordings]
    names: set[str] = set()
    with _making(service, zipfile.ZIP_DEFLATED) as (file, archive):
        for recording, version in zip(recordings, versions, strict=True):
            _, transcript = read_version(service.database, service.storage, version)
            stem = _unique(recording.title, names)
            for form in forms:
                content = export(transcript, form.name, title=recording.title).content
                archive.writestr(f"{stem}.{form.extension.lstrip('.')}", content)
    with service.database.write() as session:
        record(session, user.id, "transcripts.exported", recordings=len(recordings))
    formats = [form.name for form in forms]
    for recording, version in zip(recordings, versions, strict=True):
        log.info("transcript_exported", recording=recording.id, job=version.job_id, format=formats)
    return _zip(file, "transcripts.zip")


@router.get("/users/me/export", response_class=StreamingResponse, responses=archive("All you have."))
def export_everything(
    service: ServiceDep,
    user: UserDep,
    audio: Annotated[bool, Query(description="The recordings themselves as well.")] = True,
) -> StreamingResponse:
    """Everything you have here, as one ZIP file: recordings, and all versions of their transcripts.

    Where the server has lost a file, `missing.txt` names it, and the rest is there.
    """
    missing: list[str] = []
    if audio:
        _refuse_without_room(service, user)
    with service.database.read() as session, _making(service, zipfile.ZIP_STORED) as (file, archive):
        for recording in session.scalars(
            select(Recording).where(Recording.owner_id == user.id).order_by(Recording.id)
        ).all():
            missing += _add_recording(archive, service, session, recording, audio=audio)
        if missing:
            archive.writestr("missing.txt", "".join(f"{name}\n" for name in [_MISSING, *missing]))
        archive.writestr("user.json", json.dumps({"id": user.id, "name": user.name}))
    with service.database.write() as session:
        record(session, user.id, "user.exported", user.id)
    log.info("user_exported", user=user.id, missing=len(missing))
    return _zip(file, "auricle-export.zip")


@router.delete("/users/me/data", status_code=204)
def erase_everything(
    service: ServiceDep,
    user: UserDep,
    confirm: Annotated[str, Query(description="Your name, so that nobody does this by mistake.")],
) -> None:
    """Erase every recording and transcript you have, at once and for ever."""
    if confirm != user.name:
        raise InvalidOption("confirm has to be your name: nothing was erased.")
    while True:
        blobs = _erase_some(service, user)
        for blob in blobs:
            service.storage.delete(blob)
        if not blobs:
            break
    with service.database.write() as session:
        record(session, user.id, "user.erased", user.id)


@repeated
def _erase_some(service: Service, user: User) -> list[str]:
    with service.database.write() as session:
        hold_owner(session, user.id)
        query = select(Recording).where(Recording.owner_id == user.id).limit(100)
        some = session.scalars(query).all()
        for recording in some:
            open_jobs = select(Job).where(Job.recording_id == recording.id, Job.state.in_(OPEN))
            for job in session.scalars(open_jobs).all():
                cancel_job(session, job)
        return [blob for recording in some for blob in erase(session, recording)]


@contextlib.contextmanager
def _making(service: Service, compression: int) -> Iterator[tuple[BinaryIO, zipfile.ZipFile]]:
    """A new file, open to be sent, and the archive in it; the file is gone where making it fails.

    A ZIP needs its whole before its end is known; it grows on disk, not in memory. Raises DiskFull.
    """
    folder = service.place.folder
    try:
        with contextlib.ExitStack() as opened:
            folder.mkdir(parents=True, exist_ok=True)
            file = opened.enter_context(tempfile.TemporaryFile(dir=folder))
            with zipfile.ZipFile(file, "w", compression) as archive:
                yield file, archive
            file.flush()
            opened.pop_all()
    except OSError as error:
        if is_no_room(error):
            raise DiskFull(
                "There is no room left on the server's disk for this export: take less at once, or have some "
                "room made, and try again."
            ) from error
        raise


def _refuse_without_room(service: Service, user: User) -> None:
    """Raise DiskFull where the recordings of a person, which are copied, would leave too little for work."""
    service.place.folder.mkdir(parents=True, exist_ok=True)
    free, floor = shutil.disk_usage(service.place.folder).free, service.settings.min_free
    with service.database.read() as session:
        size = session.scalar(select(func.sum(Recording.size)).where(Recording.owner_id == user.id)) or 0
    if free - size < floor:
        raise DiskFull(
            f"This export takes {size / 1e9:.1f} GB on the server's disk for a while, but only "
            f"{free / 1e9:.1f} GB are free, and {floor / 1e9:.1f} GB have to stay free for running work: "
            "export without audio (audio=false), or have some room made, and try again."
        )


def _add_recording(
    archive: zipfile.ZipFile, service: Service, session: Session, recording: Recording, *, audio: bool
) -> list[str]:
    """Add all there is of a recording; returns the names of those files that the storage has lost."""
    missing = []
    row = recording_models(session, [recording])[0].model_dump_json(indent=2)
    archive.writestr(f"{recording.id}/recording.json", row)
    for version in session.scalars(
        select(TranscriptVersion).where(TranscriptVersion.recording_id == recording.id)
    ).all():
        name = f"{recording.id}/transcript-{version.number}.json"
        try:
            _, transcript = read_version(service.database, service.storage, version)
            archive.writestr(name, transcript.to_json())
        except NotFound:
            missing.append(name)
    if audio:
        name = f"{recording.id}/{recording.filename}"
        try:
            _add_file(archive, service.storage, recording.blob, name)
        except NotFound:
            missing.append(name)
    return missing


def _add_file(archive: zipfile.ZipFile, storage: Storage, key: str, name: str) -> None:
    with (
        storage.open(key) as source,
        archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as target,
    ):
        while block := source.read(_BLOCK):
            target.write(block)


def _unique(title: str, names: set[str]) -> str:
    """A name for a file in the archive that no other has; titles may be the same."""
    stem = file_stem(title)
    name, number = stem, 2
    while name.casefold() in names:
        name, number = f"{stem} ({number})", number + 1
    names.add(name.casefold())
    return name


def _zip(file: BinaryIO, name: str) -> StreamingResponse:
    size = file.seek(0, 2)
    file.seek(0)
    headers = {"Content-Disposition": disposition(name), "Content-Length": str(size)}
    return StreamingResponse(blocks(lambda: file), headers=headers, media_type="application/zip")
