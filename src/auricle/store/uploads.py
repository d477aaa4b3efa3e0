"""Uploads in parts that end without a recording."""

from auricle.store import Storage
from auricle.store.database import Database
from auricle.store.schema import Recording, Upload


def give_up(database: Database, storage: Storage, upload: Upload) -> None:
    """Forget an upload with all that came of it; a recording it has become stays."""
    if upload.recording_id is None:
        # First of all: without the row nobody would know of the parts.
        storage.uploads.abort(upload.blob, upload.token)
    with database.write() as session:
        # Somebody may complete it now: one of the two comes first.
        found = session.get(Upload, upload.id, with_for_update=True)
        if found is None:
            return
        session.delete(found)
        owned = session.get(Recording, upload.id) is not None
    if not owned:
        storage.delete(upload.blob)
