"""Waiting at the start for a database that does not answer yet, or whose tables are not upgraded yet."""

import time
from collections.abc import Callable

import structlog

from auricle.errors import AuricleError, InvalidSetting, StorageUnavailable
from auricle.store.database import Database
from auricle.store.upgrade import OldTables, prepare_database

log = structlog.get_logger(__name__)

#: How often (s) to ask again.
_AGAIN = 3.0
#: What PostgreSQL says to a password that time will not make right.
_REFUSED = "password authentication failed"


def await_database(
    database: Database,
    patience: float,
    *,
    ready: Callable[[Database], object] = prepare_database,
    rest: Callable[[float], object] = time.sleep,
) -> None:
    """Until `ready` goes through, for at most `patience` seconds (s); the log says what is waited for.

    `rest` waits for so many seconds. A file of SQLite is there or is not. Raises what `ready` does at the
    end, and InvalidSetting at once for a password that is refused.
    """
    end = time.monotonic() + (0 if database.is_sqlite else patience)
    while True:
        try:
            ready(database)
            return
        except (StorageUnavailable, OldTables) as error:
            left = end - time.monotonic()
            if _REFUSED in str(error):
                raise _wrong_password(error) from error
            if left <= 0:
                raise _given_up(error, database, patience) from error
            log.warning("waiting_for_database", error=str(error), seconds_left=round(left))
        rest(min(_AGAIN, left))


def _wrong_password(error: StorageUnavailable | OldTables) -> InvalidSetting:
    return InvalidSetting(
        f"{error} Put the right name and password into AURICLE_DATABASE_URL; a database keeps the password "
        "it was first made with."
    )


def _given_up(error: StorageUnavailable | OldTables, database: Database, patience: float) -> AuricleError:
    if isinstance(error, OldTables) or database.is_sqlite:
        return error
    return StorageUnavailable(
        f"{error} AURICLE_WAIT ({patience:g} s) is over. Look whether PostgreSQL runs; its own log says what "
        "keeps it from starting, such as data of another major version, a full disk, or a folder it may not "
        "write to."
    )
