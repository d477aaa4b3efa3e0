"""Where recordings, jobs and transcripts are kept: rows in a database, bytes in a storage."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from auricle.errors import Conflict


class Blob(NamedTuple):
    """A stored file: its key, its size in bytes, and when it was written (UTC, naive)."""

    key: str
    size: int
    written_at: datetime


@dataclass(frozen=True, slots=True)
class StoredPart:
    """One part of an upload that is already stored; `number` counts from 1, `size` is in bytes."""

    number: int
    size: int
    etag: str


class Joined(NamedTuple):
    """An upload whose parts were put together: its size in bytes, and its SHA-256 where that is known."""

    size: int
    sha256: str | None


class Storage(Protocol):
    """Named bytes. Keys are made of ids only, with slashes; a blob appears whole or not at all.

    Errors: NotFound for a key nothing is stored under, DiskFull where there is no room, and
    StorageUnavailable (may be tried again) where the storage cannot be reached.
    """

    def put(self, key: str, source: BinaryIO) -> int:
        """Store what `source` gives until it ends, a block at a time; returns the size in bytes."""
        ...

    def take(self, key: str, path: Path) -> int:
        """Store a finished local file, which is gone afterwards; returns the size in bytes."""
        ...

    def open(self, key: str, start: int = 0, stop: int | None = None) -> BinaryIO:
        """Read the bytes from `start` up to `stop` (the end by default)."""
        ...

    def fetch(self, key: str, target: Path, start: int = 0, stop: int | None = None) -> Path:
        """A local file to read: the blob itself where it lies on this machine, else a copy at `target`.

        Only the bytes from `start` up to `stop` are certain to be there, at the place they have in the blob.
        """
        ...

    def delete(self, prefix: str) -> None:
        """Delete the blob `prefix` and every blob under `prefix/`; nothing there is no error."""
        ...

    def blobs(self, prefix: str = "") -> Iterator[Blob]:
        """The blob `prefix` and every blob under `prefix/`, all by default, in the order of their keys."""
        ...

    def download_url(self, key: str, filename: str, media_type: str) -> str | None:
        """An address to download from directly for an hour; None where Auricle has to send the bytes."""
        ...

    def free(self) -> int | None:
        """How many bytes there is room for; None where nobody can say."""
        ...

    @property
    def uploads(self) -> "PartUploads":
        """Uploads in parts."""
        ...


class PartUploads(Protocol):
    """Large files that come in parts, in any order and side by side; a part sent again replaces itself.

    `part_size` is the size in bytes that suits the storage, for all parts but the last: of each part on its
    way, a broken connection loses no more.
    """

    part_size: int

    def begin(self, key: str) -> str:
        """Start an upload that will become the blob `key`; the token names it from here on."""
        ...

    def put(self, key: str, token: str, number: int, source: BinaryIO, size: int) -> StoredPart:
        """Store part `number` (from 1): exactly `size` bytes, or InvalidOption and no such part."""
        ...

    def url(self, key: str, token: str, number: int) -> str | None:
        """An address the part can be PUT to directly for a day; None where it goes through Auricle."""
        ...

    def parts(self, key: str, token: str) -> list[StoredPart]:
        """The parts that are there, by number; NotFound where the upload is unknown."""
        ...

    def complete(self, key: str, token: str, sizes: Sequence[int]) -> Joined:
        """Join the parts, which have to have these sizes in bytes, in order.

        Others may do it at the same time, or have done it before. Raises Conflict, naming them, where parts
        are missing; NotFound where the upload is unknown.
        """
        ...

    def abort(self, key: str, token: str) -> None:
        """Forget the upload and its parts; an unknown one is no error."""
        ...


def refuse_gaps(parts: Sequence[StoredPart], sizes: Sequence[int]) -> None:
    """Raise Conflict, naming them, where parts of an upload are missing or have another size."""
    there = {part.number: part.size for part in parts}
    missing = [number for number, size in enumerate(sizes, 1) if there.get(number) != size]
    if missing:
        shown = ", ".join(map(str, missing[:20])) + (" and more" if len(missing) > 20 else "")
        raise Conflict(f"The upload is not complete: send part {shown}.")


__all__ = ["Blob", "Joined", "PartUploads", "Storage", "StoredPart", "refuse_gaps"]
