"""`auricle doctor`: what this machine has of what Auricle needs."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from auricle.doctor import Check, examine

_LOOKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "broken": ("✗", "red")}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Look at this machine: what works, what is missing, and what to do about it.

    Ends with status 1 if something is broken that Auricle cannot do without.
    """
    console = Console()
    checks = examine()
    if as_json:
        made = list(checks)
        document = {"ok": not _broken(made), "checks": [asdict(check) for check in made]}
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
    elif console.is_terminal:
        made = _print_richly(console, checks)
    else:
        made = _print_plainly(checks)
    raise typer.Exit(1 if _broken(made) else 0)


def _broken(checks: Iterable[Check]) -> bool:
    return any(check.status == "broken" for check in checks)


def _print_richly(console: Console, checks: Iterable[Check]) -> list[Check]:
    with console.status("Looking at this machine …"):
        made = list(checks)
    table = Table.grid(padding=(0, 2))
    for check in made:
        mark, colour = _LOOKS[check.status]
        text = Text(check.message)
        if check.advice:
            text.append(f"\n→ {check.advice}", style=colour)
        table.add_row(Text(mark, style=f"bold {colour}"), Text(check.name, style="bold"), text)
    console.print(table)
    console.print(Text(f"\n{_summary(made)}", style="bold"))
    return made


def _print_plainly(checks: Iterable[Check]) -> list[Check]:
    """A line per check as it is made, and one for its advice."""
    made = []
    for check in checks:
        made.append(check)
        typer.echo(f"{check.status:<8} {check.name}: {'; '.join(check.message.splitlines())}")
        if check.advice:
            typer.echo(f"{'':<8} -> {check.advice}")
    typer.echo(_summary(made))
    return made


def _summary(checks: Iterable[Check]) -> str:
    count = Counter(check.status for check in checks)
    if count["broken"]:
        return f"{count['broken']} broken: Auricle cannot work like this."
    warnings = f", with {count['warning']} to look at" if count["warning"] else ""
    return f"Auricle can work here{warnings}."
