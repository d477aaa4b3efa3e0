"""The folders in which workers keep what only matters while a task runs, each gone with its process."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def own_folder(above: Path, name: str) -> Iterator[Path]:
    """An empty folder for the process of this name; those of processes that were killed go now.

    A lock says that the process lives, not its number: containers that cannot see each other's processes may
    share `above`.
    """
    for path in above.glob("worker-*"):
        with contextlib.suppress(OSError):
            lock = _locked(path)
            if lock is not None:
                shutil.rmtree(path, ignore_errors=True)
                os.close(lock)
    folder = above / f"worker-{name.replace(':', '-')}"
    lock = _taken(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _taken(folder: Path) -> int:
    """Make a folder and lock it, again where another process took it for a dead one's in between."""
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        lock = _locked(folder)
        if lock is not None:
            return lock


def _locked(folder: Path) -> int | None:
    """The lock on a folder, held until it is closed; None where another process has it, or it is gone."""
    file = folder / "lock"
    try:
        lock = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(lock), file.stat()):
            return lock
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(lock)
    return None
