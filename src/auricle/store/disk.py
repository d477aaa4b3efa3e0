"""Blobs as files in a folder."""

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

from auricle.errors import AuricleError, InvalidOption, NotFound, disk_errors
from auricle.store import Blob, Joined, StoredPart, refuse_gaps

_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_TOKEN = re.compile(r"[0-9a-f]{32}")
_BLOCK = 1 << 20
#: Where unfinished files lie; no key begins with a dot.
_UNFINISHED = ".unfinished"


class DiskStorage:
    """Blobs under `root`. A blob is written beside the others and renamed once it is whole."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, source: BinaryIO) -> int:
        return self.write(self.path(key), lambda file: _copy(source, file))

    def take(self, key: str, path: Path) -> int:
        target = self.path(key)
        with disk_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                _flush(path)
                path.replace(target)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                with path.open("rb") as file:
                    self.put(key, file)
                path.unlink()
            _flush(target.parent)
            return target.stat().st_size

    def open(self, key: str, start: int = 0, stop: int | None = None) -> BinaryIO:
        try:
            file = self.path(key).open("rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise _missing(key) from None
        file.seek(start)
        return file if stop is None else cast("BinaryIO", _Limited(file, max(0, stop - start)))

    def fetch(self, key: str, target: Path, start: int = 0, stop: int | None = None) -> Path:  # noqa: ARG002 - the port's signature
        path = self.path(key)
        if not path.is_file():
            raise _missing(key)
        return path

    def delete(self, prefix: str) -> None:
        path = self.path(prefix)
        if path.is_dir():
            self.remove(path)
        else:
            path.unlink(missing_ok=True)
        for folder in path.parents:
            if folder == self.root:
                break
            with contextlib.suppress(OSError):
                folder.rmdir()

    def blobs(self, prefix: str = "") -> Iterator[Blob]:
        start = self.path(prefix) if prefix else self.root
        if start.is_file():
            yield self._blob(start)
            return
        found = (
            Path(folder) / name
            for folder, folders, names in os.walk(start)
            if _visible(folders)
            for name in names
        )
        for path in sorted(found):
            with contextlib.suppress(FileNotFoundError):
                yield self._blob(path)

    def download_url(self, key: str, filename: str, media_type: str) -> str | None:  # noqa: ARG002 - the port's signature
        return None

    def free(self) -> int | None:
        folder = self.root
        while not folder.exists():
            folder = folder.parent
        return shutil.disk_usage(folder).free

    @property
    def uploads(self) -> "DiskUploads":
        return DiskUploads(self)

    def _blob(self, path: Path) -> Blob:
        found = path.stat()
        written_at = datetime.fromtimestamp(found.st_mtime, UTC).replace(tzinfo=None)
        return Blob(path.relative_to(self.root).as_posix(), found.st_size, written_at)

    def path(self, key: str) -> Path:
        """Where a blob lies, or will."""
        if not _KEY.fullmatch(key):
            raise AuricleError(f"{key[:100]!r} is no key of a blob.")
        return self.root / key

    def unfinished(self) -> Path:
        """Where a file that is begun may lie, under a name of its own."""
        folder = self.root / _UNFINISHED
        folder.mkdir(parents=True, exist_ok=True)
        return folder / secrets.token_hex(16)

    def remove(self, folder: Path) -> None:
        """Delete a folder that may be gone already, in one step for those who look."""
        away = self.unfinished()
        with contextlib.suppress(FileNotFoundError):
            folder.rename(away)
        shutil.rmtree(away, ignore_errors=True)

    def write(self, target: Path, fill: Callable[[BinaryIO], int]) -> int:
        """Write a file in one step: after a crash it is there whole, or not at all."""
        with disk_errors(target):
            temporary = self.unfinished()
            try:
                with temporary.open("wb") as file:
                    size = fill(file)
                    file.flush()
                    os.fsync(file.fileno())
                target.parent.mkdir(parents=True, exist_ok=True)
                temporary.replace(target)
            finally:
                temporary.unlink(missing_ok=True)
            _flush(target.parent)
        return size


class DiskUploads:
    """Parts as files of their own, put together when all are there."""

    part_size = 4 << 20

    def __init__(self, storage: DiskStorage) -> None:
        self._storage = storage

    def begin(self, key: str) -> str:  # noqa: ARG002 - the port's signature
        token = secrets.token_hex(16)
        with disk_errors(self._storage.root):
            self._folder(token).mkdir(parents=True)
        return token

    def put(self, key: str, token: str, number: int, source: BinaryIO, size: int) -> StoredPart:
        self._known(key, token)
        digest = hashlib.sha256()

        def fill(file: BinaryIO) -> int:
            written = _copy(source, file, digest.update, limit=size + 1)
            if written != size:
                many = "more" if written > size else str(written)
                raise InvalidOption(f"Part {number} should have {size} bytes, but has {many}: send it again.")
            return written

        temporary = self._storage.unfinished()
        self._storage.write(temporary, fill)
        # Its name carries what is known of it, so that the listing needs no second file.
        folder = self._folder(token)
        final = folder / f"{number}-{size}-{digest.hexdigest()}"
        try:
            with self._alone(token):
                self._known(key, token)
                for other in folder.glob(f"{number}-*"):
                    other.unlink(missing_ok=True)
                temporary.replace(final)
        finally:
            temporary.unlink(missing_ok=True)
        return StoredPart(number, size, digest.hexdigest())

    def url(self, key: str, token: str, number: int) -> str | None:  # noqa: ARG002 - the port's signature
        return None

    def parts(self, key: str, token: str) -> list[StoredPart]:
        found = [part for part, _ in self._files(token)]
        # Looked at last: what was listed while the upload went is not all of it.
        self._known(key, token)
        return found

    def complete(self, key: str, token: str, sizes: Sequence[int]) -> Joined:
        """Join the parts in order.

        They are appended to one file, and each is emptied once it is in, so that no upload needs its size
        twice. How far that came is in the file's name: after a crash, it goes on from there.
        """
        target = self._storage.path(key)
        with self._alone(token), disk_errors(target):
            try:
                size, sha256 = _weighed(self._storage.open(key))
            except NotFound:
                self._known(key, token)
                joined, sha256 = self._join(token, sizes)
                size = self._storage.take(key, joined)
            self._storage.remove(self._folder(token))
            return Joined(size, sha256)

    def abort(self, key: str, token: str) -> None:  # noqa: ARG002 - the port's signature
        with self._alone(token):
            self._storage.remove(self._folder(token))

    def _join(self, token: str, sizes: Sequence[int]) -> tuple[Path, str]:
        """All parts in one file, and its SHA-256.

        `joined-N-SIZE` holds the parts up to N in its first SIZE bytes.
        """
        folder = self._folder(token)
        files = self._files(token)
        refuse_gaps([part for part, _ in files], sizes)
        joined = next(folder.glob("joined-*"), folder / "joined-0-0")
        joined.touch()
        reached, size = (int(number) for number in joined.name.split("-")[1:])
        digest = hashlib.sha256()
        with joined.open("r+b") as file:
            file.truncate(size)
            while block := file.read(_BLOCK):
                digest.update(block)
            for part, path in files[reached : len(sizes)]:
                with path.open("rb") as more:
                    size += _copy(more, file, digest.update)
                file.flush()
                os.fsync(file.fileno())
                joined = joined.rename(folder / f"joined-{part.number}-{size}")
                os.truncate(path, 0)
        return joined, digest.hexdigest()

    def _files(self, token: str) -> list[tuple[StoredPart, Path]]:
        """The parts by number, and their files; those that are joined already are empty."""
        found = []
        for path in self._folder(token).glob("[0-9]*-*-*"):
            number, size, etag = path.name.split("-")
            found.append((StoredPart(int(number), int(size), etag), path))
        return sorted(found, key=lambda one: one[0].number)

    @contextlib.contextmanager
    def _alone(self, token: str) -> Iterator[None]:
        """Nobody else changes this upload meanwhile, in this process or another one.

        Its lock goes with it. Whoever waited for a lock that went finds the upload gone, and so has nothing
        to change.
        """
        folder = self._folder(token)
        lock = folder.with_name(f"{token}.lock")
        with disk_errors(lock):
            lock.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            if not folder.is_dir():
                lock.unlink(missing_ok=True)
            os.close(handle)

    def _folder(self, token: str) -> Path:
        if not _TOKEN.fullmatch(token):
            raise NotFound("There is no such upload: it was completed, given up, or has expired.")
        return self._storage.root / ".uploads" / token

    def _known(self, key: str, token: str) -> None:  # noqa: ARG002 - reads like its callers
        if not self._folder(token).is_dir():
            raise NotFound("There is no such upload: it was completed, given up, or has expired.")


class _Limited:
    """A file that ends after so many bytes."""

    def __init__(self, file: BinaryIO, left: int) -> None:
        self._file = file
        self._left = left

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        block = self._file.read(wanted)
        self._left -= len(block)
        return block

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> "_Limited":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _copy(
    source: BinaryIO, target: BinaryIO, also: Callable[[bytes], None] | None = None, limit: int | None = None
) -> int:
    """Copy blocks until the source ends or `limit` bytes are through; returns how many that were."""
    size = 0
    while block := source.read(_BLOCK if limit is None else min(_BLOCK, limit - size)):
        target.write(block)
        size += len(block)
        if also is not None:
            also(block)
    return size


def _weighed(source: BinaryIO) -> tuple[int, str]:
    """The size and the SHA-256 of what a file holds; it is closed afterwards."""
    size, digest = 0, hashlib.sha256()
    with source:
        while block := source.read(_BLOCK):
            size += len(block)
            digest.update(block)
    return size, digest.hexdigest()


def _visible(folders: list[str]) -> bool:
    """Keep `os.walk` out of the folders of unfinished files."""
    folders[:] = sorted(name for name in folders if not name.startswith("."))
    return True


def _missing(key: str) -> NotFound:
    return NotFound(f"The file {key} is not in the storage.")


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
