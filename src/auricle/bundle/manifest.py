"""What belongs to a bundle: its manifest, as `bundle.json` holds it."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from auricle.bundle import DamagedBundle
from auricle.errors import NotFound

MANIFEST, SUMS = "bundle.json", "SHA256SUMS"
FAMILY = "auricle.bundle/"
FORMAT = f"{FAMILY}1"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Target:
    """The machines a bundle is for: `cpu` or `cuda`, Python's version (3.11) and the processor (x86_64)."""

    kind: str
    python: str
    machine: str

    def __str__(self) -> str:
        return f"{self.kind}, Python {self.python}, {self.machine}"


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What a file has to be: its size in bytes and its SHA-256."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Model:
    """A speech model in the folder `folder`.

    One of the hub has a `commit`, and `links` says which blob is which of its files; a folder of somebody's
    own has neither.
    """

    name: str
    folder: str
    commit: str | None = None
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Image:
    """A container image by name, its id, and the file that holds it."""

    name: str
    id: str
    file: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything a bundle consists of. `left_out`: what the bundle `base` (an identity) has already."""

    auricle: str
    made_at: str
    target: Target
    files: Mapping[str, FileRecord]
    models: tuple[Model, ...] = ()
    images: tuple[Image, ...] = ()
    base: str | None = None
    left_out: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """A name for exactly these files: the same ones have the same, whenever they were collected."""
        return _identity(self.files)

    @property
    def release(self) -> str:
        """A name for exactly these packages: bundles that differ in other files share it."""
        packages = ("wheels/", "requirements.txt")
        return _identity({name: one for name, one in self.files.items() if name.startswith(packages)})

    def included(self) -> dict[str, FileRecord]:
        """The files that lie in the bundle's own folder."""
        left_out = set(self.left_out)
        return {name: record for name, record in self.files.items() if name not in left_out}


def read_manifest(place: Path) -> Manifest:
    """The manifest of a bundle's folder, or of a copy of `bundle.json`. Raises NotFound and DamagedBundle."""
    path = place / MANIFEST if place.is_dir() else place
    if not path.is_file():
        raise NotFound(
            f"There is no bundle in {place}: {MANIFEST} is missing. One that is still being made becomes a "
            "bundle when `auricle bundle create` has ended."
        )
    try:
        return _parsed(json.loads(path.read_bytes()))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DamagedBundle(f"{path} is no manifest of a bundle, or is damaged: copy it again.") from error


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Make `folder` a bundle: SHA256SUMS, and last of all bundle.json."""
    document = json.dumps({"format": FORMAT, **asdict(manifest)}, indent=1, ensure_ascii=False) + "\n"
    sums = {name: record.sha256 for name, record in manifest.included().items()}
    sums[MANIFEST] = hashlib.sha256(document.encode()).hexdigest()
    write_whole(folder / SUMS, "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)))
    write_whole(folder / MANIFEST, document)


def record_of(path: Path) -> FileRecord:
    """What a file is now."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return FileRecord(size, digest.hexdigest())


def is_as_recorded(path: Path, record: FileRecord) -> bool:
    """Whether a file is there and is what was recorded; one of another size is not read."""
    return path.is_file() and path.stat().st_size == record.size and record_of(path) == record


def copy_whole(source: Path, target: Path) -> FileRecord:
    """Copy a file, whole or not at all; returns what was copied."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as incoming, part.open("wb") as outgoing:
        while block := incoming.read(_BLOCK):
            outgoing.write(block)
            digest.update(block)
            size += len(block)
        outgoing.flush()
        os.fsync(outgoing.fileno())
    part.replace(target)
    return FileRecord(size, digest.hexdigest())


def write_whole(path: Path, text: str) -> None:
    """Write a small file, whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _identity(files: Mapping[str, FileRecord]) -> str:
    listed = [f"{name} {record.sha256}\n" for name, record in sorted(files.items())]
    return hashlib.sha256("".join(listed).encode()).hexdigest()[:16]


def _parsed(document: Mapping[str, Any]) -> Manifest:
    if document["format"] != FORMAT:
        raise ValueError(document["format"])
    files = {name: FileRecord(**record) for name, record in document["files"].items()}
    if any(PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts for name in files):
        raise ValueError("a name that leads out of the bundle")
    manifest = Manifest(
        auricle=document["auricle"],
        made_at=document["made_at"],
        target=Target(**document["target"]),
        files=files,
        models=tuple(Model(**model) for model in document["models"]),
        images=tuple(Image(**image) for image in document["images"]),
        base=document["base"],
        left_out=tuple(document["left_out"]),
    )
    named = [*manifest.left_out, *(image.file for image in manifest.images)]
    folders = {str(parent) for name in files for parent in PurePosixPath(name).parents} - {"."}
    if not files.keys() >= set(named) or not folders >= {model.folder for model in manifest.models}:
        raise ValueError("a file that is not listed")
    return manifest
