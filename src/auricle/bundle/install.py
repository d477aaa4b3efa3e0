"""A bundle is installed: without a network, beside what is there, which works until the new one is complete.

FOLDER/bundles/ID    the files of a bundle, whole, so that a difference can be installed on top
FOLDER/releases/ID   Python's environment made of its packages
FOLDER/current       leads to the release in use
FOLDER/models        the speech models
FOLDER/auricle.toml  the settings, made once
FOLDER/bin/auricle   the command
"""

import contextlib
import fcntl
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from auricle.bundle import BaseMissing, CannotCollect, DamagedBundle, OtherMachine
from auricle.bundle.images import FOLDER as IMAGES
from auricle.bundle.images import load_images
from auricle.bundle.manifest import (
    MANIFEST,
    Manifest,
    copy_whole,
    is_as_recorded,
    read_manifest,
    write_manifest,
    write_whole,
)
from auricle.bundle.placing import link_or_copy, place_model, point
from auricle.bundle.verify import Say, verify
from auricle.errors import Conflict, DiskFull, InvalidOption, disk_errors
from auricle.stack.engine import NoContainerEngine, find_engine

#: Where Auricle goes when nobody says where.
DEFAULT_PLACE = Path("/opt/auricle")
#: Releases that stay: the one in use, and the one before it.
_KEPT = 2
_COMPLETE = "complete"
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
    Raises NotFound, DamagedBundle, OtherMachine, BaseMissing, Conflict and DiskFull.
    """
    manifest = verify(bundle, say)
    _refuse_other_machine(manifest)
    stores = [one for one in (base, *_stores(place)) if one is not None]
    sources = _sources(manifest, bundle, stores)
    _refuse_small_disk(manifest, place)
    _make(place)
    with disk_errors(place), _alone(place):
        store = _store(manifest, sources, place, say)
        release = _release(manifest, store, place, say)
        models = [place_model(model, store, place / "models") for model in manifest.models]
        images = _load(manifest, [bundle, *([base] if base else [])], say)
        _write_settings(manifest, models, place)
        point(place / "current", Path("releases", release.name))
        _write_command(place)
        _forget_old(place)
    return Installed(manifest, place, images)


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


def _make(place: Path) -> None:
    try:
        place.mkdir(parents=True, exist_ok=True)
        (place / ".lock").touch()
    except OSError as error:
        raise InvalidOption(
            f"{place} cannot be written ({error.strerror}): use sudo, or name another folder with --to."
        ) from error


def _stores(place: Path) -> list[Path]:
    """The bundles that were installed here, the newest first."""
    found = [path for path in (place / "bundles").glob("*") if (path / MANIFEST).is_file()]
    return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)


def _sources(manifest: Manifest, bundle: Path, stores: Sequence[Path]) -> dict[str, Path]:
    """Where each file of the bundle lies; what a difference leaves out comes from the bundles before it."""
    sources = {name: bundle / name for name in manifest.included() if not name.startswith(f"{IMAGES}/")}
    for name in manifest.left_out:
        if name.startswith(f"{IMAGES}/"):
            continue
        found = (store / name for store in stores if is_as_recorded(store / name, manifest.files[name]))
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
    if (place / "releases" / manifest.release / _COMPLETE).is_file():
        return
    sizes = {
        name: record.size for name, record in manifest.files.items() if not name.startswith(f"{IMAGES}/")
    }
    wheels = sum(size for name, size in sizes.items() if name.startswith("wheels/"))
    needed = sum(sizes.values()) + _UNPACKED * wheels
    folder = next(path for path in (place, *place.absolute().parents) if path.exists())
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
    if (release / _COMPLETE).is_file() and _version_of(release) == manifest.auricle:
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
        if _version_of(release) != manifest.auricle:
            raise CannotCollect(f"What was installed in {release} does not start: run {release}/bin/auricle.")
        (release / _COMPLETE).touch()
    except BaseException:
        shutil.rmtree(release, ignore_errors=True)
        raise
    return release


def _version_of(release: Path) -> str | None:
    try:
        asked = _process([str(release / "bin" / "auricle"), "--version"])
    except OSError:
        return None
    return asked.stdout.split()[-1] if asked.returncode == 0 else None


def _run(command: list[str], cure: str = "install the bundle again") -> None:
    done = _process(command)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1]
        raise CannotCollect(f"{Path(command[0]).name} could not install ({said.rstrip('.')}): {cure}.")


def _process(command: list[str]) -> "subprocess.CompletedProcess[str]":
    # The wheel that this runs from must not be seen by the Python that is installed.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)  # noqa: S603 -- our own commands


def _load(manifest: Manifest, places: list[Path], say: Say) -> str:
    if not manifest.images:
        return "The bundle holds no container images."
    try:
        engine = find_engine()
    except NoContainerEngine as error:
        return f"The container images were left alone. {error}"
    load_images(engine, manifest.images, places, say)
    return f"{engine.name} has the images {', '.join(image.name for image in manifest.images)}."


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


def _forget_old(place: Path) -> None:
    """Remove what broke off, and releases older than the one before this."""
    stores = _stores(place)[:_KEPT]
    kept = {path.name for path in stores} | {read_manifest(path).release for path in stores}
    for path in [*(place / "bundles").iterdir(), *(place / "releases").iterdir()]:
        if path.name not in kept:
            shutil.rmtree(path)


@contextlib.contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Keep a second installation out of the place meanwhile."""
    with (place / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Conflict(f"Another installation into {place} is going on: wait for it.") from error
        yield
