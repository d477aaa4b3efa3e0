"""Models on disk: folders that hold one, and the Hugging Face cache that shares them with other programs."""

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

#: What faster-whisper reads of a model; a repository's other files are not fetched.
MODEL_FILES = ("config.json", "model.bin", "preprocessor_config.json", "tokenizer.json")
VOCABULARY = "vocabulary."
_BLOCK = 1 << 20
_SHA256_LENGTH = 64


def missing_files(folder: Path) -> tuple[str, ...]:
    """What `folder` lacks to be a CTranslate2 Whisper model that can be loaded; empty when nothing."""
    missing = [name for name in ("config.json", "model.bin") if not (folder / name).is_file()]
    if not any(path.is_file() for path in folder.glob(f"{VOCABULARY}*")):
        missing.append(f"{VOCABULARY}json")
    return tuple(missing)


def belongs_to_model(name: str) -> bool:
    """Whether a repository's file is one that faster-whisper reads."""
    return name in MODEL_FILES or (name.startswith(VOCABULARY) and "/" not in name)


def digest(path: Path, kind: str) -> str:
    """The hash the hub names a file by, in hexadecimal.

    `kind` is such a name: 64 digits are SHA-256 (large files), 40 are git's SHA-1 of a blob, which
    hashes the size first (https://git-scm.com/book/en/v2/Git-Internals-Git-Objects).
    """
    if len(kind) == _SHA256_LENGTH:
        state = hashlib.sha256()
    else:
        state = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            state.update(block)
    return state.hexdigest()


def fingerprint(folder: Path) -> str:
    """A revision for a folder nobody published: the same content has the same one on every machine.

    Of each file it takes name, size, first and last MiB, so that gigabytes need no reading.
    """
    state = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file() and belongs_to_model(path.name)):
        size = path.stat().st_size
        state.update(f"{path.name}\0{size}\0".encode())
        with path.open("rb") as file:
            state.update(file.read(_BLOCK))
            file.seek(max(0, size - _BLOCK))
            state.update(file.read(_BLOCK))
    return f"local-{state.hexdigest()[:12]}"


def cache_folder(models_dir: Path | None) -> Path:
    """Where models are kept: `models_dir`, or the Hugging Face cache of this user."""
    if models_dir is not None:
        return models_dir
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository's corner of a Hugging Face cache.

    `blobs` holds the files, each named by its hash; a folder in `snapshots` holds links to them by
    their real names, one folder per commit; `refs/main` names the commit in use.
    """

    cache: Path
    id: str

    @property
    def folder(self) -> Path:
        return self.cache / f"models--{self.id.replace('/', '--')}"

    @property
    def blobs(self) -> Path:
        return self.folder / "blobs"

    def snapshot_of(self, commit: str) -> Path:
        return self.folder / "snapshots" / commit

    def snapshot(self) -> Path | None:
        """The folder of a complete model: the commit in use, else the newest other one, else None.

        The second happens when an update to a newer commit was interrupted.
        """
        return next((path for path in self._snapshots() if not missing_files(path)), None)

    def missing(self) -> tuple[str, ...]:
        """What the commit in use lacks."""
        return missing_files(next(self._snapshots(), self.snapshot_of("none")))

    def _snapshots(self) -> Iterator[Path]:
        reference = self.folder / "refs" / "main"
        used = self.snapshot_of(reference.read_text().strip()) if reference.is_file() else None
        if used is not None and used.is_dir():
            yield used
        folders = [path for path in (self.folder / "snapshots").glob("*") if path.is_dir() and path != used]
        yield from sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True)

    def use(self, commit: str, files: dict[str, str]) -> None:
        """Make `commit` the one in use; `files` maps its file names to the hashes of blobs that are there.

        `model.bin` comes last: without it nothing counts as a model, so a crash half-way leaves none.
        """
        snapshot = self.snapshot_of(commit)
        snapshot.mkdir(parents=True, exist_ok=True)
        for name in sorted(files, key=lambda name: (name == "model.bin", name)):
            link = snapshot / name
            link.unlink(missing_ok=True)
            link.symlink_to(Path("..", "..", "blobs", files[name]))
        reference = self.folder / "refs" / "main"
        reference.parent.mkdir(exist_ok=True)
        reference.write_text(commit)

    def size(self) -> int:
        """Bytes on disk, unfinished downloads included."""
        files = (path for path in self.folder.rglob("*") if path.is_file() and not path.is_symlink())
        return sum(path.stat().st_size for path in files)

    def lock(self, *, timeout: float = -1) -> FileLock:
        """For whoever changes this repository; others wait `timeout` seconds for it (-1: for ever)."""
        locks = self.cache / ".locks" / self.folder.name
        locks.mkdir(parents=True, exist_ok=True)
        return FileLock(locks / "auricle.lock", timeout=timeout)

    def delete(self) -> None:
        shutil.rmtree(self.folder)


def repositories(cache: Path) -> list[Repository]:
    """Every repository in a cache, whatever it holds, by name."""
    folders = sorted(path.name for path in cache.glob("models--*--*") if path.is_dir())
    return [Repository(cache, name.removeprefix("models--").replace("--", "/", 1)) for name in folders]
