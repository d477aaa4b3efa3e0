"""The wheels of a bundle: every package for its target, fetched by pip, and Auricle's own."""

import base64
import hashlib
import importlib.util
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from importlib.metadata import Distribution, distribution
from pathlib import Path

from auricle import __version__
from auricle.bundle import CannotCollect
from auricle.bundle.locks import Pin
from auricle.bundle.manifest import Target, record_of
from auricle.bundle.verify import Say
from auricle.errors import NotFound
from auricle.shipped import checkout

#: The C library that the wheels may need: that of Debian 10, RHEL 8 and everything since.
_GLIBC = 28
_OLDER = {"manylinux2014": 17, "manylinux2010": 12, "manylinux1": 5}
_AT_ONCE = 32
#: What an installer writes beside what was in the wheel.
_INSTALLERS = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}
_EPOCH = (2020, 2, 2, 0, 0, 0)


def fetch_wheels(pins: Sequence[Pin], target: Target, folder: Path, say: Say) -> None:
    """Bring the wheel of every pin into `folder`; those that are there and right are kept.

    Raises CannotCollect; what came until then stays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    here = {record_of(path).sha256 for path in folder.glob("*.whl")}
    missing = [pin for pin in pins if not pin.hashes & here]
    for begin in range(0, len(missing), _AT_ONCE):
        say(f"Fetching wheels: {begin} of {len(missing)}")
        _fetch(missing[begin : begin + _AT_ONCE], target, folder)


def own_wheel(folder: Path, say: Say) -> Path:
    """Put Auricle's own wheel into `folder`: built in a checkout, else made of what was installed.

    Raises NotFound where the checkout has no web app yet, and CannotCollect.
    """
    root = checkout()
    say("Packing Auricle itself")
    if root is None:
        return _packed_again(distribution("auricle"), folder)
    if not (root / "src/auricle/server/static/app/index.html").is_file():
        raise NotFound(f"The web app is not built yet: run `make ui` in {root}.")
    words = ["wheel", "--no-deps", "--wheel-dir", str(folder), str(root)]
    if importlib.util.find_spec("hatchling"):
        words.insert(1, "--no-build-isolation")
    _pip(words)
    return next(folder.glob(f"auricle-{__version__}-*.whl"))


def _fetch(pins: Sequence[Pin], target: Target, folder: Path) -> None:
    coming = folder / ".coming"
    shutil.rmtree(coming, ignore_errors=True)
    coming.mkdir()
    lines = coming / "requirements.txt"
    lines.write_text("\n".join(pin.line() for pin in pins), encoding="utf-8")
    platforms = [word for tag in _platforms(target.machine) for word in ("--platform", tag)]
    words = ["download", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--dest", str(coming)]
    words += ["--implementation", "cp", "--python-version", target.python, *platforms]
    _pip([*words, "--requirement", str(lines)])
    lines.unlink()
    for wheel in coming.iterdir():
        wheel.replace(folder / wheel.name)
    coming.rmdir()


def _pip(words: Sequence[str]) -> None:
    if importlib.util.find_spec("pip") is None:
        raise CannotCollect(f"{sys.executable} has no pip to fetch wheels with: run `python -m ensurepip`.")
    command = [sys.executable, "-m", "pip", *words, "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- our own pip
    if done.returncode:
        lines = done.stderr.splitlines() or ["no reason given"]
        said = ([line for line in lines if line.startswith("ERROR: ")] or lines)[-1].removeprefix("ERROR: ")
        cure = (
            "For that Python or that processor there is none: try another --python."
            if "No matching distribution" in said
            else "The same command goes on from there."
        )
        raise CannotCollect(f"pip could not {words[0]} a wheel ({said}). {cure}")


def _platforms(machine: str) -> list[str]:
    tags = [f"manylinux_2_{minor}_{machine}" for minor in range(_GLIBC, 4, -1)]
    return [*tags, *(f"{name}_{machine}" for name in _OLDER)]


def _packed_again(installed: Distribution, folder: Path) -> Path:
    """The wheel that an installation came from, without what the installer added."""
    tags = next(
        line for line in (installed.read_text("WHEEL") or "").splitlines() if line.startswith("Tag: ")
    )
    target = folder / f"auricle-{installed.version}-{tags.removeprefix('Tag: ')}.whl"
    information = f"auricle-{installed.version}.dist-info"
    names = sorted(
        name
        for name in map(str, installed.files or ())
        if name.startswith(("auricle/", f"{information}/"))
        and Path(name).name not in _INSTALLERS
        and not name.endswith(".pyc")
    )
    part, record = target.with_name(f"{target.name}.part"), []
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name in names:
            content = Path(str(installed.locate_file(name))).read_bytes()
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            record.append(f"{name},sha256={digest},{len(content)}\n")
            _add(wheel, name, content)
        record.append(f"{information}/RECORD,,\n")
        _add(wheel, f"{information}/RECORD", "".join(record).encode())
    return part.replace(target)


def _add(wheel: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    wheel.writestr(entry, content)
