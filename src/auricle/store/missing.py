"""Files that rows name, and whose those are that the storage has no more."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from auricle.store.schema import Recording, TranscriptVersion

#: The exit status of a backup, or of a move, that is without files which the storage has lost.
INCOMPLETE = 3


@dataclass(frozen=True, slots=True)
class Missing:
    """A recording, and the keys of those files of it that are not there."""

    recording_id: str
    title: str
    keys: tuple[str, ...]


def blob_keys(session: Session) -> Iterator[str]:
    """Every blob that a row names."""
    for _, key in _named(session):
        yield key


def missing_files(session: Session, keys: set[str]) -> tuple[Missing, ...]:
    """Whose the blobs with these keys are, by recording."""
    found: dict[str, list[str]] = {}
    for recording_id, key in _named(session) if keys else ():
        if key in keys:
            found.setdefault(recording_id, []).append(key)
    return tuple(
        Missing(one, session.get_one(Recording, one).title, tuple(found[one])) for one in sorted(found)
    )


def _named(session: Session) -> Iterator[tuple[str, str]]:
    for column in (Recording.blob, Recording.preview_blob, Recording.peaks_blob, TranscriptVersion.blob):
        owner = TranscriptVersion.recording_id if column is TranscriptVersion.blob else Recording.id
        for recording_id, key in session.execute(select(owner, column).order_by(column)).all():
            if key is not None:
                yield recording_id, key
