"""A bundle is installed: without a network, beside what is there, which works until the new one is complete.

FOLDER/bundles/ID    the files of a bundle, whole, so that a difference can be installed on top
FOLDER/releases/ID   Python's environment made of its packages
FOLDER/current       leads to the release in use
FOLDER/models        the speech models
FOLDER/auricle.toml  the settings, made once
FOLDER/bin/auricle   the command
"""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from auricle.bundle import BaseMissing, CannotCollect, DamagedBundle, OtherMachine
from auricle.bundle.images import FOLDER as IMAGES
from auricle.bundle.images import find_images, load_images
from auricle.bundle.manifest import (
    MANIFEST,
    Image,
    Manifest,
    copy_whole,
    is_as_recorded,
    read_manifest,
    write_manifest,
    write_whole,
)
from auricle.bundle.place import COMPLETE, alone, forget_old, nearest, refuse_place, stores
from auricle.bundle.placing import link_or_copy, place_model, point
from auricle.bundle.verify import Say, verify
from auricle.errors import DiskFull, disk_errors
from auricle.stack.engine import Engine, NoContainerEngine, find_engine

#: Where Auricle goes when nobody says where.
DEFAULT_PLACE = Path("/opt/auricle")
#: What wheels take when they are unpacked, beside themselves.
_UNPACKED = 5


@dataclass(frozen=True, slots=True)
class Installed:
    """What was installed where; `images` says what became of the container images."""

    manifest: Manifest
    place: Path
    images: str


def install(
    bundle: Path, place: Path = DEFAULT_PLACE, *, base: Path | None = None, say: Say = lambda _: None
) -> Installed:
    """Install a bundle in `place`; `base` is the folder of the bundle that a difference is based on.

    Everything is checked before anything is written, and a release is in use when it is complete, not before.
    Raises NotFound, DamagedBundle, OtherMachine, InvalidOption, BaseMissing, Conflict and DiskFull.
    """
    _refuse_other_machine(read_manifest(bundle))
    refuse_place(place)
    manifest = verify(bundle, say)
    given = [bundle, *([base] if base else [])]
    sources = _sources(manifest, bundle, [*given[1:], *stores(place)])
    images = _find_images(manifest, given)
    _refuse_small_disk(manifest, place)
    place.mkdir(parents=True, exist_ok=True)
    with disk_errors(place), alone(place):
        store = _store(manifest, sources, place, say)
        release = _release(manifest, store, place, say)
        if images.engine is not None:
            load_images(images.engine, images.found, say)
        models = [place_model(model, store, place / "models") for model in manifest.models]
        _write_settings(manifest, models, place)
        point(place / "current", Path("releases", release.name))
        _write_command(place)
        forget_old(place)
    return Installed(manifest, place, images.said)


def report(done: Installed) -> str:
    """What to say when a bundle was installed."""
    return (
        f"Auricle {done.manifest.auricle} is installed: {done.place}/bin/auricle\n"
        f"Its settings are in {done.place}/auricle.toml. {done.images}\n"
    )


def _refuse_other_machine(manifest: Manifest) -> None:
    target, python = manifest.target, "{}.{}".format(*sys.version_info[:2])
    if (platform.machine(), sys.platform) != (target.machine, "linux"):
        raise OtherMachine(
            f"The bundle is for Linux on {target.machine}, and this is {platform.system()} on "
            f"{platform.machine()}: make one with --machine {platform.machine()}."
        )
    if python != target.python:
        raise OtherMachine(
            f"The bundle is for Python {target.python}, and this is Python {python}: install Python "
            f"{target.python}, or make a bundle with --python {python}."
        )


def _sources(manifest: Manifest, bundle: Path, others: Sequence[Path]) -> dict[str, Path]:
    """Where each file of the bundle lies; what a difference leaves out comes from the bundles before it."""
    sources = {name: bundle / name for name in manifest.included() if not name.startswith(f"{IMAGES}/")}
    for name in manifest.left_out:
        if name.startswith(f"{IMAGES}/"):
            continue
        found = (other / name for other in others if is_as_recorded(other / name, manifest.files[name]))
        source = next(found, None)
        if source is None:
            raise BaseMissing(
                f"This bundle is a difference to the bundle {manifest.base}, and {name} of that one is "
                "not here: install that bundle first, name its folder with --base, or make a whole one "
                "without --since."
            )
        sources[name] = source
    return sources


def _refuse_small_disk(manifest: Manifest, place: Path) -> None:
    if (place / "releases" / manifest.release / COMPLETE).is_file():
        return
    sizes = {
        name: record.size for name, record in manifest.files.items() if not name.startswith(f"{IMAGES}/")
    }
    wheels = sum(size for name, size in sizes.items() if name.startswith("wheels/"))
    needed = sum(sizes.values()) + _UNPACKED * wheels
    folder = nearest(place)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise DiskFull(
            f"The installation needs {needed / 1e9:.1f} GB in {folder}, where only {free / 1e9:.1f} GB are "
            "free: free some, or name another disk with --to."
        )


def _store(manifest: Manifest, sources: dict[str, Path], place: Path, say: Say) -> Path:
    """Keep all files of the bundle, those of a difference and those it is based on."""
    store = place / "bundles" / manifest.identity
    if (store / MANIFEST).is_file() and all(
        is_as_recorded(store / name, manifest.files[name]) for name in sources
    ):
        os.utime(store)
        return store
    say("Copying the bundle")
    part = store.with_name(f".{store.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    for name, source in sources.items():
        if source.is_relative_to(place):
            link_or_copy(source, part / name)
        elif copy_whole(source, part / name) != manifest.files[name]:
            raise DamagedBundle(f"{source} changed while it was read: copy the bundle again.")
    write_manifest(manifest, part)
    shutil.rmtree(store, ignore_errors=True)
    return part.replace(store)


def _release(manifest: Manifest, store: Path, place: Path, say: Say) -> Path:
    """Make Python's environment; one that is complete is kept."""
    release = place / "releases" / manifest.release
    if (release / COMPLETE).is_file() and _told_by(release) == manifest.auricle:
        return release
    say("Making Python's environment")
    shutil.rmtree(release, ignore_errors=True)
    try:
        _run([sys.executable, "-m", "venv", str(release)], "on Debian, `apt-get install python3-venv` helps")
        wheels = store / "wheels"
        own = next(wheels.glob(f"auricle-{manifest.auricle}-*.whl"))
        pip = [str(release / "bin" / "python"), "-I", "-m", "pip", "--isolated", "install", "--no-index"]
        pip += ["--quiet", "--disable-pip-version-check", "--no-deps"]
        say("Installing the packages")
        _run([*pip, "--find-links", str(wheels), "--require-hashes", "-r", str(store / "requirements.txt")])
        _run([*pip, str(own)])
        told = _told_by(release)
        if told != manifest.auricle:
            raise CannotCollect(
                f"What was installed does not start as Auricle {manifest.auricle} ({told.rstrip('.')}): make "
                "the bundle again."
            )
        (release / COMPLETE).touch()
    except BaseException:
        shutil.rmtree(release, ignore_errors=True)
        raise
    return release


def _told_by(release: Path) -> str:
    """The version that a release says it is; where it does not start, what it says instead."""
    try:
        asked = _process([str(release / "bin" / "auricle"), "--version"])
    except OSError as error:
        return str(error)
    if asked.returncode == 0 and asked.stdout.split():
        return asked.stdout.split()[-1]
    return _last_line(asked)


def _run(command: list[str], cure: str = "install the bundle again") -> None:
    done = _process(command)
    if done.returncode:
        raise CannotCollect(
            f"{Path(command[0]).name} could not install ({_last_line(done).rstrip('.')}): {cure}."
        )


def _last_line(ended: "subprocess.CompletedProcess[str]") -> str:
    return (ended.stderr.strip() or ended.stdout.strip() or "no reason given").splitlines()[-1]


def _process(command: list[str]) -> "subprocess.CompletedProcess[str]":
    # The wheel that this runs from must not be seen by the Python that is installed.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)  # noqa: S603 -- our own commands


@dataclass(frozen=True, slots=True)
class _Images:
    """What loads the images, if anything does, those that have to be loaded, and what to say of them all."""

    said: str
    engine: Engine | None = None
    found: tuple[tuple[Image, Path], ...] = ()


def _find_images(manifest: Manifest, places: list[Path]) -> _Images:
    if not manifest.images:
        return _Images("The bundle holds no container images.")
    try:
        engine = find_engine()
    except NoContainerEngine as error:
        return _Images(f"The container images were left alone. {error}")
    found = find_images(engine, manifest.images, places)
    names = ", ".join(image.name for image in manifest.images)
    return _Images(f"{engine.name} has the images {names}.", engine, tuple(found))


def _write_settings(manifest: Manifest, models: list[Path], place: Path) -> None:
    settings = place / "auricle.toml"
    if settings.exists():
        return
    first = manifest.models[0]
    model = str(models[0]) if first.commit is None else first.name
    write_whole(
        settings,
        "# Made by `auricle bundle install`, and yours to change: later installations leave it as it is.\n"
        f'offline = true\nmodels_dir = "{place / "models"}"\nmodel = "{model}"\n',
    )


def _write_command(place: Path) -> None:
    command = place / "bin" / "auricle"
    command.parent.mkdir(exist_ok=True)
    write_whole(
        command.with_name("auricle.new"),
        f'#!/bin/sh\nexport AURICLE_CONFIG="${{AURICLE_CONFIG:-{place}/auricle.toml}}"\n'
        f'exec "{place}/current/bin/auricle" "$@"\n',
    )
    command.with_name("auricle.new").chmod(0o755)
    command.with_name("auricle.new").replace(command)
