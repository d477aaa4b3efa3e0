"""The `auricle` command."""

import sys
from typing import Annotated

import typer

from auricle import __version__
from auricle.cli import config, doctor, models, transcribe
from auricle.errors import AuricleError

app = typer.Typer(
    name="auricle",
    help="Recordings into transcripts people can use: who said what, when, in every format.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(transcribe.transcribe)
app.add_typer(models.app, name="models")
app.command()(doctor.doctor)
app.add_typer(config.app, name="config")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"auricle {__version__}")
        raise typer.Exit


@app.callback()
def _auricle(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Recordings into transcripts people can use: who said what, when, in every format."""


def main() -> None:
    """Run the command line; an error is one sentence on stderr and an exit status, never a traceback."""
    try:
        app()
    except AuricleError as error:
        sys.stderr.write(f"auricle: {error}\n")
        sys.exit(error.exit_status)
    except BrokenPipeError:
        # Whoever read our output has had enough, as `auricle ... | head` does.
        sys.stderr.close()
        sys.exit(141)
    except OSError as error:
        sys.stderr.write(
            f"auricle: {error.strerror or error}: {error.filename or ''}\n".replace(": \n", "\n")
        )
        sys.exit(1)
