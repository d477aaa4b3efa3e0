"""`auricle db`: the tables, and whole installations as files."""

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auricle.cli.ending import ending_on_sigterm
from auricle.cli.help import Command
from auricle.errors import Conflict
from auricle.settings import load_settings

if TYPE_CHECKING:
    from auricle.store.missing import Missing

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _quietly() -> None:
    """Look after the database: upgrade, back up, restore, move."""
    from auricle import logs

    logs.configure("warning", "text")


@app.command(cls=Command)
def upgrade() -> None:
    """Bring the tables to this version; two at once are harmless.

    \b
    SQLite does this by itself when the server starts, after copying the older file to backups/.
    """
    from auricle.store.awaiting import await_database
    from auricle.store.opening import database_of
    from auricle.store.upgrade import revision
    from auricle.store.upgrade import upgrade as migrate

    settings = load_settings()
    with ending_on_sigterm(), contextlib.closing(database_of(settings)) as database:
        await_database(database, settings.wait, ready=revision)
        before, after, copy = migrate(database)
    if before == after:
        typer.echo(f"The tables are up to date (revision {after}).")
        return
    kept = f"; the older file is kept as {copy}" if copy else ""
    typer.echo(f"The tables went from revision {before or 'none'} to {after}{kept}.")


@app.command(cls=Command)
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it, for example auricle.tar.")],
    force: Annotated[bool, typer.Option("--force", help="Write over a file that exists.")] = False,
) -> None:
    """Write the whole installation, rows and files, to one file; the server may go on working.

    \b
    Examples:
      auricle db backup /mnt/backups/auricle-monday.tar

    Ends with status 3 where the storage has lost files: they are named, and the rest is in the backup.
    """
    from auricle.store.backup import backup as write
    from auricle.store.missing import INCOMPLETE
    from auricle.store.opening import database_of, storage_of

    if file.exists() and not force:
        raise Conflict(f"{file} exists: choose another name, or give --force.")
    settings = load_settings()
    with contextlib.closing(database_of(settings)) as database, _progress() as say:
        counts = write(database, storage_of(settings), file, say)
    typer.echo(f"{counts.rows} rows and {counts.blobs} files ({counts.bytes / 1e6:.1f} MB) are in {file}.")
    if _names_missing(counts.missing, "are not in the storage, so that the backup is without them"):
        raise typer.Exit(INCOMPLETE)


@app.command(cls=Command)
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup that auricle db backup wrote.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Delete what this installation holds, in the same step.")
    ] = False,
) -> None:
    """Put a backup into this installation, which has to be empty: all of it, or nothing.

    \b
    Stop the server first. What was not finished when the backup was made is begun anew.
    """
    from auricle.jobs.create import resume_unfinished
    from auricle.store.backup import restore as read
    from auricle.store.opening import database_of, hold_data_folder, storage_of

    settings = load_settings()
    with (
        hold_data_folder(settings),
        contextlib.closing(database_of(settings)) as database,
        _progress() as say,
    ):
        storage = storage_of(settings)
        counts = read(file, database, storage, resume=resume_unfinished, replace=replace, say=say)
    typer.echo(f"{counts.rows} rows and {counts.blobs} files ({counts.bytes / 1e6:.1f} MB) were restored.")
    _names_missing(counts.missing, "were not in the backup")


@app.command("migrate-from", cls=Command)
def migrate_from(
    database: Annotated[
        str,
        typer.Argument(metavar="DATABASE", help="The other database: sqlite:///FILE or postgresql://..."),
    ],
    storage: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="The other's files: file:///FOLDER or s3://BUCKET/PREFIX. "
            "Default: the folder blobs beside an SQLite file.",
        ),
    ] = None,
) -> None:
    """Copy another installation, rows and files, into this one, which has to be empty.

    \b
    Examples:
      AURICLE_DATABASE_URL=postgresql://... auricle db migrate-from sqlite:///old/auricle.db

    Stop both servers first; the other installation stays as it is. Ends with status 3 where its storage has
    lost files: they are named, and the rest is copied.
    """
    from auricle.errors import InvalidOption
    from auricle.jobs.create import resume_unfinished
    from auricle.store.backup import migrate
    from auricle.store.database import open_database, sqlite_file
    from auricle.store.missing import INCOMPLETE
    from auricle.store.opening import database_of, hold_data_folder, storage_of
    from auricle.store.storage import open_storage

    settings = load_settings()
    source = open_database(database)
    if storage is None:
        if not source.is_sqlite:
            raise InvalidOption("Say where the other installation keeps its files, with --storage.")
        storage = (sqlite_file(source.url).absolute().parent / "blobs").as_uri()
    if source.is_sqlite and not sqlite_file(source.url).exists():
        raise InvalidOption(f"There is no file {sqlite_file(source.url)}.")
    with (
        hold_data_folder(settings),
        contextlib.closing(source),
        contextlib.closing(database_of(settings)) as target,
        _progress() as say,
    ):
        counts = migrate(
            source, open_storage(storage), target, storage_of(settings), resume=resume_unfinished, say=say
        )
    typer.echo(f"{counts.rows} rows and {counts.blobs} files ({counts.bytes / 1e6:.1f} MB) were copied.")
    if _names_missing(counts.missing, "are not in the other's storage, and were not copied"):
        raise typer.Exit(INCOMPLETE)


@app.command(cls=Command)
def status() -> None:
    """Say what the database holds, and whether its tables fit this version."""
    from sqlalchemy import func, select

    from auricle.store.opening import database_of
    from auricle.store.schema import Job, Recording, TranscriptVersion, User
    from auricle.store.upgrade import head, revision

    with contextlib.closing(database_of(load_settings())) as database:
        found = revision(database)
        typer.echo(f"database     {database.url.render_as_string(hide_password=True)}")
        typer.echo(f"revision     {found or 'no tables yet'} (this version: {head()})")
        if found != head():
            return
        with database.read() as session:
            for name, table in (
                ("users", User),
                ("recordings", Recording),
                ("jobs", Job),
                ("transcripts", TranscriptVersion),
            ):
                typer.echo(f"{name:<12} {session.scalar(select(func.count()).select_from(table))}")


def _names_missing(missing: "Sequence[Missing]", what: str) -> bool:
    """Say on stderr which files are missing, and what that means; returns whether any are."""
    for one in missing:
        typer.echo(f'Missing of {one.recording_id} "{one.title}": {", ".join(one.keys)}', err=True)
    if missing:
        files = sum(len(one.keys) for one in missing)
        typer.echo(f"Files missing: {files}, of {len(missing)} recordings. They {what}.", err=True)
    return bool(missing)


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Shows what is being done on a terminal, in one line that is overwritten."""
    terminal = sys.stderr.isatty()

    def say(sentence: str) -> None:
        if terminal:
            sys.stderr.write(f"\r\x1b[K{sentence}")
            sys.stderr.flush()

    try:
        yield say
    finally:
        if terminal:
            sys.stderr.write("\r\x1b[K")
