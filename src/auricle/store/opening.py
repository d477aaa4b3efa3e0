"""From the settings to the database and the storage they name."""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from auricle.errors import Conflict, DiskFull, InvalidSetting, disk_errors
from auricle.settings import Settings
from auricle.store import Storage
from auricle.store.database import Database, open_database
from auricle.store.storage import open_storage

#: What the system says of folders that nobody, or somebody else, may write to.
_CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)
#: Bytes without which not even a database with nothing in it can be made.
_LEAST = 1_000_000


def database_of(settings: Settings) -> Database:
    """The database the settings name; its folder is made where the default is used."""
    if settings.database_url is not None:
        return open_database(settings.database_url)
    make_data_folder(settings)
    return open_database(f"sqlite:///{settings.data_dir / 'auricle.db'}")


def make_data_folder(settings: Settings) -> None:
    """Make the data folder where it is missing; nobody else on the machine may look into it.

    Raises InvalidSetting where nothing can be written there, DiskFull where there is no room.
    """
    folder = settings.data_dir
    with disk_errors(folder):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            if error.errno not in _CLOSED:
                raise
            raise _cannot_write(folder) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _cannot_write(folder)
    if shutil.disk_usage(folder).free < _LEAST:
        # SQLite would only say "disk I/O error".
        raise DiskFull(f"There is no room left on the disk for {folder}: free some and start again.")


def _cannot_write(folder: Path) -> InvalidSetting:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    found, user, group = there.stat(), os.getuid(), os.getgid()
    if os.statvfs(there).f_flag & os.ST_RDONLY:
        why = "it is mounted read-only. Mount it so that it can be written to"
    else:
        why = (
            f"{there} belongs to user {found.st_uid}, and Auricle runs as user {user}. Run `chown -R "
            f"{user}:{group}` on that folder, or on what is mounted there in a container"
        )
    return InvalidSetting(
        f"Nothing can be written to the data folder {folder}: {why}, or name another with AURICLE_DATA_DIR."
    )


def storage_of(settings: Settings) -> Storage:
    """The storage the settings name."""
    return open_storage(settings.storage_url or (settings.data_dir / "blobs").as_uri())


@contextlib.contextmanager
def hold_data_folder(settings: Settings) -> Iterator[None]:
    """Keep every other server away from the data folder; raises Conflict where one is there already."""
    make_data_folder(settings)
    lock = FileLock(settings.data_dir / "server.lock")
    try:
        with disk_errors(settings.data_dir):
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
