"""Everything a running server holds, from its start to its end."""

import contextlib
import hashlib
import platform
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from auricle.accounts.limits import Limits
from auricle.engines.leases import ModelPool
from auricle.engines.scheduler import SharedEngine
from auricle.errors import AuricleError, StorageUnavailable
from auricle.jobs import Broker
from auricle.jobs.brokers import await_broker, open_broker
from auricle.jobs.chores import run_due_chores
from auricle.jobs.ledger import take_back
from auricle.jobs.preload import preload
from auricle.jobs.reconcile import EVERY, reconcile, sign_in, sign_out, worker_name
from auricle.jobs.threads import Crew, ThreadBroker
from auricle.jobs.work import Workplace
from auricle.server.desk import Desk
from auricle.server.fetching import Fetches
from auricle.settings import Settings, origins_of
from auricle.store import Storage
from auricle.store.awaiting import await_database
from auricle.store.database import Database
from auricle.store.opening import database_of, hold_data_folder, storage_of
from auricle.store.schema import now

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class Service:
    """The parts of one server; `crew` works on tasks in this process, where no broker calls others.

    `origins` says where the value of each setting comes from, see `auricle.settings.origins_of`; `listeners`
    are the threads that hear what somebody waits for.
    """

    settings: Settings
    database: Database
    storage: Storage
    broker: Broker
    place: Workplace
    crew: Crew | None
    limits: Limits
    desk: Desk
    origins: Mapping[str, str]
    fetches: Fetches = field(default_factory=Fetches)
    listeners: set[threading.Thread] = field(default_factory=set)
    started_at: datetime = field(default_factory=now)
    #: The server was told to stop.
    stopping: threading.Event = field(default_factory=threading.Event)

    def ring(self, queues: set[str]) -> None:
        """Wake workers for what was just queued; the reconciler makes up for a ring that is lost."""
        for queue in queues:
            try:
                self.broker.ring(queue)
            except StorageUnavailable as error:
                log.warning("broker_away", queue=queue, error=str(error))


@contextlib.contextmanager
def running(settings: Settings) -> Iterator[Service]:
    """Open everything, work, and close it in order: running tasks are handed back first.

    Raises Conflict where another server uses this data folder, ModelUnavailable where `preload_force` says
    so, and what `await_database` raises.
    """
    with hold_data_folder(settings), contextlib.closing(database_of(settings)) as database:
        await_database(database, settings.wait)
        service = _build(settings, database)
        loops = [
            threading.Thread(target=_again_and_again, args=(act, service), name=name, daemon=True)
            for name, act in (("upkeep", _keep_up), ("chores", _do_chores))
        ]
        try:
            await_broker(service.broker, settings.wait)
            if service.crew is not None:
                preload(service.place)
            _start_work(service)
            for loop in loops:
                loop.start()
            yield service
        finally:
            _stop_work(service, loops)


def _build(settings: Settings, database: Database) -> Service:
    storage = storage_of(settings)
    broker = open_broker(settings)
    engines: ModelPool[SharedEngine] = ModelPool(idle=settings.model_idle)
    folder = settings.data_dir / "work" / "server"
    # What is there was left by a server that was killed: the lock says that no other is running.
    shutil.rmtree(folder, ignore_errors=True)
    place = Workplace(settings, database, storage, engines, folder)
    crew = Crew(place, broker, _own_name(settings)) if isinstance(broker, ThreadBroker) else None
    desk = Desk(settings.interactive_slots, settings.interactive_queue)
    origins = origins_of(settings)
    return Service(settings, database, storage, broker, place, crew, Limits(settings), desk, origins)


def _own_name(settings: Settings) -> str:
    """Names the threads of the server on this data folder: after a crash, the next one knows them again."""
    folder = hashlib.sha256(str(settings.data_dir).encode()).hexdigest()[:8]
    return f"server@{platform.node()[:80]}:{folder}"


def _start_work(service: Service) -> None:
    if service.crew is None:
        return
    with service.database.write() as session:
        # The lock on the folder says that whoever held these leases is gone.
        taken = take_back(session, f"{_own_name(service.settings)}#")
    if taken:
        log.info("leases_taken_back", tasks=taken)
    for queue, count in (("gpu", service.settings.gpu_workers), ("cpu", service.settings.cpu_workers)):
        for _ in range(count):
            service.crew.hire([queue])


def _stop_work(service: Service, loops: Sequence[threading.Thread]) -> None:
    """Hand tasks back and end the loops, both within the drain time."""
    end = time.monotonic() + service.settings.drain_timeout
    service.stopping.set()
    service.fetches.close()
    if service.crew is not None and not service.crew.stop(service.settings.drain_timeout):
        log.warning("tasks_left_running", note="their leases run out, or the next start takes them back")
    for listener in tuple(service.listeners):
        if listener.is_alive():
            listener.join(max(0.0, end - time.monotonic()))
    for loop in loops:
        if loop.ident is not None:
            loop.join(max(1.0, end - time.monotonic()))
            if loop.is_alive():
                log.warning(
                    "left_running", loop=loop.name, note="what it does is begun again by another server"
                )
    with contextlib.suppress(AuricleError), service.database.write() as session:
        sign_out(session, worker_name())
    service.place.engines.close()
    service.broker.close()


def _again_and_again(act: Callable[[Service], None], service: Service) -> None:
    """Do something every few seconds until the server stops, whatever goes wrong with it."""
    while not service.stopping.is_set():
        try:
            act(service)
        except StorageUnavailable as error:
            log.warning("upkeep_postponed", error=str(error))
        except Exception:
            # The loop that mends everything else may not end.
            log.exception("upkeep_failed")
        service.stopping.wait(EVERY)


def _keep_up(service: Service) -> None:
    """Reconcile, and show that this process is there."""
    reconcile(service.database, service.broker)
    if service.crew is not None:
        service.crew.replace_stuck(service.settings.task_limit)
        with service.database.write() as session:
            sign_in(session, worker_name(), service.crew.shifts, service.settings.device)


def _do_chores(service: Service) -> None:
    """Do what comes round; a long chore holds up nothing else."""
    run_due_chores(service.place, service.stopping)
