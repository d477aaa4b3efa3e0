"""A bundle is made: everything an installation needs is collected in one folder, then listed."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from auricle import __version__
from auricle.bundle.images import identify_images, save_image
from auricle.bundle.locks import Pin, pins_for
from auricle.bundle.manifest import (
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
from auricle.bundle.models import collect_model, copy_model_file, refuse_same_folder
from auricle.bundle.verify import Say
from auricle.bundle.wheels import fetch_wheels, own_wheel
from auricle.errors import Conflict, InvalidOption, disk_errors
from auricle.settings import Settings
from auricle.shipped import shipped
from auricle.stack.engine import Engine
from auricle.stack.files import Stack, own_images, service_images

#: What is known of files that are complete, while the folder is no bundle yet.
_UNFINISHED = "unfinished.json"


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
            f"The bundle to differ from is for {_described(wanted.base.target)}, this one for "
            f"{_described(wanted.target)}: make a whole one, without --since."
        )
    folder.mkdir(parents=True, exist_ok=True)
    with disk_errors(folder), _alone(folder):
        return _Collection(wanted, folder, settings, say).collect()


class _Collection:
    """A bundle on its way: the files it consists of so far, and those that the base has."""

    def __init__(self, wanted: Wanted, folder: Path, settings: Settings, say: Say) -> None:
        self.wanted, self.folder, self.settings, self.say = wanted, folder, settings, say
        self.files: dict[str, FileRecord] = {}
        self.left_out: set[str] = set()
        self.base: Mapping[str, FileRecord] = wanted.base.files if wanted.base else {}
        self.known = _begin(folder)

    def collect(self) -> Manifest:
        models = self._models()
        pins = pins_for(self.wanted.target)
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
            models=models,
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

    def _models(self) -> tuple[Model, ...]:
        collected = []
        for name in self.wanted.models:
            model, files = collect_model(name, self.settings, self.say)
            collected.append(model)
            refuse_same_folder(collected)
            self.say(f"Copying the model {model.name}")
            for file in files:
                if self.base.get(file.name) == record_of(file.source):
                    self._leave_out(file.name)
                else:
                    self.files[file.name] = copy_model_file(file, self.folder)
        return tuple(collected)

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


def _begin(folder: Path) -> dict[str, FileRecord]:
    """Make the folder one that is no bundle yet; returns what is known of its files."""
    if (folder / MANIFEST).is_file():
        with contextlib.suppress(Exception):
            _remember(folder, read_manifest(folder).included())
        (folder / MANIFEST).unlink()
        (folder / SUMS).unlink(missing_ok=True)
    elif not (folder / _UNFINISHED).is_file() and any(path.name != ".lock" for path in folder.iterdir()):
        raise Conflict(f"{folder} holds something that is no bundle: name another folder.")
    unfinished = folder / _UNFINISHED
    if not unfinished.is_file():
        _remember(folder, {})
    try:
        document = json.loads(unfinished.read_text(encoding="utf-8"))
        return {name: FileRecord(**record) for name, record in document.items()}
    except (ValueError, TypeError, AttributeError):
        return {}


def _remember(folder: Path, files: Mapping[str, FileRecord]) -> None:
    write_whole(folder / _UNFINISHED, json.dumps({name: asdict(record) for name, record in files.items()}))


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep a second one out of the folder meanwhile."""
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Conflict(f"Another command is making the bundle in {folder}: wait for it.") from error
        try:
            yield
        finally:
            (folder / ".lock").unlink(missing_ok=True)


def _described(target: Target) -> str:
    return f"{target.kind}, Python {target.python}, {target.machine}"
