"""From the settings to the database and the storage they name."""

import contextlib
from collections.abc import Iterator

from filelock import FileLock, Timeout

from auricle.errors import Conflict
from auricle.settings import Settings
from auricle.store import Storage
from auricle.store.database import Database, open_database
from auricle.store.storage import open_storage


def database_of(settings: Settings) -> Database:
    """The database the settings name; its folder is made where the default is used."""
    if settings.database_url is not None:
        return open_database(settings.database_url)
    make_data_folder(settings)
    return open_database(f"sqlite:///{settings.data_dir / 'auricle.db'}")


def make_data_folder(settings: Settings) -> None:
    """Make the data folder where it is missing; nobody else on the machine may look into it."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)


def storage_of(settings: Settings) -> Storage:
    """The storage the settings name."""
    return open_storage(settings.storage_url or (settings.data_dir / "blobs").as_uri())


@contextlib.contextmanager
def hold_data_folder(settings: Settings) -> Iterator[None]:
    """Keep every other server away from the data folder; raises Conflict where one is there already."""
    make_data_folder(settings)
    lock = FileLock(settings.data_dir / "server.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise Conflict(
            f"An Auricle server uses the data folder {settings.data_dir}: stop it, or name another folder "
            "with AURICLE_DATA_DIR."
        ) from None
    try:
        yield
    finally:
        lock.release()
