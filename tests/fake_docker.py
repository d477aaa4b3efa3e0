"""A container engine from outside: a program named docker that answers as Docker does, and keeps notes.

What is run in a container, it runs in a shell here: a backup and its return are real.
"""

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

_DOCKER = """#!{python}
import hashlib, json, subprocess, sys
from pathlib import Path

state, words = Path({state!r}), sys.argv[1:]
with (state / "asked").open("a") as log:
    log.write(json.dumps(words) + "\\n")
told = lambda name: (state / name).read_text() if (state / name).exists() else ""
if words[0] == "info":
    if told("silent"):
        sys.exit(told("silent"))
    print({state!r} if "--format" in words else "Server:")
elif words[:2] == ["compose", "version"]:
    sys.exit("docker: unknown command: docker compose" if told("no compose") else 0)
elif "ps" in words:
    print(told("running"))
elif words[:2] == ["volume", "ls"]:
    print(told("volumes"))
elif words[:2] == ["image", "inspect"] and "--format" in words:
    if words[-1] not in told("images"):
        sys.exit(1)
    print("sha256:" + hashlib.sha256(words[-1].encode()).hexdigest())
elif words[0] == "pull":
    (state / "images").write_text(told("images") + " " + words[-1])
elif words[0] == "save":
    Path(words[2]).write_text(words[3])
elif words[0] == "load":
    (state / "images").write_text(told("images") + " " + Path(words[2]).read_text())
elif words[:2] == ["image", "inspect"]:
    sys.exit(0 if words[2] in told("images") else 1)
elif "-c" in words:
    sys.exit(told("broken") or subprocess.run(["sh", "-c", words[-1]], cwd=state).returncode)
elif words[0] == "compose":
    action = next(word for word in words if word in {actions!r})
    status, *later = told(f"status of {{action}}").split() or ["0"]
    if later:
        (state / f"status of {{action}}").write_text(" ".join(later))
    sys.exit(int(status))
"""
_ACTIONS = ("build", "up", "down", "stop", "logs", "exec", "run")


@dataclass(frozen=True)
class FakeDocker:
    """The engine's side of a conversation; what stands in the files of `state` is what it answers."""

    state: Path

    def answers(self, name: str, text: str = "yes") -> None:
        """Of several statuses of a command each is given once, and the last from then on."""
        (self.state / name).write_text(text)

    def asked(self) -> list[list[str]]:
        """The commands that were given, in their order, without those that only look."""
        log = self.state / "asked"
        lines = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        looks = ("info", "version", "ps", "volume", "inspect")
        return [words for words in lines if not any(look in words for look in looks)]


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDocker:
    """The only engine on the PATH."""
    state, programs = tmp_path / "engine", tmp_path / "programs"
    state.mkdir()
    programs.mkdir()
    _program(programs / "docker", _DOCKER.format(python=sys.executable, state=str(state), actions=_ACTIONS))
    _program(programs / "auricle", f'#!/bin/sh\nexec {sys.executable} -m auricle "$@"\n')
    for name in ("sh", "cat", "rm"):
        (programs / name).symlink_to(shutil.which(name) or name)
    monkeypatch.setenv("PATH", str(programs))
    return FakeDocker(state)


def add_podman(docker: FakeDocker) -> None:
    """Put a Podman without its compose command beside it on the PATH."""
    text = '#!/bin/sh\ntest "$1" != compose\n'
    _program(docker.state.parent / "programs" / "podman", text)


def _program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)
