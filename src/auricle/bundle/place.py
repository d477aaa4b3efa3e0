"""The place where bundles are installed: whether it is ours, and what in it may be removed."""

import contextlib
import fcntl
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from auricle.bundle.manifest import MANIFEST, read_manifest
from auricle.errors import Conflict, Held, InvalidOption

#: Marks a release that can be used.
COMPLETE = "complete"
#: Marks the place as ours, and keeps a second installation out.
_LOCK = ".auricle.lock"
#: Releases that stay: the one in use, and the one before it.
_KEPT = 2
_IDENTITY = re.compile("[0-9a-f]{16}")
_BROKE_OFF = re.compile(r"\.[0-9a-f]{16}\.part")
#: Neither Python's environments nor a line of shell or TOML can say these.
_UNSPEAKABLE = frozenset('":$`\\\n')


def refuse_place(place: Path) -> None:
    """Raise InvalidOption where a place cannot be written, Conflict where it holds something else."""
    wrong = _UNSPEAKABLE.intersection(str(place))
    if wrong:
        raise InvalidOption(f"{place} holds the character {min(wrong)!r}: name another folder with --to.")
    try:
        Path(tempfile.mkdtemp(prefix=".auricle-", dir=nearest(place))).rmdir()
    except OSError as error:
        raise InvalidOption(
            f"{place} cannot be written ({error.strerror}): use sudo, or name another folder with --to."
        ) from error
    if place.is_dir() and any(place.iterdir()) and not _is_ours(place):
        raise Conflict(
            f"{place} holds something that is no installation of Auricle: name another folder with --to."
        )
    if (place / "current").exists() and not (place / "current").is_symlink():
        raise Conflict(f"{place}/current is no link, as it has to be: move it away.")


def nearest(place: Path) -> Path:
    """The folder itself, or the nearest one above it that is there."""
    return next(path for path in (place, *place.absolute().parents) if path.exists())


def stores(place: Path) -> list[Path]:
    """The bundles that were installed here, the newest first."""
    found = [
        path
        for path in (place / "bundles").glob("*")
        if _IDENTITY.fullmatch(path.name) and (path / MANIFEST).is_file()
    ]
    return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)


def forget_old(place: Path) -> None:
    """Remove what broke off, and releases older than the one before this."""
    newest = stores(place)[:_KEPT]
    kept = {path.name for path in newest} | {read_manifest(path).release for path in newest}
    for path in [*(place / "bundles").iterdir(), *(place / "releases").iterdir()]:
        if path.name not in kept and _is_made_here(path):
            shutil.rmtree(path)


@contextlib.contextmanager
def alone(place: Path) -> Iterator[None]:
    """Make the place ours, and keep a second installation out of it meanwhile."""
    with (place / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Held(f"Another installation into {place} is going on: wait for it.") from error
        yield


def _is_ours(place: Path) -> bool:
    return (place / _LOCK).is_file() or bool(stores(place))


def _is_made_here(path: Path) -> bool:
    """Whether a folder is a bundle or a release, or one that was not finished."""
    if path.is_symlink() or not path.is_dir():
        return False
    marks = (MANIFEST, COMPLETE, "pyvenv.cfg")
    named = _IDENTITY.fullmatch(path.name) and any((path / mark).is_file() for mark in marks)
    return bool(named or _BROKE_OFF.fullmatch(path.name))
