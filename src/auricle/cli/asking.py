"""Questions before something is lost, or made."""

import sys

import typer

from auricle.errors import InvalidOption

Yes = typer.Option("--yes", "-y", help="Do it without asking, as in a script.")


def agreed(statement: str, question: str, *, yes: bool, default: bool = False) -> bool:
    """Whether the user agrees, after reading `statement`; with `yes` nobody is asked.

    Raises InvalidOption where there is nobody to ask.
    """
    if yes:
        return True
    if not sys.stdin.isatty():
        raise InvalidOption(f"{statement} Nobody can be asked here: give --yes if that is what you want.")
    typer.echo(statement, err=True)
    return typer.confirm(question, default=default, err=True)
