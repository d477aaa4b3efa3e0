"""Transcripts of a recording: no version is ever changed, and one is the current one.

All versions are kept, but for those within one sitting: of a row of saved edits only the last is.
"""

import io
from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO

from pydantic_core import PydanticSerializationError, from_json, to_json
from sqlalchemy import and_, func, select, update
from sqlalchemy.orm import Session

from auricle.errors import InvalidOption, NotFound
from auricle.store import Storage
from auricle.store.database import Database
from auricle.store.schema import Recording, TranscriptVersion, new_id, now
from auricle.store.search import index_transcript
from auricle.transcript import Transcript
from auricle.transcript.review import doubtful_words

#: An edit goes on with the one before where that is not older than this.
_SITTING = timedelta(minutes=30)


def store_transcript(storage: Storage, recording_id: str, transcript: Transcript) -> tuple[str, str]:
    """Store the JSON form; returns the new version's id and its blob, for `add_version`.

    A blob no version names (where the transaction after this failed) is swept up later. Raises InvalidOption
    for text with half a character in it.
    """
    version_id = new_id()
    blob = f"transcripts/{recording_id}/{version_id}.json"
    try:
        content = to_json(transcript.to_dict())
    except PydanticSerializationError:
        raise InvalidOption("The text has half a character in it (a lone surrogate).") from None
    storage.put(blob, io.BytesIO(content))
    return version_id, blob


@dataclass(frozen=True, slots=True)
class Making:
    """How a version came to be: its kind, the person or the job that made it, and a note for people.

    `continues`: it is one more change of the same sitting (see `continued`).
    """

    kind: str
    made_by: str | None = None
    note: str = ""
    job_id: str | None = None
    continues: bool = False


def add_version(
    session: Session,
    recording: Recording,
    transcript: Transcript,
    stored: tuple[str, str],
    making: Making,
    *,
    instead_of: TranscriptVersion | None = None,
) -> TranscriptVersion:
    """Make a stored transcript the current version of a recording, and findable.

    The row of the recording has to be held by this transaction (see `hold`). The version `instead_of` goes,
    and the new one has its number; its blob is to be deleted once this is committed.
    """
    version_id, blob = stored
    version = TranscriptVersion(
        id=version_id,
        owner_id=recording.owner_id,
        recording_id=recording.id,
        number=_next_number(session, recording) if instead_of is None else instead_of.number,
        kind=making.kind,
        blob=blob,
        job_id=making.job_id,
        parent_id=recording.transcript_id if instead_of is None else instead_of.parent_id,
        made_by=making.made_by,
        note=(making.note or (instead_of.note if instead_of else ""))[:500],
        language=transcript.language,
        engine=transcript.made_with.engine,
        model=transcript.made_with.model,
        words=len(transcript.text.split()),
    )
    if instead_of is not None:
        session.delete(instead_of)
        session.flush()
    session.add(version)
    recording.transcript_id = version_id
    recording.language = transcript.language
    recording.speakers = [speaker.name for speaker in transcript.speakers]
    recording.doubtful = doubtful_words(transcript)
    recording.version += 1
    recording.changed_at = now()
    session.flush()
    index_transcript(session, recording, transcript)
    return version


def _next_number(session: Session, recording: Recording) -> int:
    highest = select(func.max(TranscriptVersion.number)).where(TranscriptVersion.recording_id == recording.id)
    return (session.scalar(highest) or 0) + 1


def continued(session: Session, recording: Recording, making: Making) -> TranscriptVersion | None:
    """The version that this one goes on with: the current one, an edit by the same person a short while ago.

    The row of the recording has to be held by this transaction.
    """
    current = session.get(TranscriptVersion, recording.transcript_id or "")
    if (
        not making.continues
        or current is None
        or (current.kind, current.made_by) != ("edit", making.made_by)
        or current.created_at < now() - _SITTING
    ):
        return None
    return current


def hold(session: Session, recording_id: str) -> Recording | None:
    """The recording, held against other writers until the transaction ends."""
    session.execute(update(Recording).where(Recording.id == recording_id).values(version=Recording.version))
    return session.get(Recording, recording_id, populate_existing=True)


def load_transcript(storage: Storage, version: TranscriptVersion) -> Transcript:
    """The transcript of a version; NotFound where its blob is gone."""
    with storage.open(version.blob) as file:
        return Transcript.from_dict(from_json(file.read()))


def read_version(
    database: Database, storage: Storage, version: TranscriptVersion
) -> tuple[TranscriptVersion, Transcript]:
    """A version and its transcript; where another has taken its place since its row was read, that one.

    Raises NotFound where its blob is gone.
    """
    version, file = open_version(database, storage, version)
    with file:
        return version, Transcript.from_dict(from_json(file.read()))


def open_version(
    database: Database, storage: Storage, version: TranscriptVersion
) -> tuple[TranscriptVersion, BinaryIO]:
    """As `read_version`, but the bytes of its JSON form."""
    while True:
        try:
            return version, storage.open(version.blob)
        except NotFound:
            same = and_(
                TranscriptVersion.recording_id == version.recording_id,
                TranscriptVersion.number == version.number,
            )
            with database.read() as session:
                there = session.scalars(select(TranscriptVersion).where(same)).first()
            if there is None or there.id == version.id:
                raise
            version = there


def current_version(session: Session, recording: Recording) -> TranscriptVersion:
    """The version people see; NotFound where there is none yet."""
    version = recording.transcript_id and session.get(TranscriptVersion, recording.transcript_id)
    if not version:
        raise NotFound("This recording has no transcript yet.")
    return version
