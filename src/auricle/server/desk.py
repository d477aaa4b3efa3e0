"""Places for requests whose answer somebody waits for, and the queue before them."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from auricle.errors import Busy


@dataclass(slots=True, eq=False)
class Ticket:
    """Somebody's turn: 1 is next, 0 has a place. `news` is set whenever that has changed."""

    owner_id: str
    position: int | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def move(self, position: int) -> None:
        if position != self.position:
            self.position = position
            self.news.set()


class Desk:
    """Gives out `places`, and lets `queue` requests wait for one. Used from one event loop.

    Next is who has the fewest requests at work and before this one in the queue; then who came first.
    """

    def __init__(self, places: int, queue: int) -> None:
        self._places = places
        self._queue = queue
        self._active: list[Ticket] = []
        self._waiting: list[Ticket] = []
        self._farewells: set[asyncio.Future[None]] = set()
        self.closed = False

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return len(self._waiting)

    @property
    def active(self) -> int:
        """How many requests are being heard."""
        return len(self._active)

    def enter(self, owner_id: str) -> Ticket:
        """Take a place, or one in the queue, until `leave`. Raises Busy where too many wait already."""
        if self.active >= self._places and self.waiting >= self._queue:
            raise busy(self.waiting)
        ticket = Ticket(owner_id)
        self._waiting.append(ticket)
        self._call()
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """Give up a place, or the wish for one."""
        (self._waiting if ticket in self._waiting else self._active).remove(ticket)
        self._call()

    def close(self) -> None:
        """Let everybody go: the server is about to end."""
        self.closed = True
        for farewell in self._farewells:
            farewell.set_result(None)
        self._farewells.clear()

    @contextlib.contextmanager
    def farewell(self) -> Iterator[asyncio.Future[None]]:
        """What is done as soon as the desk is closed."""
        coming: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.closed:
            coming.set_result(None)
        else:
            self._farewells.add(coming)
        try:
            yield coming
        finally:
            self._farewells.discard(coming)

    def _call(self) -> None:
        """Give free places to those who are next, and tell the others where they stand."""
        order = self._in_order()
        free = self._places - self.active
        self._active += order[:free]
        self._waiting = [ticket for ticket in self._waiting if ticket not in order[:free]]
        for ticket in order[:free]:
            ticket.move(0)
        for position, ticket in enumerate(order[free:], 1):
            ticket.move(position)

    def _in_order(self) -> list[Ticket]:
        seen = Counter(ticket.owner_id for ticket in self._active)
        turns: list[tuple[int, int]] = []
        for number, ticket in enumerate(self._waiting):
            turns.append((seen[ticket.owner_id], number))
            seen[ticket.owner_id] += 1
        return [self._waiting[number] for _, number in sorted(turns)]


def busy(waiting: int) -> Busy:
    """What is said where too many wait."""
    return Busy(f"{waiting} requests are waiting already, which is the limit: come again in a few seconds.")
