"""`auricle bundle`: Auricle in a folder, for machines without a network."""

import platform
import sys
from pathlib import Path
from typing import Annotated

import typer

from auricle.cli.completion import completing
from auricle.cli.help import Command
from auricle.errors import InvalidOption
from auricle.settings import load_settings
from auricle.stack.engine import Engine, NoContainerEngine, find_engine

app = typer.Typer(
    no_args_is_help=True, help="Carry Auricle to machines without a network: wheels, models, images, web app."
)

_KINDS, _IMAGES, _MACHINES = ("cpu", "cuda"), ("auto", "yes", "no"), ("x86_64", "aarch64")
_PYTHONS = ("3.11", "3.12", "3.13", "3.14")

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The bundle's folder.")]


@app.command(cls=Command)
def create(
    *,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the bundle goes.")],
    models: Annotated[
        str,
        typer.Option("--models", metavar="NAME,...", help="Speech models: sizes, Hugging Face ids, folders."),
    ],
    target: Annotated[
        str,
        typer.Option(
            "--target",
            metavar="cpu|cuda",
            autocompletion=completing(_KINDS),
            help="cuda adds NVIDIA's libraries. Default: cpu.",
        ),
    ] = "cpu",
    python: Annotated[
        str | None,
        typer.Option("--python", metavar="VERSION", help="The other machine's Python. Default: this one's."),
    ] = None,
    machine: Annotated[
        str | None,
        typer.Option(
            "--machine",
            metavar="x86_64|aarch64",
            autocompletion=completing(_MACHINES),
            help="The other machine's processor. Default: this one's.",
        ),
    ] = None,
    images: Annotated[
        str,
        typer.Option(
            "--images",
            metavar="auto|yes|no",
            autocompletion=completing(_IMAGES),
            help="Container images too; auto takes them where an engine answers. Default: auto.",
        ),
    ] = "auto",
    since: Annotated[
        Path | None,
        typer.Option(
            "--since", metavar="BUNDLE", help="Only what that bundle (its folder or bundle.json) has not."
        ),
    ] = None,
) -> None:
    """Collect everything an installation needs in one folder; repeat it after an interruption.

    \b
    Examples:
      auricle bundle create --target cuda --models turbo -o /media/stick/new
      auricle bundle create --models base,small --since old/bundle.json -o update
    """
    from auricle.bundle.create import Wanted
    from auricle.bundle.create import create as collect
    from auricle.bundle.manifest import Target, read_manifest

    aim = Target(
        _one_of("--target", target, _KINDS),
        _one_of("--python", python or "{}.{}".format(*sys.version_info[:2]), _PYTHONS),
        _one_of("--machine", machine or platform.machine(), _MACHINES),
    )
    names = tuple(name.strip() for name in models.split(",") if name.strip())
    if not names:
        raise InvalidOption(
            "Name at least one model with --models: without a network, none can be fetched later."
        )
    engine = _engine(_one_of("--images", images, _IMAGES), aim.machine)
    base = read_manifest(since) if since is not None else None
    manifest = collect(Wanted(aim, names, engine, base), output, load_settings(), _say)
    files = manifest.included()
    size = sum(record.size for record in files.values()) / 1e6
    typer.echo(f"{output} is a bundle of Auricle {manifest.auricle}: {len(files)} files, {size:,.0f} MB")
    if manifest.base:
        typer.echo(f"It is a difference: install it where the bundle {manifest.base} is installed.")


@app.command(cls=Command)
def verify(folder: Folder) -> None:
    """Read every file of a bundle and compare it with what was written."""
    from auricle.bundle.verify import verify as check

    manifest = check(folder)
    names = ", ".join(model.name for model in manifest.models)
    typer.echo(f"{folder} is whole: Auricle {manifest.auricle} for {manifest.target}; models {names}")


@app.command(cls=Command)
def install(
    folder: Folder,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FOLDER", help="Where it goes. Default: /opt/auricle.")
    ] = None,
    base: Annotated[
        Path | None,
        typer.Option(
            "--base", metavar="DIR", help="The bundle that a difference is based on, where not installed."
        ),
    ] = None,
) -> None:
    """Install a bundle, without a network; what is there works until the new one is complete.

    Where there is no Auricle yet, `sh DIR/install.sh` does the same with Python alone.
    """
    from auricle.bundle.install import DEFAULT_PLACE, report
    from auricle.bundle.install import install as put

    typer.echo(report(put(folder, (to or DEFAULT_PLACE).absolute(), base=base, say=_say)), nl=False)


def _engine(images: str, machine: str) -> Engine | None:
    """What saves container images; None, after a sentence, where they are left out."""
    if images == "no":
        return None
    try:
        if machine != platform.machine():
            raise NoContainerEngine(f"Images for {machine} are made on such a machine.")
        return find_engine()
    except NoContainerEngine as error:
        if images == "yes":
            raise
        _say(f"The bundle gets no container images. {error}")
        return None


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)


def _one_of(option: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise InvalidOption(f"{option} is {value!r}, but has to be one of {', '.join(allowed)}.")
    return value
