"""Transcripts of a recording: every version is kept, none is ever changed, one is the current one."""

import io
import json

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from auricle.errors import InvalidOption, NotFound
from auricle.store import Storage
from auricle.store.schema import Recording, TranscriptVersion, new_id, now
from auricle.store.search import index_transcript
from auricle.transcript import Transcript


def store_transcript(storage: Storage, recording_id: str, transcript: Transcript) -> tuple[str, str]:
    """Store the JSON form; returns the new version's id and its blob, for `add_version`.

    A blob no version names (where the transaction after this failed) is swept up later. Raises InvalidOption
    for text with half a character in it.
    """
    version_id = new_id()
    blob = f"transcripts/{recording_id}/{version_id}.json"
    try:
        content = json.dumps(transcript.to_dict(), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise InvalidOption("The text has half a character in it (a lone surrogate).") from None
    storage.put(blob, io.BytesIO(content))
    return version_id, blob


def add_version(
    session: Session,
    recording: Recording,
    transcript: Transcript,
    stored: tuple[str, str],
    *,
    kind: str,
    job_id: str | None = None,
    made_by: str | None = None,
    note: str = "",
) -> TranscriptVersion:
    """Make a stored transcript the current version of a recording, and findable.

    The row of the recording has to be held by this transaction (see `hold`).
    """
    number = session.scalar(
        select(func.coalesce(func.max(TranscriptVersion.number), 0) + 1).where(
            TranscriptVersion.recording_id == recording.id
        )
    )
    version_id, blob = stored
    version = TranscriptVersion(
        id=version_id,
        owner_id=recording.owner_id,
        recording_id=recording.id,
        number=number or 1,
        kind=kind,
        blob=blob,
        job_id=job_id,
        parent_id=recording.transcript_id,
        made_by=made_by,
        note=note,
        language=transcript.language,
        engine=transcript.made_with.engine,
        model=transcript.made_with.model,
        words=len(transcript.text.split()),
    )
    session.add(version)
    recording.transcript_id = version_id
    recording.language = transcript.language
    recording.speakers = [speaker.name for speaker in transcript.speakers]
    recording.version += 1
    recording.changed_at = now()
    session.flush()
    index_transcript(session, recording, transcript)
    return version


def hold(session: Session, recording_id: str) -> Recording | None:
    """The recording, held against other writers until the transaction ends."""
    session.execute(update(Recording).where(Recording.id == recording_id).values(version=Recording.version))
    return session.get(Recording, recording_id, populate_existing=True)


def load_transcript(storage: Storage, version: TranscriptVersion) -> Transcript:
    """The transcript of a version; NotFound where its blob is gone."""
    with storage.open(version.blob) as file:
        return Transcript.from_dict(json.loads(file.read()))


def current_version(session: Session, recording: Recording) -> TranscriptVersion:
    """The version people see; NotFound where there is none yet."""
    version = recording.transcript_id and session.get(TranscriptVersion, recording.transcript_id)
    if not version:
        raise NotFound("This recording has no transcript yet.")
    return version
