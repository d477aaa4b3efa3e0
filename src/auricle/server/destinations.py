"""Where files that come in go: into the storage, or aside while their request is answered."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from auricle.errors import disk_errors
from auricle.store import Storage
from auricle.store.storage import refuse_below, refuse_when_full


class Destination(Protocol):
    """Where a file goes while it comes."""

    @property
    def key(self) -> str:
        """What it is found by."""
        ...

    def put(self, source: BinaryIO) -> int:
        """Take all of it; its size in bytes."""
        ...

    def delete(self) -> None:
        """Take away what is there of it."""
        ...

    def check_room(self, coming: int = 0) -> None:
        """Raise DiskFull where too little would be free after `coming` more bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Blob:
    """A place in the storage; `floor` bytes have to stay free there."""

    storage: Storage
    key: str
    floor: int

    def put(self, source: BinaryIO) -> int:
        """Store it."""
        return self.storage.put(self.key, source)

    def delete(self) -> None:
        """Take it out of the storage."""
        self.storage.delete(self.key)

    def check_room(self, coming: int = 0) -> None:
        """Ask the storage, where it knows."""
        refuse_when_full(self.storage, self.floor, coming)


@dataclass(frozen=True, slots=True)
class ScratchFile:
    """A file that only matters while a request is answered; `floor` bytes have to stay free beside it."""

    path: Path
    floor: int

    @property
    def key(self) -> str:
        """Its path."""
        return str(self.path)

    def put(self, source: BinaryIO) -> int:
        """Write it; nothing has to survive a crash."""
        with disk_errors(self.path), self.path.open("xb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
            return file.tell()

    def delete(self) -> None:
        """Remove it."""
        self.path.unlink(missing_ok=True)

    def check_room(self, coming: int = 0) -> None:
        """Ask the disk."""
        refuse_below(self.floor, shutil.disk_usage(self.path.parent).free - coming)
