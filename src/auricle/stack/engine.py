"""The container engine of this machine: Docker or Podman, whichever answers, and its compose command."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from auricle.errors import AuricleError

#: The engines by name, and how each is asked for the folder of its images.
_ENGINES = {"docker": "{{.DockerRootDir}}", "podman": "{{.Store.GraphRoot}}"}


class NoContainerEngine(AuricleError):
    """Nothing here can run containers."""

    code = "no_container_engine"


@dataclass(frozen=True, slots=True)
class Engine:
    """A container engine that answered: `docker` or `podman`, and the path of its program.

    `silent` is a sentence about one that was asked before and did not answer; mostly there is none.
    """

    name: str
    program: str
    silent: str = ""

    def call(self, *words: str) -> int:
        """Run a command of the engine in front of the user; returns its exit status."""
        return run([self.program, *words])

    def ask(self, *words: str) -> str | None:
        """What a command of the engine prints; None where it fails."""
        return answer([self.program, *words])

    def folder(self) -> Path | None:
        """Where it keeps images and volumes; None where that is not on this machine."""
        told = self.ask("info", "--format", _ENGINES[self.name])
        return Path(told) if told and Path(told).is_dir() else None

    def compose(self) -> list[str]:
        """The words that its compose command begins with. Raises NoContainerEngine."""
        if self.ask("compose", "version") is not None:
            return [self.program, "compose"]
        program = shutil.which(f"{self.name}-compose")
        if program is not None and answer([program, "version"]) is not None:
            return [program]
        cure = (
            "install its plugin (docker-compose-plugin, on Debian docker-compose-v2)"
            if self.name == "docker"
            else "install podman-compose"
        )
        raise NoContainerEngine(f"{self.name} has no compose command here: {cure}. {self.silent}".rstrip())


def find_engine() -> Engine:
    """The engine that answers when it is asked: a program alone runs nothing. Raises NoContainerEngine."""
    silent: list[str] = []
    for name in _ENGINES:
        program = shutil.which(name)
        if program is None:
            continue
        asked = _quietly([program, "info"])
        if asked.returncode == 0:
            return Engine(name, program, " ".join(silent))
        said = (asked.stderr.strip() or asked.stdout.strip() or "no answer").splitlines()[-1]
        silent.append(f"The engine of {name} does not answer ({said.rstrip('.')}): {_cure(name, said)}.")
    if not silent:
        raise NoContainerEngine("There is no container engine here: install Docker Engine or Podman.")
    raise NoContainerEngine(silent[0])


def run(
    command: Sequence[str],
    stdin: BinaryIO | None = None,
    stdout: BinaryIO | None = None,
    environment: Mapping[str, str] | None = None,
) -> int:
    """Run a command that talks to the user itself; returns its exit status, 130 after Ctrl-C."""
    try:
        return subprocess.run(command, stdin=stdin, stdout=stdout, env=environment, check=False).returncode  # noqa: S603 -- an engine that was found
    except KeyboardInterrupt:
        return 130


def answer(command: Sequence[str]) -> str | None:
    """What a command prints, without the space around it; None where it fails."""
    asked = _quietly(command)
    return asked.stdout.strip() if asked.returncode == 0 else None


def _quietly(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)  # noqa: S603 -- as above


def _cure(name: str, said: str) -> str:
    if "permission denied" in said.lower():
        return f"use sudo, or become a member of the group {name}"
    return "start it, for example with `systemctl start docker`" if name == "docker" else "see `podman info`"
