"""What keeps work going when rings, workers or brokers are lost: run by every server, every few seconds.

It only looks at rows and rings bells, so any number of servers may do it at once.
"""

import os
import socket
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import psutil
import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from auricle import __version__
from auricle.errors import StorageUnavailable
from auricle.jobs import Broker
from auricle.jobs.advance import ENDED, advance
from auricle.jobs.ledger import backlog, bury, moment
from auricle.jobs.runner import Shift
from auricle.store.database import Database
from auricle.store.schema import Job, Worker, now

log = structlog.get_logger(__name__)

#: How often (s) to reconcile, and to say that a worker is there.
EVERY = 10.0
#: A worker not seen for this long (s) is gone; its row stays a day, so that people can see it.
GONE = 60.0
#: The namespace in which Linux numbers the processes that are in no container (PROC_PID_INIT_INO).
_FIRST_SPACE = 0xEFFFFFFC


def reconcile(database: Database, broker: Broker) -> None:
    """Close the tasks nobody may take any more, and keep as many rings in the broker as tasks are due."""
    with database.write() as session:
        buried = list(bury(session))
        queues = {queue for job_id in buried for queue in advance(session, job_id)}
        ended = session.execute(
            select(Job.id, Job.state, Job.request_id).where(Job.id.in_(buried), Job.state.in_(ENDED))
        ).all()
    for job_id, state, request_id in ended:
        event = f"job_{state}"
        log.info(event, job=job_id, request=request_id)
    wake(database, broker, queues)


def wake(database: Database, broker: Broker, queues: Iterable[str] = ()) -> None:
    """Ring for every due task that no ring waits for yet, and for each of `queues` at least once."""
    with database.read() as session:
        due = backlog(session)
    for queue in {*due, *queues}:
        try:
            for _ in range(due.get(queue, 1) - broker.depth(queue)):
                broker.ring(queue)
        except StorageUnavailable as error:
            log.warning("broker_away", queue=queue, error=str(error))


def worker_name() -> str:
    """A name for this process that no other process has.

    Containers may share their host's name, and number their processes each in a namespace of its own.
    """
    try:
        space = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        space = _FIRST_SPACE
    within = "" if space == _FIRST_SPACE else f"{space}."
    return f"{socket.gethostname()[:80]}:{within}{os.getpid()}"


def sign_in(session: Session, name: str, shifts: list[Shift], device: str, *, draining: bool = False) -> None:
    """Say that this process is there, and what it has in memory."""
    place = shifts[0].place if shifts else None
    row = session.get(Worker, name) or Worker(id=name, host=socket.gethostname(), pid=os.getpid())
    row.queues = sorted({queue for shift in shifts for queue in shift.queues})
    row.device = device
    row.models = sorted(map(str, place.engines.loaded)) if place else []
    row.memory = psutil.Process().memory_info().rss
    row.draining = draining
    row.version = __version__
    row.seen_at = moment(session)
    session.add(row)


def workers_seen(session: Session) -> int:
    """How many processes take tasks, going by who said so within the last minute."""
    queues = session.scalars(select(Worker.queues).where(Worker.seen_at > moment(session, -GONE)))
    return sum(bool(taken) for taken in queues)


def sign_out(session: Session, name: str) -> None:
    """This process ends; forget also those that were never heard of again for a day."""
    session.execute(delete(Worker).where((Worker.id == name) | (Worker.seen_at < now() - timedelta(days=1))))
