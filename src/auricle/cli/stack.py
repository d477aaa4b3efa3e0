"""`auricle stack`: Auricle in containers, by its compose files."""

import functools
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from auricle.cli.asking import Yes, agreed
from auricle.cli.help import Command
from auricle.errors import InvalidOption
from auricle.stack.checks import check_disk, check_no_data, check_ports, check_sources, missing_images
from auricle.stack.containers import SERVER, Containers, containers_of, volumes
from auricle.stack.engine import find_engine
from auricle.stack.environment import make_environment
from auricle.stack.files import Stack, own_images, ports, profiles

app = typer.Typer(
    no_args_is_help=True,
    help="Run Auricle in containers: server, workers, PostgreSQL and Redis, with Docker or Podman.",
)

_SHELL = "command -v bash >/dev/null && exec bash; exec sh"

Services = Annotated[
    list[str] | None, typer.Argument(metavar="SERVICE...", help="Only these; all of them when none is named.")
]
Agreed = Annotated[bool, Yes]


def _choice(
    *,
    gpu: Annotated[
        bool, typer.Option("--gpu", help="Use the machine's NVIDIA GPU.", rich_help_panel="Stack")
    ] = False,
    host_network: Annotated[
        bool,
        typer.Option("--host-network", help="Use the machine's network itself.", rich_help_panel="Stack"),
    ] = False,
    dev: Annotated[
        bool,
        typer.Option(
            "--dev", help="Run the sources, with reload and a database of its own.", rich_help_panel="Stack"
        ),
    ] = False,
    profile: Annotated[
        list[str] | None,
        typer.Option(
            "--profile",
            metavar="NAME",
            help="Also run ollama, vllm, minio or observability; may be repeated.",
            rich_help_panel="Stack",
        ),
    ] = None,
    env_file: Annotated[
        Path,
        typer.Option(
            "--env-file",
            metavar="FILE",
            help="Passwords and settings. Default: .env.",
            rich_help_panel="Stack",
        ),
    ] = Path(".env"),
) -> Stack:
    stack = Stack(env_file, gpu, host_network, dev, tuple(profile or ()))
    known = profiles(stack)
    for name in stack.profiles:
        if name not in known:
            raise InvalidOption(f"There is no profile {name!r}: there are {', '.join(known)}.")
    return stack


def _command(function: Callable[..., None]) -> Callable[..., None]:
    """A command of the stack: its first parameter is made from the options of the stack."""
    chosen = inspect.signature(_choice).parameters

    @functools.wraps(function)
    def command(**given: Any) -> None:
        stack = _choice(**{name: given.pop(name) for name in chosen})
        function(stack, **given)

    own = list(inspect.signature(function).parameters.values())[1:]
    keywords = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own]
    signed: Any = command
    signed.__signature__ = inspect.Signature([*keywords, *chosen.values()])
    return app.command(cls=Command)(command)


@_command
def build(stack: Stack, services: Services = None) -> None:
    """Build Auricle's images from the sources of this checkout."""
    check_sources()
    containers = containers_of(stack)
    check_disk(stack, containers.engine, build=True)
    _end(containers.call("build", *(services or [])))


@_command
def up(stack: Stack, services: Services = None, yes: Agreed = False) -> None:
    """Start the stack, after looking whether it can start; images that are missing are built.

    Where there is no file of passwords yet, it offers to make one with random ones.
    """
    engine = find_engine()
    engine.compose()
    if not stack.env_file.exists():
        check_no_data(stack, engine)
        _offer_environment(stack, yes)
    containers = _ready_to_start(stack)
    status = containers.call("up", "--detach", *(services or []))
    if status == 0:
        address = next((port for port in ports(stack) if port.service == SERVER), None)
        if address is not None:
            typer.echo(f"Auricle starts on http://{address.address or '127.0.0.1'}:{address.number}")
        typer.echo("`auricle stack logs -f` follows it; the first start prints a link for the first admin.")
    _end(status)


@_command
def rebuild(stack: Stack, services: Services = None) -> None:
    """Build the images anew from nothing, and replace the containers; data stays."""
    check_sources()
    containers = containers_of(stack)
    check_disk(stack, containers.engine, build=True)
    status = containers.call("build", "--no-cache", *(services or []))
    _end(status or containers.call("up", "--detach", *(services or [])))


@_command
def down(
    stack: Stack,
    data: Annotated[bool, typer.Option("--volumes", help="Delete the data as well, after asking.")] = False,
    yes: Agreed = False,
) -> None:
    """Stop the stack and remove its containers; the data stays in its volumes."""
    containers = containers_of(stack)
    if data and not _may_lose_data(containers, yes):
        raise typer.Exit(1)
    _end(containers.call("down", *(["--volumes"] if data else []), every=True))


@_command
def clean(stack: Stack, yes: Agreed = False) -> None:
    """Delete the stack: containers, Auricle's images, and all data, after asking."""
    containers = containers_of(stack)
    if not _may_lose_data(containers, yes, f"; also the images {', '.join(own_images(stack))}"):
        raise typer.Exit(1)
    status = containers.call("down", "--volumes", "--remove-orphans", every=True)
    here = [
        image for image in own_images(stack) if containers.engine.ask("image", "inspect", image) is not None
    ]
    _end(status or (containers.engine.call("image", "rm", *here) if here else 0))


@_command
def logs(
    stack: Stack,
    services: Services = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
) -> None:
    """Print what the services log."""
    _end(containers_of(stack).call("logs", *(["--follow"] if follow else []), *(services or [])))


@_command
def shell(
    stack: Stack,
    service: Annotated[
        str, typer.Argument(metavar="SERVICE", help="Whose container; server when none is named.")
    ] = SERVER,
) -> None:
    """Open a shell in a service's container."""
    no_terminal = [] if sys.stdin.isatty() else ["-T"]
    _end(containers_of(stack).call("exec", *no_terminal, service, "sh", "-c", _SHELL))


@_command
def backup(
    stack: Stack,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it, for example monday.tar.")],
    force: Annotated[bool, typer.Option("--force", help="Write over a file that exists.")] = False,
) -> None:
    """Write database and files to one file on this machine, while the stack goes on working."""
    from auricle.stack import backups
    from auricle.store.missing import INCOMPLETE

    status = backups.backup(containers_of(stack), file, force=force)
    if status not in (0, INCOMPLETE):
        typer.echo(f"There is no backup: the container ended with status {status}.", err=True)
    _end(status)


@_command
def restore(
    stack: Stack,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup that auricle stack backup wrote.")],
    yes: Agreed = False,
) -> None:
    """Put a backup in the place of everything the stack holds, after asking; all of it, or nothing.

    Server and workers are stopped meanwhile.
    """
    from auricle.stack import backups
    from auricle.store.backup import check

    found = check(file)
    containers = containers_of(stack)
    statement = (
        f"All recordings, transcripts, users and keys of the stack are replaced by those of {file} "
        f"({found['made_at'][:16]}, Auricle {found['auricle']})."
    )
    if not agreed(statement, "Replace them?", yes=yes):
        raise typer.Exit(1)
    status, how_far = backups.restore(containers, file)
    if status:
        typer.echo(how_far, err=True)
    _end(status)


def _ready_to_start(stack: Stack) -> Containers:
    containers = containers_of(stack)
    missing = missing_images(stack, containers.engine)
    check_disk(stack, containers.engine, build=bool(missing))
    if not containers.is_running():
        check_ports(stack)
    return containers


def _offer_environment(stack: Stack, yes: bool) -> None:
    statement = f"There is no file {stack.env_file} with the stack's passwords yet."
    if agreed(statement, "Make it with random ones?", yes=yes, default=True):
        made = make_environment(stack.env_file)
        typer.echo(f"{stack.env_file} is made, with random values for {', '.join(made)}: keep a copy.")


def _may_lose_data(containers: Containers, yes: bool, more: str = "") -> bool:
    named = volumes(containers.stack, containers.engine)
    held = (
        f"the volumes {', '.join(named)} with everything in them" if named else "no volume, for there is none"
    )
    return agreed(f"This deletes {held}{more}.", "Delete it?", yes=yes)


def _end(status: int) -> None:
    raise typer.Exit(status)
