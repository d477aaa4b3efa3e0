"""`auricle config`: what is set, where it comes from, and whether it is right."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from auricle.cli.help import Command
from auricle.settings import (
    Settings,
    check_file,
    config_file,
    is_secret,
    load_settings,
    provenance,
    shown,
    unit,
)
from auricle.settings.examples import env_example, toml_example

app = typer.Typer(no_args_is_help=True, help="Show, check and start a configuration.")


class Form(StrEnum):
    env = "env"
    toml = "toml"


class _Row(NamedTuple):
    setting: str
    value: str
    unit: str
    source: str


@app.command(cls=Command)
def show(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show every setting: its value, its unit, and where the value comes from.

    Keys and tokens are never shown.
    """
    settings, sources = load_settings(), provenance()
    if as_json:
        typer.echo(json.dumps(_document(settings, sources), ensure_ascii=False, indent=2))
        return
    rows = [_row(name, getattr(settings, name), source) for name, source in sources.items()]
    console = Console()
    if console.is_terminal:
        console.print(_table(rows))
    else:
        typer.echo(_aligned(rows))


@app.command(cls=Command)
def check(
    file: Annotated[
        Path | None,
        typer.Argument(help="An auricle.toml or .env to check by itself; else all that would be used here."),
    ] = None,
) -> None:
    """Check the configuration; lists everything that is wrong and ends with status 2 then."""
    if file is not None:
        check_file(file)
        typer.echo(f"{file} is right.")
        return
    load_settings()
    used = config_file()
    typer.echo(f"The configuration is right{f', {used} included' if used else ''}.")


@app.command(cls=Command)
def example(
    form: Annotated[
        Form,
        typer.Option("--format", metavar="env|toml", help="env for a .env file, toml for an auricle.toml."),
    ] = Form.toml,
) -> None:
    """Print a configuration to start from: every setting, explained, at its default."""
    typer.echo(env_example() if form is Form.env else toml_example(), nl=False)


def _row(name: str, value: object, source: str) -> _Row:
    return _Row(name, " ".join(shown(name, value).splitlines()), unit(name), source)


def _document(settings: Settings, sources: dict[str, str]) -> dict[str, Any]:
    values = settings.model_dump(mode="json")  # secrets are stars here already
    return {
        name: {
            "value": shown(name, values[name]) if isinstance(values[name], str) else values[name],
            "unit": unit(name) or None,
            "source": source,
            "secret": is_secret(name),
        }
        for name, source in sources.items()
    }


def _table(rows: list[_Row]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in _Row._fields:
        table.add_column(heading, overflow="fold")
    for row in rows:
        style = "dim" if row.source == "default" else "bold green"
        table.add_row(*map(Text, row), style=style)
    return table


def _aligned(rows: list[_Row]) -> str:
    """Columns of plain text, as wide as their values need."""
    lines = [_Row(*_Row._fields), *rows]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
