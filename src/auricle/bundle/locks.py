"""The packages a bundle needs on its target: the locks that come with Auricle, read for that machine."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import Marker, default_environment

from auricle.bundle.manifest import Target
from auricle.shipped import shipped

_LOCKS = ("postgres", "celery", "s3")
#: `name==version ; marker \` and the lines of its hashes.
_PIN = re.compile(
    r"^(?P<pin>[\w.-]+==[^\s;]+)(?: ; (?P<marker>[^\\\n]+?))? \\\n"
    r"(?P<hashes>(?:[ \t]+--hash=sha256:\w+(?: \\)?\n?)+)",
    re.MULTILINE,
)
_HASH = re.compile(r"sha256:(\w+)")


@dataclass(frozen=True, slots=True)
class Pin:
    """A package at a version, and the SHA-256 of each file it may be."""

    pin: str
    hashes: frozenset[str]

    def line(self) -> str:
        """How pip wants it."""
        return " \\\n".join([self.pin, *(f"    --hash=sha256:{one}" for one in sorted(self.hashes))])


def pins_for(target: Target) -> list[Pin]:
    """The packages for a machine, by name. Conditions are decided here: pip would, for its own Python."""
    names = [*_LOCKS, *(["cuda"] if target.kind == "cuda" else [])]
    found = {pin.pin: pin for name in names for pin in _read(shipped("requirements") / f"{name}.txt", target)}
    return [found[name] for name in sorted(found)]


def _read(lock: Path, target: Target) -> Iterator[Pin]:
    environment = {name: str(value) for name, value in default_environment().items()} | {
        "python_version": target.python,
        "platform_machine": target.machine,
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "platform_system": "Linux",
        "sys_platform": "linux",
        "os_name": "posix",
    }
    # What any release of that version needs: Debian 12 has 3.11.2, for which Redis's client wants one more.
    releases = [environment | {"python_full_version": f"{target.python}.{last}"} for last in (0, 99)]
    for found in _PIN.finditer(lock.read_text(encoding="utf-8")):
        marker = Marker(found["marker"] or "python_version > '0'")
        if any(marker.evaluate(release) for release in releases):
            yield Pin(found["pin"], frozenset(_HASH.findall(found["hashes"])))
