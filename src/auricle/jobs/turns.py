"""A server's turn at a chore: claimed like a task, of many servers by one, and kept by a lease."""

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping

import structlog
from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from auricle.errors import AuricleError, StorageUnavailable
from auricle.jobs.ledger import LeaseLost, moment
from auricle.jobs.runner import Draining
from auricle.store.database import Database
from auricle.store.schema import Chore, now

log = structlog.get_logger(__name__)

#: A chore that was not heard of for this long (s), as its server was killed, is begun again by any other. It
#: is longer than one step of a chore may take: a request to a storage that does not answer, and its repeats.
LEASE = 600.0
#: How often (s) the lease is renewed, between two steps.
_RENEWAL = 30.0
#: What failed is tried again after this part of its period: an hourly chore after five minutes.
_PAUSE = 1 / 12


class Turn:
    """The right to do one chore now, and what went wrong with it so far."""

    def __init__(self, database: Database, name: str, attempt: int, stopping: threading.Event) -> None:
        self.name = name
        self._database = database
        self._attempt = attempt
        self._stopping = stopping
        self._renewed = time.monotonic()
        self._failures: list[str] = []

    def check(self) -> None:
        """To be called between two steps of a chore.

        Raises Draining where the server stops, LeaseLost where another one has begun the same chore.
        """
        if self._stopping.is_set():
            raise Draining
        if time.monotonic() - self._renewed > _RENEWAL:
            self._write(LEASE)
            self._renewed = time.monotonic()

    @contextlib.contextmanager
    def part(self) -> Iterator[None]:
        """Around a part of a chore: where it fails, that is noted, and the others are done all the same.

        StorageUnavailable passes: the others would fail as well, each after a long wait.
        """
        try:
            yield
        except (StorageUnavailable, Draining, LeaseLost):
            raise
        except Exception as error:
            self.failed(error)

    def failed(self, error: Exception) -> None:
        """Note what went wrong."""
        if isinstance(error, AuricleError):
            self._failures.append(str(error))
            return
        log.error("chore_crashed", chore=self.name, exc_info=error)
        self._failures.append(f"Something unexpected went wrong ({type(error).__name__}): {error}")

    def end(self, every: float, result: Mapping[str, int] | None) -> None:
        """Write what came of the chore, due again in `every` seconds, or much sooner where it failed."""
        problem = None
        if self._failures:
            first, more = self._failures[0], len(self._failures) - 1
            problem = f"{first} ({more} more of its parts failed)" if more else first
            log.warning("chore_failed", chore=self.name, error=problem)
        due_in = every * _PAUSE if problem else every
        self._write(due_in, finished_at=now(), result=result and dict(result), error=problem)

    def hand_back(self) -> None:
        """The server has to go; another may begin at once."""
        self._write(0)

    def _write(self, due_in: float, **values: object) -> None:
        with self._database.write() as session:
            mine = session.execute(
                update(Chore)
                .where(Chore.name == self.name, Chore.attempt == self._attempt)
                .values(due_at=moment(session, due_in), **values)
                .returning(Chore.name)
                .execution_options(synchronize_session=False)
            ).first()
        if mine is None:
            raise LeaseLost(self.name)


def take_turn(database: Database, name: str, every: float, stopping: threading.Event) -> Turn | None:
    """The turn at a chore of this period (s), where it is due and nobody else is at it; None otherwise."""
    with database.read() as session:
        due = select(Chore.due_at <= moment(session)).where(Chore.name == name)
        known = session.scalar(due)
    if known is False:
        return None
    with database.write() as session:
        if known is None:
            dialect = sqlite if database.is_sqlite else postgresql
            new = {"name": name, "every": every, "due_at": moment(session), "attempt": 0}
            session.execute(dialect.insert(Chore).values(new).on_conflict_do_nothing())
        attempt = session.execute(
            update(Chore)
            .where(Chore.name == name, Chore.due_at <= moment(session))
            .values(
                attempt=Chore.attempt + 1,
                every=every,
                started_at=now(),
                due_at=moment(session, LEASE),
            )
            .returning(Chore.attempt)
            .execution_options(synchronize_session=False)
        ).scalar()
    return None if attempt is None else Turn(database, name, attempt, stopping)
