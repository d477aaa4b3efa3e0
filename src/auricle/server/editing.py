"""Routes for changing transcripts: edits, speakers, older versions, imports."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from auricle.errors import InTrash, InvalidOption, LimitExceeded, NotFound, Outdated
from auricle.server.answers import TAGGED
from auricle.server.bodies import Sent
from auricle.server.deps import ServiceDep, UserDep
from auricle.server.incoming import RAW_BODY
from auricle.server.preconditions import IfMatch, refuse_outdated
from auricle.server.service import Service
from auricle.server.transcripts import VersionModel, numbered, version_model
from auricle.store.recordings import find_recording
from auricle.store.schema import Recording, User
from auricle.store.transcripts import (
    Making,
    add_version,
    continued,
    current_version,
    hold,
    read_version,
    store_transcript,
)
from auricle.transcript import Transcript
from auricle.transcript.importing import read_transcript
from auricle.transcript.languages import language_code
from auricle.transcript.model import segment_to_dict, speaker_to_dict
from auricle.transcript.operations import OPERATIONS, apply
from auricle.transcript.speaking import merge_speakers, rename_speaker
from auricle.transcript.undo import changes

router = APIRouter(tags=["transcripts"])

_LARGEST_IMPORT = 50_000_000


class Edits(Sent):
    """Changes to a transcript, made one after the other: all of them or none."""

    operations: list[dict[str, Any]] = Field(
        min_length=1, max_length=10_000, description=f"Each has an `op`: {', '.join(OPERATIONS)}."
    )
    note: str = Field("", max_length=500)
    continues: bool = Field(
        False,
        description="Part of the same sitting: where the current version is an edit of yours made less than "
        "30 minutes ago, the new one takes its place.",
    )


class EditedModel(VersionModel):
    """The version an edit made, and what is other in it than in the one before."""

    segments: list[dict[str, Any]] = Field(description="Those that are new or changed, as in a transcript.")
    removed: list[int] = Field(description="Ids of segments that went.")
    speakers: list[dict[str, Any]] = Field(description="All there are now.")


class SpeakerName(Sent):
    """Another name for a speaker."""

    name: str = Field(min_length=1, max_length=200)


class Merge(Sent):
    """Two speakers that are one."""

    speaker: str
    into: str


@router.post("/recordings/{recording_id}/transcripts/{number}/restore", status_code=201)
def restore_version(service: ServiceDep, user: UserDep, recording_id: str, number: int) -> VersionModel:
    """Make an older version the current one, as a new version: nothing is lost."""
    with service.database.read() as session:
        _kept(find_recording(session, user.id, recording_id))
        version = numbered(session, recording_id, number)
    _, transcript = read_version(service.database, service.storage, version)
    making = Making("restore", user.id, f"Version {number}")
    return _saved(service, recording_id, transcript, making)


@router.patch("/recordings/{recording_id}/transcript", responses=TAGGED)
def edit_transcript(
    service: ServiceDep,
    user: UserDep,
    response: Response,
    recording_id: str,
    edits: Edits,
    if_match: IfMatch = None,
) -> EditedModel:
    """Change the current transcript; the answer says what is other now.

    The result is a new version, unless it `continues` the one before. Of two who edit at once, one gets 412.
    """
    model = _edited(
        service,
        user,
        recording_id,
        if_match,
        lambda old: apply(old, edits.operations),
        note=edits.note,
        continues=edits.continues,
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
) -> EditedModel:
    """Give a speaker another name."""

    def change(old: Transcript) -> Transcript:
        return rename_speaker(old, speaker, wanted.name)

    return _edited(service, user, recording_id, if_match, change, note=f"{speaker} is {wanted.name}")


@router.post("/recordings/{recording_id}/speakers/merge")
def join_speakers(
    service: ServiceDep, user: UserDep, recording_id: str, wanted: Merge, if_match: IfMatch = None
) -> EditedModel:
    """Two speakers are one: all that the first says was said by the other."""

    def change(old: Transcript) -> Transcript:
        return merge_speakers(old, wanted.speaker, wanted.into)

    return _edited(service, user, recording_id, if_match, change, note=f"{wanted.speaker} is {wanted.into}")


@router.post("/recordings/{recording_id}/transcript/import", status_code=201, openapi_extra=RAW_BODY)
async def import_transcript(
    request: Request,
    service: ServiceDep,
    user: UserDep,
    recording_id: str,
    language: Annotated[
        str | None,
        Query(
            max_length=40,
            description="A code such as en, or a name as english. Without it: what the file says, else that "
            "of the recording so far.",
        ),
    ] = None,
) -> VersionModel:
    """Take over an SRT, WebVTT or JSON transcript made elsewhere: it is the body of the request.

    What begins after the end of the recording is kept, with a warning in `made_with`; where all of it does,
    it is refused.
    """
    code = language_code(language)
    if language is not None and code is None:
        raise InvalidOption(
            f"language is {language!r}, but has to be a code such as en, or a name as english."
        )
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > _LARGEST_IMPORT:
            raise LimitExceeded(f"A transcript may have {_LARGEST_IMPORT:,} bytes at most.")

    def save() -> VersionModel:
        with service.database.read() as session:
            recording = _kept(find_recording(session, user.id, recording_id))
        transcript = read_transcript(bytes(content), recording.duration)
        transcript = replace(transcript, language=code or transcript.language or recording.language)
        return _saved(service, recording_id, transcript, Making("import", user.id))

    return await run_in_threadpool(save)


def _kept(recording: Recording) -> Recording:
    """A recording that is not in the trash: with it goes all that is written there. Raises InTrash."""
    if recording.deleted_at is not None:
        raise InTrash(
            "This recording is in the trash, and is erased with all that is written in it: "
            f"bring it back (POST /api/v1/recordings/{recording.id}/restore), then change it."
        )
    return recording


def _edited(
    service: Service,
    user: User,
    recording_id: str,
    if_match: str | None,
    change: Callable[[Transcript], Transcript],
    *,
    note: str,
    continues: bool = False,
) -> EditedModel:
    with service.database.read() as session:
        recording = _kept(find_recording(session, user.id, recording_id))
        version = current_version(session, recording)
    version, before = read_version(service.database, service.storage, version)
    refuse_outdated(if_match, version.id, "transcript")
    after = change(before)
    making = Making("edit", user.id, note, continues=continues)
    saved = _saved(service, recording_id, after, making, base=version.id)
    other = changes(before, after)
    return EditedModel(
        **saved.model_dump(),
        segments=[segment_to_dict(one) for one in other.segments],
        removed=list(other.removed),
        speakers=[speaker_to_dict(one) for one in after.speakers],
    )


def _saved(
    service: Service, recording_id: str, transcript: Transcript, making: Making, *, base: str | None = None
) -> VersionModel:
    """Store a transcript as the new current version, unless there is a newer one than `base`."""
    stored = store_transcript(service.storage, recording_id, transcript)
    with service.database.write() as session:
        recording = hold(session, recording_id)
        if recording is None:
            raise NotFound("There is no such recording.")
        _kept(recording)
        if base is not None and recording.transcript_id != base:
            raise Outdated("Somebody changed the transcript at the same moment: read it again.")
        old = continued(session, recording, making)
        version = add_version(session, recording, transcript, stored, making, instead_of=old)
        model = version_model(version, recording)
    if old is not None:
        service.storage.delete(old.blob)
    return model
