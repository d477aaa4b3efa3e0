"""`auricle models`: which models are here, and how they come and go."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn
from rich.table import Table

from auricle.engines import models
from auricle.engines.model_hub import Hub, Report
from auricle.errors import AuricleError, NotFound
from auricle.settings import Settings, load_settings

app = typer.Typer(no_args_is_help=True, help="Fetch, list, check and remove speech models.")

#: Exit statuses from 126 on have a meaning of their own in shells, so that more failures count as this many.
_MOST_FAILURES = 100
_PLAIN_STEP = 0.1

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME...", help="A size such as base, or a Hugging Face id (owner/name)."),
]


@app.command("list")
def list_models(
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array.")] = False,
) -> None:
    """List the models known by name and those that are here: state, size on disk, revision, folder."""
    rows = _rows(load_settings().models_dir)
    if as_json:
        typer.echo(json.dumps([row.document() for row in rows], ensure_ascii=False, indent=2))
        return
    console = Console()
    if console.is_terminal:
        console.print(_table(rows))
        return
    for row in rows:
        typer.echo(f"{row.name:<20} {row.state:<10} {_megabytes(row.size):>10}  {row.path or ''}".rstrip())


@app.command()
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
    failed = 0
    for name in wanted:
        try:
            with _progress(name) as report:
                files = models.pull(
                    name, models_dir=settings.models_dir, hub=_hub(settings), force=force, report=report
                )
            typer.echo(f"{name}: {files.path}")
        except AuricleError as error:
            failed += 1
            typer.echo(f"{name}: {error}", err=True)
    raise typer.Exit(min(failed, _MOST_FAILURES))


@app.command()
def remove(names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Models to delete.")]) -> None:
    """Delete models from the disk, unfinished downloads included. Folders of your own are never touched."""
    models_dir = load_settings().models_dir
    for name in names:
        typer.echo(f"{name}: {_megabytes(models.remove(name, models_dir=models_dir))} freed")


@app.command()
def verify(names: Names = None) -> None:
    """Read every file of the models (all that are here, if none is named) and compare with what was published.

    Needs no network. The exit status is the number of models that are damaged or missing.
    """
    models_dir = load_settings().models_dir
    here = [model.name for model in models.installed(models_dir=models_dir) if model.files]
    failed = 0
    for name in names or here:
        try:
            result = models.verify(name, models_dir=models_dir)
        except AuricleError as error:
            failed += 1
            typer.echo(f"{name}: {error}", err=True)
            continue
        failed += bool(result.damaged)
        typer.echo(f"{name}: {_verdict(name, result)}")
    if not names and not here:
        typer.echo("There is no model here to verify.", err=True)
    raise typer.Exit(min(failed, _MOST_FAILURES))


@app.command()
def where(name: Annotated[str, typer.Argument(metavar="NAME", help="A model that is here.")]) -> None:
    """Print the folder that holds a model's files."""
    files = models.find(name, models_dir=load_settings().models_dir)
    if files is None:
        raise NotFound(f"The model {name} is not here. Fetch it with `auricle models pull {name}`.")
    typer.echo(files.path)


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    repository: str
    state: str
    size: int
    revision: str | None
    path: Path | None

    def document(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "repository": self.repository,
            "state": self.state,
            "size": self.size,
            "revision": self.revision,
            "path": None if self.path is None else str(self.path),
        }


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
            rows.append(_Row(model.name, repository, "installed", model.size, files.revision, files.path))
    return rows


def _table(rows: list[_Row]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Model", "State", "On disk", "Revision"):
        table.add_column(heading, justify="right" if heading == "On disk" else "left", no_wrap=True)
    table.add_column("Repository", overflow="fold")
    styles = {"installed": "green", "unfinished": "yellow", "absent": "dim"}
    for row in rows:
        revision = (row.revision or "")[:12]
        table.add_row(
            row.name, row.state, _megabytes(row.size), revision, row.repository, style=styles[row.state]
        )
    return table


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB" if size else "-"


def _verdict(name: str, result: models.Verification) -> str:
    if result.damaged:
        return f"DAMAGED: {', '.join(result.damaged)}. Fetch it again: auricle models pull {name} --force"
    if result.unchecked:
        return f"{len(result.sound)} files as published, no hash to check {', '.join(result.unchecked)} by"
    return f"{len(result.sound)} files, all as published"


def _defaults(settings: Settings) -> list[str]:
    """What `--all` stands for. A model of another engine is that engine's to fetch."""
    named = settings.model if settings.engine in ("auto", "faster-whisper") else None
    return [*([named] if named else []), *models.DEFAULT_MODELS]


def _hub(settings: Settings) -> Hub:
    return Hub(
        endpoint=None if settings.hf_endpoint is None else str(settings.hf_endpoint),
        token=None if settings.hf_token is None else settings.hf_token.get_secret_value(),
        timeout=settings.hub_timeout,
        offline=settings.offline,
    )


@contextmanager
def _progress(name: str) -> Iterator[Report]:
    """A bar per file on a terminal, else a line per file and tenth; on stderr, so that stdout stays results."""
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
    said: dict[str, float] = {}

    def report(file: str, done: int, size: int) -> None:
        share = done / size if size else 1.0
        if share < 1 and share < said.get(file, 0.0) + _PLAIN_STEP:
            return
        said[file] = share
        typer.echo(f"{name}: {file} {share:.0%} of {size / 1e6:,.1f} MB", err=True)

    return report
