"""A bundle is made: everything an installation needs is collected in one folder, then listed."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from auricle import __version__
from auricle.bundle import DamagedBundle
from auricle.bundle.images import identify_images, save_image
from auricle.bundle.locks import Pin, pins_for
from auricle.bundle.manifest import (
    FAMILY,
    FORMAT,
    MANIFEST,
    SUMS,
    FileRecord,
    Image,
    Manifest,
    Model,
    Target,
    copy_whole,
    is_as_recorded,
    read_manifest,
    record_of,
    write_manifest,
    write_whole,
)
from auricle.bundle.models import ModelFile, collect_model, copy_model_file, refuse_same_folder
from auricle.bundle.verify import Say
from auricle.bundle.wheels import fetch_wheels, own_wheel
from auricle.errors import Conflict, Held, InvalidOption, NotFound, disk_errors
from auricle.settings import Settings
from auricle.shipped import shipped
from auricle.stack.engine import Engine
from auricle.stack.files import Stack, own_images, service_images

#: What is known of files that are complete, while the folder is no bundle yet.
_UNFINISHED = "unfinished.json"
_LOCK = ".lock"
#: What no script but ours says, where bundle.json is damaged or missing.
_INSTALLS = "-m auricle.bundle install"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a bundle is to hold.

    models: names, Hugging Face ids or folders. engine: saves container images; None leaves them out.
    base: the manifest of the bundle that the other side has; only what it lacks is collected.
    """

    target: Target
    models: tuple[str, ...]
    engine: Engine | None = None
    base: Manifest | None = None


def create(wanted: Wanted, folder: Path, settings: Settings, say: Say = lambda _: None) -> Manifest:
    """Collect a bundle in `folder`; what is there and right is kept, and the rest is replaced or removed.

    The folder is a bundle when this has ended, and not before. Raises InvalidOption, Conflict, NotFound,
    CannotCollect, DiskFull, and what fetching models raises.
    """
    if wanted.base is not None and wanted.base.target != wanted.target:
        raise InvalidOption(
            f"The bundle to differ from is for {wanted.base.target}, this one for {wanted.target}: make a "
            "whole one, without --since."
        )
    _refuse_others(folder, wanted.base)
    # Names that are wrong are found out before anything is written or removed.
    models = _models(wanted, settings, say)
    pins = pins_for(wanted.target)
    folder.mkdir(parents=True, exist_ok=True)
    with disk_errors(folder), _alone(folder):
        _refuse_others(folder, wanted.base)
        return _Collection(wanted, folder, say).collect(models, pins)


class _Collection:
    """A bundle on its way: the files it consists of so far, and those that the base has."""

    def __init__(self, wanted: Wanted, folder: Path, say: Say) -> None:
        self.wanted, self.folder, self.say = wanted, folder, say
        self.files: dict[str, FileRecord] = {}
        self.left_out: set[str] = set()
        self.base: Mapping[str, FileRecord] = wanted.base.files if wanted.base else {}
        self.known = _begin(folder)

    def collect(self, models: list[tuple[Model, list[ModelFile]]], pins: list[Pin]) -> Manifest:
        self._models(models)
        write_whole(self.folder / "requirements.txt", "".join(f"{pin.line()}\n" for pin in pins))
        self._take("requirements.txt")
        self._wheels(pins)
        images = self._images()
        self._deploy()
        self._remove_others()
        manifest = Manifest(
            auricle=__version__,
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            target=self.wanted.target,
            files=dict(sorted(self.files.items())),
            models=tuple(model for model, _ in models),
            images=images,
            base=self.wanted.base.identity if self.wanted.base else None,
            left_out=tuple(sorted(self.left_out)),
        )
        write_manifest(manifest, self.folder)
        (self.folder / _UNFINISHED).unlink()
        return manifest

    def _wheels(self, pins: list[Pin]) -> None:
        wheels = self.folder / "wheels"
        in_base = {record.sha256: name for name, record in self.base.items() if name.startswith("wheels/")}
        missing = []
        for pin in pins:
            name = next((in_base[one] for one in pin.hashes if one in in_base), None)
            if name is None:
                missing.append(pin)
            else:
                self._leave_out(name)
        fetch_wheels(missing, self.wanted.target, wheels, self.say)
        for path in sorted(wheels.glob("*.whl")):
            record = record_of(path)
            if any(record.sha256 in pin.hashes for pin in missing):
                self.files[f"wheels/{path.name}"] = record
        own = own_wheel(wheels, self.say).name
        self._take(f"wheels/{own}")
        script = (Path(__file__).parent / "install.sh").read_text(encoding="utf-8")
        script = script.replace("@python@", self.wanted.target.python).replace("@wheel@", own)
        write_whole(self.folder / "install.sh", script)
        self._take("install.sh")

    def _models(self, models: list[tuple[Model, list[ModelFile]]]) -> None:
        for model, files in models:
            self.say(f"Copying the model {model.name}")
            for file in files:
                if self.base.get(file.name) == record_of(file.source):
                    self._leave_out(file.name)
                else:
                    self.files[file.name] = copy_model_file(file, self.folder)

    def _images(self) -> tuple[Image, ...]:
        engine = self.wanted.engine
        if engine is None:
            return ()
        stack = Stack(Path(os.devnull), gpu=self.wanted.target.kind == "cuda")
        images = identify_images(engine, service_images(stack), own_images(stack), self.say)
        for image in images:
            record = self.known.get(image.file)
            if image.file in self.base:
                self._leave_out(image.file)
            elif record is not None and is_as_recorded(self.folder / image.file, record):
                self.files[image.file] = record
            else:
                save_image(engine, image, self.folder, self.say)
                self._take(image.file)
            _remember(self.folder, self.known | self.files)
        return tuple(images)

    def _deploy(self) -> None:
        source = shipped("deploy")
        for path in sorted(path for path in source.rglob("*") if path.is_file()):
            name = f"deploy/{path.relative_to(source)}"
            self.files[name] = copy_whole(path, self.folder / name)

    def _take(self, name: str) -> None:
        self.files[name] = record_of(self.folder / name)

    def _leave_out(self, name: str) -> None:
        self.files[name] = self.base[name]
        self.left_out.add(name)

    def _remove_others(self) -> None:
        """Delete what an earlier run left that is no part of the bundle."""
        for part in ("wheels", "models", "images", "deploy"):
            for path in sorted((self.folder / part).rglob("*"), reverse=True):
                name = str(path.relative_to(self.folder))
                if path.is_dir():
                    with contextlib.suppress(OSError):
                        path.rmdir()
                elif name not in self.files or name in self.left_out:
                    path.unlink()


def _models(wanted: Wanted, settings: Settings, say: Say) -> list[tuple[Model, list[ModelFile]]]:
    """The models that are wanted, and the files of each; fetched where they are not here."""
    models = [collect_model(name, settings, say) for name in wanted.models]
    refuse_same_folder([model for model, _ in models])
    return models


def _refuse_others(folder: Path, base: Manifest | None) -> None:
    """Raise Conflict where the folder holds something else, InvalidOption where it is that of the base."""
    if folder.exists() and not folder.is_dir():
        raise Conflict(f"{folder} is a file: name another folder.")
    if not folder.is_dir() or all(path.name == _LOCK for path in folder.iterdir()):
        return
    if not _is_bundle(folder):
        raise Conflict(f"{folder} holds something that is no bundle: name another folder.")
    if base is not None and _manifest(folder) == base:
        raise InvalidOption(
            f"{folder} is the bundle to differ from, and would be lost: name another folder with -o."
        )


def _is_bundle(folder: Path) -> bool:
    """Whether a folder is a bundle of ours: whole, half or damaged."""
    for name in (MANIFEST, _UNFINISHED):
        document = _document(folder / name)
        if isinstance(document, dict) and str(document.get("format")).startswith(FAMILY):
            return True
    script = folder / "install.sh"
    return script.is_file() and _INSTALLS in script.read_text(encoding="utf-8", errors="replace")


def _document(path: Path) -> object:
    """What a file of JSON says; None where it is missing or is none."""
    try:
        return json.loads(path.read_bytes()) if path.is_file() else None
    except ValueError:
        return None


def _manifest(folder: Path) -> Manifest | None:
    try:
        return read_manifest(folder)
    except (NotFound, DamagedBundle):
        return None


def _begin(folder: Path) -> dict[str, FileRecord]:
    """Make the folder one that is no bundle yet; returns what is known of its files."""
    manifest = _manifest(folder)
    if manifest is not None:
        _remember(folder, manifest.included())
    document: Any = _document(folder / _UNFINISHED)
    try:
        known = {name: FileRecord(**record) for name, record in document["files"].items()}
    except (TypeError, KeyError, AttributeError):
        known = {}
    _remember(folder, known)
    (folder / MANIFEST).unlink(missing_ok=True)
    (folder / SUMS).unlink(missing_ok=True)
    return known


def _remember(folder: Path, files: Mapping[str, FileRecord]) -> None:
    document = {"format": FORMAT, "files": {name: asdict(record) for name, record in files.items()}}
    write_whole(folder / _UNFINISHED, json.dumps(document))


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep a second one out of the folder meanwhile."""
    path = folder / _LOCK
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # One that has just ended has removed the file, and a third may have made another.
            held = os.path.samestat(os.fstat(lock.fileno()), path.stat())
        except OSError:
            held = False
        if not held:
            raise Held(f"Another command is making the bundle in {folder}: wait for it.")
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
