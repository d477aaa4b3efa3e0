"""Ask whether a version pinned in requirements/ is known to be vulnerable (pip-audit, with osv.dev's data).

    python tools/audit.py [--osv-url URL] [LOCK ...]

Without a lock: everything that a user may install. Exits with 1 where something vulnerable is pinned, and
says which version mends it. Where nobody can be asked, as on a machine without the internet, it says so and
exits with 0, or with 1 if AURICLE_AUDIT=required.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
OSV = "https://api.osv.dev/v1/query"
#: Seconds until somebody who does not answer counts as not reachable.
PATIENCE = 10
PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;]+)( ; [^\\]+)? \\")
#: How the locks of extras that need PyTorch say that pip is not to install something.
LEFT_OUT = "sys_platform == 'none'"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A vulnerability (its id or an alias) we live with to the end of a day, and why it does no harm here."""

    id: str
    reason: str
    until: date


ACCEPTED: tuple[Accepted, ...] = ()


class NotAsked(Exception):
    """The service did not answer, or pip-audit did not understand it."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lock", nargs="*", type=Path, help="default: all but those of tests and pages")
    parser.add_argument("--osv-url", default=OSV, metavar="URL", help=f"default: {OSV}")
    given = parser.parse_args()
    required = {"": False, "required": True}.get(os.environ.get("AURICLE_AUDIT", ""))
    if required is None:
        parser.error("AURICLE_AUDIT can only be 'required' or unset")
    try:
        answers = [answer for pins in rounds(given.lock or locks()) for answer in ask(pins, given.osv_url)]
    except NotAsked as error:
        print(f"audit: {given.osv_url} could not be asked about vulnerabilities: {error}", file=sys.stderr)
        return int(required)
    found = list(problems(answers, ACCEPTED, datetime.now(UTC).date()))
    print("".join(f"{problem}\n" for problem in found), end="")
    return int(bool(found))


def locks() -> list[Path]:
    """The locks of what users install, not of what makes tests and pages; torch-apart.txt pins nothing."""
    files = (ROOT / "requirements").glob("*.txt")
    return sorted(file for file in files if file.stem not in ("docs", "test", "torch-apart"))


def rounds(files: Iterable[Path]) -> Iterator[list[str]]:
    """All pins of all files, for every platform and Python, so that no round names a package twice.

    pip-audit refuses two versions at once, and the locks have them: by Python's version, and by extra.
    """
    versions: dict[str, list[str]] = {}
    for name, version in sorted({pin for file in files for pin in pins_of(file)}):
        versions.setdefault(name, []).append(version)
    while versions:
        yield [f"{name}=={found.pop()}" for name, found in versions.items()]
        versions = {name: found for name, found in versions.items() if found}


def pins_of(file: Path) -> Iterator[tuple[str, str]]:
    """Name and version of what a lock has installed; a line that is no pin with hashes ends the program."""
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.lstrip().startswith(("#", "--hash=")):
            continue
        pin = PIN.fullmatch(line)
        if pin is None:
            sys.exit(f"{file}: {line!r} is no pinned version with its hashes; run 'make lock'.")
        if LEFT_OUT not in (pin[3] or ""):
            yield pin[1], pin[2]


def ask(pins: Sequence[str], osv_url: str) -> list[dict[str, Any]]:
    """What pip-audit says about each of these pins. Raises NotAsked."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(pins))
        file.flush()
        service = ["--vulnerability-service", "osv", "--osv-url", osv_url, "--timeout", str(PATIENCE)]
        source = ["--no-deps", "--disable-pip", "--requirement", file.name]
        output = ["--format", "json", "--progress-spinner", "off"]
        command = [sys.executable, "-m", "pip_audit", *service, *source, *output]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        answers: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except ValueError:
        lines = done.stderr.strip().splitlines() or [f"pip-audit ended with status {done.returncode}"]
        raise NotAsked(textwrap.shorten(lines[-1], 150, placeholder=" …")) from None
    return answers


def problems(answers: Iterable[dict[str, Any]], accepted: Iterable[Accepted], today: date) -> Iterator[str]:
    """A sentence for every vulnerability that is not accepted, or no longer."""
    by_id = {one.id: one for one in accepted}
    for answer in answers:
        for one in answer.get("vulns", []):
            names = [one["id"], *sorted(set(one["aliases"]) - {one["id"]})]
            known = next((by_id[name] for name in names if name in by_id), None)
            if known and today <= known.until:
                continue
            ended = f" It was accepted until {known.until}: {known.reason}" if known else ""
            yield f"{_sentence(answer, names, one)}{ended}"


def _sentence(answer: dict[str, Any], names: Sequence[str], found: dict[str, Any]) -> str:
    mended = sorted(map(Version, found["fix_versions"]))
    newer = next((version for version in mended if version > Version(answer["version"])), None)
    remedy = f"{newer} mends it" if newer else "no version mends it"
    about = textwrap.shorten(found["description"], 200, placeholder=" …")
    return f"{answer['name']} {answer['version']} is vulnerable, {remedy}: {', '.join(names)}: {about}"


if __name__ == "__main__":
    sys.exit(main())
