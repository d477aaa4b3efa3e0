"""The `auricle` command."""

import sys
from typing import Annotated

import typer

from auricle import __version__
from auricle.cli import accounts, bundle, config, db, doctor, models, serve, stack, transcribe, worker
from auricle.cli.batch import sentence_of
from auricle.cli.help import WIDTH, Command, Group
from auricle.errors import AuricleError

app = typer.Typer(
    name="auricle",
    cls=Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDTH},
)
app.command(cls=Command)(transcribe.transcribe)
app.command(cls=Command)(serve.serve)
app.command(cls=Command)(worker.worker)
app.add_typer(models.app, name="models", cls=Group)
app.add_typer(accounts.users, name="users", cls=Group)
app.add_typer(accounts.keys, name="keys", cls=Group)
app.add_typer(db.app, name="db", cls=Group)
app.add_typer(stack.app, name="stack", cls=Group)
app.add_typer(bundle.app, name="bundle", cls=Group)
app.command(cls=Command)(doctor.doctor)
app.add_typer(config.app, name="config", cls=Group)


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
        app(prog_name="auricle")
    except (AuricleError, OSError) as error:
        sys.stderr.write(f"auricle: {sentence_of(error)}\n")
        sys.exit(error.exit_status if isinstance(error, AuricleError) else 1)
