"""Bringing a database to the tables this program knows, by Alembic's migrations."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from auricle.errors import AuricleError
from auricle.store.database import Database, outages, sqlite_file
from auricle.store.schema import now

log = structlog.get_logger(__name__)

#: Where the migrations are.
SCRIPTS = Path(__file__).parent / "migrations"
#: Two that migrate the same PostgreSQL database take turns by this number.
_TURN = 7_246_301


class WrongSchema(AuricleError):
    """The tables are older or newer than this program."""

    code = "wrong_schema"
    exit_status = 2


class OldTables(WrongSchema):
    """The tables are older than this program, or not there: `auricle db upgrade` mends it."""


def prepare_database(database: Database, *, scripts: Path = SCRIPTS) -> None:
    """Make a database ready for this program, or say why it is not.

    SQLite is migrated at once, after a copy of the older file was put into `backups` beside it. Tables in
    PostgreSQL are shared by several programs, so somebody has to say when: `auricle db upgrade`. Raises
    OldTables where nobody did, WrongSchema where a newer program was here.
    """
    if database.is_sqlite:
        upgrade(database, scripts=scripts)
        return
    _refuse_encoding(database)
    found = revision(database)
    _refuse_newer(found, scripts)
    if found != head(scripts):
        state = "has no tables yet" if found is None else "is of an older Auricle"
        raise OldTables(f"The database {state}: run auricle db upgrade.")


def upgrade(database: Database, *, scripts: Path = SCRIPTS) -> tuple[str | None, str, Path | None]:
    """Migrate to the newest tables; returns the revision before and after, and the copy that was made."""
    _refuse_encoding(database)
    before = revision(database)
    _refuse_newer(before, scripts)
    newest = head(scripts)
    copy = None
    if before != newest:
        if before is not None and database.is_sqlite:
            copy = _copy(sqlite_file(database.url), before)
            log.info("database_copied", file=str(copy))
        with _turn(database) as connection:
            command.upgrade(_config(scripts, connection), "head")
        log.info("database_migrated", before=before, after=newest)
    return before, newest, copy


def downgrade(database: Database, target: str, *, scripts: Path = SCRIPTS) -> None:
    """Go back to an older revision; `base` is none at all."""
    with _turn(database) as connection:
        command.downgrade(_config(scripts, connection), target)


def revision(database: Database) -> str | None:
    """The revision of the tables; None where there are none."""
    with outages(), database.writer.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head(scripts: Path = SCRIPTS) -> str:
    """The newest revision this program knows."""
    newest = ScriptDirectory(str(scripts)).get_current_head()
    assert newest is not None  # noqa: S101 - the migrations are part of the program
    return newest


def _refuse_encoding(database: Database) -> None:
    if database.is_sqlite:
        return
    with database.read() as session:
        encoding = session.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise WrongSchema(
            f"The database keeps text as {encoding}, which has no room for every script: make it anew with "
            "CREATE DATABASE auricle ENCODING 'UTF8' TEMPLATE template0."
        )


def _refuse_newer(found: str | None, scripts: Path) -> None:
    known = {one.revision for one in ScriptDirectory(str(scripts)).walk_revisions()}
    if found is not None and found not in known:
        raise WrongSchema(
            f"The data was made by a newer Auricle (its tables are of revision {found}, this one knows up to "
            f"{head(scripts)}): install that version, or restore a backup that this one made."
        )


@contextlib.contextmanager
def _turn(database: Database) -> Iterator[Connection]:
    """A transaction nobody else can migrate beside; on SQLite every writing transaction is one."""
    with outages(), database.writer.begin() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})
        yield connection


def _config(scripts: Path, connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _copy(file: Path, before: str) -> Path:
    """A whole copy of an SQLite file, while others may use it."""
    folder = file.parent / "backups"
    folder.mkdir(exist_ok=True)
    copy = folder / f"{file.stem}-{before}-{now():%Y%m%d-%H%M%S-%f}.db"
    with (
        contextlib.closing(sqlite3.connect(file)) as source,
        contextlib.closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
    return copy
