"""Commands to a stack's containers, through the compose command of the engine that was found."""

import os
from dataclasses import dataclass
from typing import BinaryIO

from auricle.shipped import shipped
from auricle.stack.engine import Engine, find_engine, run
from auricle.stack.environment import check_environment
from auricle.stack.files import Stack, own_services, profiles, project, services

#: The service that answers requests.
SERVER = "server"


@dataclass(frozen=True, slots=True)
class Containers:
    """A stack, and the compose command (with the engine behind it) that runs it."""

    stack: Stack
    engine: Engine
    compose: tuple[str, ...]

    def call(
        self, *words: str, stdin: BinaryIO | None = None, stdout: BinaryIO | None = None, every: bool = False
    ) -> int:
        """Run a compose command in front of the user; `every` means the services of all profiles too."""
        return run(self._words(words, every), stdin, stdout, self._environment())

    def run_in_server(
        self, script: str, stdin: BinaryIO | None = None, stdout: BinaryIO | None = None
    ) -> int:
        """Run a script of the shell in the server's container, or beside it where that is stopped."""
        if self.is_running(SERVER):
            return self.call("exec", "-T", SERVER, "sh", "-c", script, stdin=stdin, stdout=stdout)
        ran = self.is_running()
        status = self.run_beside(script, stdin, stdout)
        return status if ran else self.call("stop") or status

    def run_beside(self, script: str, stdin: BinaryIO | None = None, stdout: BinaryIO | None = None) -> int:
        """Run a script of the shell in a container of its own, made like the server's, beside the others."""
        others = set(services(self.stack)).difference(own_services(self.stack))
        status = self.call("up", "--detach", *sorted(others))
        if status:
            return status
        words = ("run", "--rm", "-T", "--entrypoint", "sh", SERVER, "-c", script)
        return self.call(*words, stdin=stdin, stdout=stdout)

    def is_running(self, service: str | None = None) -> bool:
        """Whether the stack has containers that run, or one of its services has."""
        # The engine is asked, since not every compose command can be asked for one service.
        labels = {"project": project(self.stack), **({"service": service} if service else {})}
        filters = [f"--filter=label=com.docker.compose.{name}={value}" for name, value in labels.items()]
        return bool(self.engine.ask("ps", "--quiet", *filters))

    def _environment(self) -> dict[str, str]:
        """The shell's variables; what writes to the sources does so as their owner."""
        if not self.stack.dev:
            return dict(os.environ)
        owner = shipped("deploy").stat()
        return {"DEV_USER": f"{owner.st_uid}:{owner.st_gid}", **os.environ}

    def _words(self, words: tuple[str, ...], every: bool) -> list[str]:
        chosen = profiles(self.stack) if every else self.stack.profiles
        files = [word for file in self.stack.files() for word in ("-f", str(file))]
        named = [word for name in chosen for word in ("--profile", name)]
        return [*self.compose, "--env-file", str(self.stack.env_file), *files, *named, *words]


def volumes(stack: Stack, engine: Engine) -> list[str]:
    """The names of the volumes that hold the stack's data."""
    label = f"label=com.docker.compose.project={project(stack)}"
    return (engine.ask("volume", "ls", "--quiet", "--filter", label) or "").split()


def containers_of(stack: Stack) -> Containers:
    """What commands a stack; raises NoContainerEngine, NotFound and InvalidSetting, with what to do."""
    engine = find_engine()
    compose = tuple(engine.compose())
    check_environment(stack)
    return Containers(stack, engine, compose)
