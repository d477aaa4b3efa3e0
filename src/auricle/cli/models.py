"""`auricle models`: which models are here, and how they come and go."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn
from rich.table import Table

from auricle.cli.help import Command
from auricle.engines import models
from auricle.engines.model_hub import Report
from auricle.engines.registry import hub_of
from auricle.errors import AuricleError, ModelUnavailable, NotFound
from auricle.settings import Settings, load_settings

app = typer.Typer(no_args_is_help=True, help="Fetch, list, check and remove speech models.")

#: Exit statuses from 126 on have a meaning of their own in shells, so that more failures count as this many.
_MOST_FAILURES = 100
_WORTH_A_LINE = 1_000_000

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME...", help="A size such as base, or a Hugging Face id (owner/name)."),
]


@app.command("list", cls=Command)
def list_models(
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array.")] = False,
) -> None:
    """List the models known by name and those that are here: state, size on disk, revision, folder."""
    rows = _rows(load_settings().models_dir)
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=2))
        return
    console = Console()
    if console.is_terminal:
        console.print(_table(rows))
        return
    for row in rows:
        typer.echo(f"{row.name:<20} {row.state:<10} {_megabytes(row.size):>10}  {row.path or ''}".rstrip())


@app.command(cls=Command)
def pull(
    names: Names = None,
    all_defaults: Annotated[
        bool,
        typer.Option(
            "--all",
            help="Also every model that Auricle may choose by itself on any machine "
            f"({', '.join(models.DEFAULT_MODELS)}), and the one that the settings name.",
        ),
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Fetch the newest revision, and every file again even if it is here."),
    ] = False,
) -> None:
    """Fetch models: only the files that are missing, going on where an earlier pull stopped.

    Every file is checked by size and hash. The exit status is the number of models that failed.
    """
    settings = load_settings()
    wanted = list(dict.fromkeys([*(names or []), *(_defaults(settings) if all_defaults else [])]))
    if not wanted:
        raise typer.BadParameter("Name at least one model, or give --all.", param_hint="NAME...")

    def fetch(name: str) -> str:
        with _progress(name) as report:
            files = models.pull(
                name, models_dir=settings.models_dir, hub=hub_of(settings), force=force, report=report
            )
        return str(files.path)

    _for_each(wanted, fetch)


@app.command(cls=Command)
def remove(names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Models to delete.")]) -> None:
    """Delete models from the disk, unfinished downloads included. Folders of your own are never touched.

    The exit status is the number of models that could not be removed.
    """
    models_dir = load_settings().models_dir
    _for_each(names, lambda name: f"{_megabytes(models.remove(name, models_dir=models_dir))} freed")


@app.command(cls=Command)
def verify(names: Names = None) -> None:
    """Read every file of the named models, or of all that are here, and compare with what was published.

    Needs no network. The exit status is the number of models that are damaged or missing.
    """
    models_dir = load_settings().models_dir
    here = [model.name for model in models.installed(models_dir=models_dir) if model.files]
    if not names and not here:
        typer.echo("There is no model here to verify.", err=True)
    _for_each(names or here, lambda name: _verdict(models.verify(name, models_dir=models_dir)))


@app.command(cls=Command)
def where(name: Annotated[str, typer.Argument(metavar="NAME", help="A model that is here.")]) -> None:
    """Print the folder that holds a model's files."""
    files = models.find(name, models_dir=load_settings().models_dir)
    if files is None:
        raise NotFound(f"The model {name} is not here. Fetch it with `auricle models pull {name}`.")
    typer.echo(files.path)


def _for_each(names: list[str], act: Callable[[str], str]) -> NoReturn:
    """Say what `act` says of each model, or why it failed; the exit status counts the failures."""
    failed = 0
    for name in names:
        try:
            typer.echo(f"{name}: {act(name)}")
        except AuricleError as error:
            failed += 1
            typer.echo(f"{name}: {error}", err=True)
    raise typer.Exit(min(failed, _MOST_FAILURES))


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    repository: str
    state: str
    size: int
    revision: str | None
    path: str | None


def _rows(models_dir: Path | None) -> list[_Row]:
    """One row per repository: the known ones in their order, then those that were pulled by id."""
    cached = {model.repository: model for model in models.installed(models_dir=models_dir)}
    rows = []
    for repository in dict.fromkeys([*models.REPOSITORIES.values(), *cached]):
        model = cached.get(repository)
        if model is None:
            rows.append(_Row(models.name_of(repository), repository, "absent", 0, None, None))
        elif model.files is None:
            rows.append(_Row(model.name, repository, "unfinished", model.size, None, None))
        else:
            files = model.files
            rows.append(
                _Row(model.name, repository, "installed", model.size, files.revision, str(files.path))
            )
    return rows


def _table(rows: list[_Row]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Model", "State", "On disk", "Revision"):
        table.add_column(heading, justify="right" if heading == "On disk" else "left")
    styles = {"installed": "green", "unfinished": "yellow", "absent": "dim"}
    for row in rows:
        cells = (row.name, row.state, _megabytes(row.size), (row.revision or "")[:12])
        table.add_row(*cells, style=styles[row.state])
    return table


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB" if size else "-"


def _verdict(result: models.Verification) -> str:
    if result.damaged:
        raise ModelUnavailable(
            f"damaged: {', '.join(result.damaged)}. "
            f"Fetch it again with `auricle models pull {result.model.name} --force`."
        )
    if result.unchecked:
        return f"{len(result.sound)} files as published, no hash to check {', '.join(result.unchecked)} by"
    return f"{len(result.sound)} files, all as published"


def _defaults(settings: Settings) -> list[str]:
    """What `--all` stands for. A model of another engine is that engine's to fetch."""
    named = settings.model if settings.engine in ("auto", "faster-whisper") else None
    return [*([named] if named else []), *models.DEFAULT_MODELS]


@contextmanager
def _progress(name: str) -> Iterator[Report]:
    """A bar per file on a terminal, else a line per tenth of a file; on stderr, as stdout is for results."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _plain_report(name)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console) as progress:
        tasks: dict[str, TaskID] = {}

        def report(file: str, done: int, size: int) -> None:
            if file not in tasks:
                tasks[file] = progress.add_task(f"{name} {file}", total=size)
            progress.update(tasks[file], completed=done)

        yield report


def _plain_report(name: str) -> Report:
    said: dict[str, int] = {}

    def report(file: str, done: int, size: int) -> None:
        tenth = 10 * done // size if size else 10
        if size >= _WORTH_A_LINE and tenth > said.get(file, 0):
            said[file] = tenth
            typer.echo(f"{name}: {file} {10 * tenth} % of {size / 1e6:,.0f} MB", err=True)

    return report
