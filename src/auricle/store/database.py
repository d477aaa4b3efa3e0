"""The database: SQLite in one file, or PostgreSQL, behind the same two kinds of sessions."""

import contextlib
import functools
import json
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import structlog
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import ArgumentError, DataError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.pool import ConnectionPoolEntry

from auricle.errors import (
    Collided,
    DiskFull,
    Held,
    InvalidOption,
    InvalidSetting,
    StorageUnavailable,
)

log = structlog.get_logger(__name__)

_PATIENCE_MS = 30_000
_CONNECTIONS = 20
_SQLITE_OUTAGES = ("locked", "unable to open database file", "disk I/O error", "readonly database")
_NO_ROOM = ("database or disk is full", "No space left on device", "could not extend file")
#: A row that is there already, or that belongs to one which is not; any other broken rule is a mistake.
_CLASHES = (
    "23503",
    "23505",
    "SQLITE_CONSTRAINT_FOREIGNKEY",
    "SQLITE_CONSTRAINT_PRIMARYKEY",
    "SQLITE_CONSTRAINT_UNIQUE",
)
#: What PostgreSQL calls a deadlock and a failed serialization: the same again may succeed at once.
_COLLISIONS = {"40P01", "40001"}
#: Before what collided is done again, at most so many seconds pass.
_PAUSES = (0.05, 0.2, 1.0)

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, eq=False)
class Database:
    """Sessions to one database; safe to share between threads."""

    url: URL
    writer: Engine
    reader: Engine

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextlib.contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that may change rows: committed when the block ends, rolled back when it raises.

        Raises StorageUnavailable where the database cannot be reached or stays locked, Collided where two
        waited for each other (see `repeated`), DiskFull where there is no room, Conflict where another
        transaction made or erased the same rows meanwhile; nothing was changed then.
        """
        with outages(), _clashes(), sessionmaker(self.writer, expire_on_commit=False).begin() as session:
            yield session

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads; it waits for no writer. Raises StorageUnavailable."""
        with outages(), Session(self.reader, expire_on_commit=False) as session:
            yield session

    def close(self) -> None:
        self.writer.dispose()
        self.reader.dispose()


def open_database(address: str) -> Database:
    """Open `sqlite:///FILE` or `postgresql://...`; nothing is connected or created before it is needed.

    Raises InvalidSetting for any other address, and where the driver for PostgreSQL is not installed.
    """
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise InvalidSetting(_FORMS) from None
    match url.get_backend_name():
        case "sqlite" if url.database:
            return Database(url, _sqlite(url, "BEGIN IMMEDIATE"), _sqlite(url, "BEGIN"))
        case "postgresql":
            engine = _postgresql(url.set(drivername="postgresql+psycopg"))
            return Database(url, engine, engine)
        case _:
            raise InvalidSetting(_FORMS)


_FORMS = (
    "AURICLE_DATABASE_URL has to be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE "
    "(special characters in the password percent-encoded)."
)


def sqlite_file(url: URL) -> Path:
    """The file of an SQLite address."""
    return Path(url.database or "")


def _sqlite(url: URL, begin: str) -> Engine:
    """A pool of connections whose transactions open with `begin`.

    A transaction that begins as a reader and then writes fails at once when another writes, however long the
    timeout; so those that may write say so from the start:
    https://docs.sqlalchemy.org/en/21/dialects/sqlite.html#pysqlite-serializable
    """
    engine = create_engine(url, pool_size=_CONNECTIONS, max_overflow=_CONNECTIONS, json_serializer=_json)

    def on_connect(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={_PATIENCE_MS}",
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    event.listen(engine, "handle_error", _refuse_no_value)
    return engine


def _postgresql(url: URL) -> Engine:
    try:
        engine = create_engine(
            url,
            pool_size=_CONNECTIONS,
            max_overflow=_CONNECTIONS,
            pool_pre_ping=True,
            json_serializer=_json,
            connect_args={"connect_timeout": 5, "client_encoding": "utf8", "options": "-c timezone=utc"},
        )
    except ModuleNotFoundError as error:
        raise InvalidSetting(
            "AURICLE_DATABASE_URL names a PostgreSQL database, but its driver is not installed: "
            "pip install 'auricle[postgres]'."
        ) from error
    event.listen(engine, "handle_error", _refuse_no_value)
    return engine


def _json(value: Any) -> str:
    """JSON with escapes, as it is searched for; UnicodeEncodeError where half a character stands in it."""
    text = json.dumps(value)
    if "\\ud" in text:
        json.dumps(value, ensure_ascii=False).encode()
    return text


def _refuse_no_value(context: ExceptionContext) -> None:
    """Tell whoever sends a number beyond 64 bits, half a character or NUL: it is their mistake, no crash."""
    if isinstance(context.original_exception, OverflowError | UnicodeEncodeError) or isinstance(
        context.sqlalchemy_exception, DataError
    ):
        raise InvalidOption(
            "This request holds a number or a text that the database cannot keep."
        ) from context.original_exception


def repeated(act: Callable[_P, _T]) -> Callable[_P, _T]:
    """Do it again, a few times, where its transaction collided with another: nothing was changed then."""

    @functools.wraps(act)
    def again(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        for pause in _PAUSES:
            try:
                return act(*args, **kwargs)
            except Collided:
                time.sleep(random.uniform(0, pause))  # noqa: S311 - keeps two apart, hides nothing
        return act(*args, **kwargs)

    return again


@contextlib.contextmanager
def outages() -> Iterator[None]:
    """Turn what the drivers raise into StorageUnavailable, or DiskFull where there is no room."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        reason = str(error.orig).strip().partition("\n")[0] or type(error.orig).__name__
        if any(sign in reason for sign in _NO_ROOM):
            raise DiskFull(
                f"The database has no room left on its disk: free some and try again ({reason})."
            ) from error
        if getattr(error.orig, "sqlstate", None) in _COLLISIONS:
            raise Collided(
                "The same things were changed by another at this moment, and this was undone: try again."
            ) from error
        if isinstance(error.orig, sqlite3.Error) and not any(sign in reason for sign in _SQLITE_OUTAGES):
            # SQLite says "operational" of mistakes as well, such as a table that is not there.
            raise
        raise StorageUnavailable(f"The database cannot be reached or does not answer: {reason}.") from error


@contextlib.contextmanager
def _clashes() -> Iterator[None]:
    """Turn what goes wrong because another transaction came first into Conflict."""
    try:
        yield
    except (IntegrityError, StaleDataError) as error:
        driver = error.orig if isinstance(error, IntegrityError) else None
        code = getattr(driver, "sqlstate", None) or getattr(driver, "sqlite_errorname", None)
        if driver is not None and code not in _CLASHES:
            raise
        log.warning("changes_clashed", reason=str(driver or error).partition("\n")[0])
        raise Held("Somebody made, changed or erased the same at this moment: try again.") from error
