"""A worker: a process that takes tasks from the ledger until it is told to stop.

It looks into the database by itself every few seconds; a broker only makes it look at once. So it works
where there is no broker, and goes on while the broker is away.
"""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from queue import Empty, SimpleQueue
from types import FrameType

import structlog

from auricle.accounts.keys import find_key
from auricle.engines.leases import ModelPool
from auricle.engines.scheduler import SharedEngine
from auricle.errors import AuricleError, Cancelled, InvalidOption, StorageUnavailable
from auricle.jobs import Broker
from auricle.jobs.brokers import await_broker, open_broker
from auricle.jobs.folders import own_folder
from auricle.jobs.health import OK, check_database, examine
from auricle.jobs.health_server import Answer, Page, answer, refused, serving
from auricle.jobs.machine_metrics import machine_registry
from auricle.jobs.preload import preload
from auricle.jobs.reconcile import EVERY, sign_in, sign_out, wake, worker_name
from auricle.jobs.stages import STAGES
from auricle.jobs.threads import Crew, ThreadBroker
from auricle.jobs.watchdog import Watchdog, end_now
from auricle.jobs.work import Workplace
from auricle.metrics import CONTENT_TYPE, exposition
from auricle.settings import Settings
from auricle.store.awaiting import await_database
from auricle.store.database import Database
from auricle.store.opening import database_of, make_data_folder, storage_of
from auricle.store.schema import now

log = structlog.get_logger(__name__)

#: The queues that stages use.
QUEUES = tuple(sorted({stage.queue for stage in STAGES}))
#: How often (s) a worker looks by itself where a broker calls it.
POLL = 5.0
#: A process in which no thread has run for this long (s) is dead.
_LIFELESS = 60.0
_GOODBYE = 2.0


@dataclass(slots=True, eq=False)
class _Worker:
    name: str
    place: Workplace
    broker: Broker
    bell: ThreadBroker
    crew: Crew
    queues: Sequence[str]
    began: threading.Event = field(default_factory=threading.Event)
    leaving: threading.Event = field(default_factory=threading.Event)
    #: Threads beside those that work.
    threads: list[threading.Thread] = field(default_factory=list)
    started_at: datetime = field(default_factory=now)


def run_worker(
    settings: Settings,
    queues: Sequence[str],
    *,
    concurrency: int = 1,
    health_port: int | None = None,
    exit_when_idle: float | None = None,
) -> None:
    """Work on these queues, on `concurrency` tasks at once, until a signal comes.

    SIGTERM or SIGINT: running tasks are handed back between two segments; where that takes longer than
    `drain_timeout` the process ends with status 70. A second signal ends it at once. `exit_when_idle`: end
    after this many seconds (s) without work. Raises InvalidOption for an unknown queue, InvalidSetting for a
    health port in use, ModelUnavailable where `preload_force` says so, and what `await_database` raises.
    """
    unknown = sorted(set(queues) - set(QUEUES))
    if unknown or not queues:
        raise InvalidOption(f"There is no queue {', '.join(unknown)!r}. Choose from: {', '.join(QUEUES)}.")
    with (
        _signals() as asked,
        contextlib.closing(database_of(settings)) as database,
        contextlib.suppress(Cancelled),
    ):
        await_database(database, settings.wait, rest=_resting(asked))
        with _assembled(settings, database, queues) as worker:
            watchdog = Watchdog(worker.crew, settings)
            port = settings.health_port if health_port is None else health_port
            pages, may_see = _pages(worker, watchdog), partial(_may_see, database)
            with serving(settings.host, port, pages, may_see) as port, watchdog.watching():
                _prepare(worker, asked)
                _begin(worker, concurrency)
                log.info("worker_ready", worker=worker.name, queues=list(queues), health_port=port)
                _stay(worker, asked, exit_when_idle)
                _leave(worker)
        log.info("worker_ended", worker=worker.name)


@contextlib.contextmanager
def _signals() -> Iterator[SimpleQueue[int]]:
    """The signals to stop as they come; the second one ends the process."""
    asked: SimpleQueue[int] = SimpleQueue()
    seen: list[int] = []

    def on_signal(number: int, _: FrameType | None) -> None:
        if seen:
            os._exit(128 + number)
        seen.append(number)
        asked.put(number)

    before = {one: signal.signal(one, on_signal) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield asked
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _resting(asked: "SimpleQueue[int]") -> Callable[[float], None]:
    """Waits for so many seconds; raises Cancelled where somebody asks to stop meanwhile."""

    def rest(seconds: float) -> None:
        with contextlib.suppress(Empty):
            asked.get(timeout=seconds)
            raise Cancelled("The worker was told to stop before it began.")

    return rest


@contextlib.contextmanager
def _assembled(settings: Settings, database: Database, queues: Sequence[str]) -> Iterator[_Worker]:
    """Everything a worker holds, closed in order at the end."""
    engines: ModelPool[SharedEngine] = ModelPool(idle=settings.model_idle)
    make_data_folder(settings)
    name = worker_name()
    with (
        own_folder(settings.data_dir / "work", name) as folder,
        contextlib.closing(open_broker(settings)) as broker,
    ):
        place = Workplace(settings, database, storage_of(settings), engines, folder)
        bell = broker if isinstance(broker, ThreadBroker) else ThreadBroker(POLL)
        worker = _Worker(
            name, place, broker, bell, Crew(place, bell, name, _ring_of(place, broker, bell)), queues
        )
        try:
            yield worker
        finally:
            worker.leaving.set()
            for thread in worker.threads:
                thread.join(_GOODBYE)
            with contextlib.suppress(AuricleError), database.write() as session:
                sign_out(session, name)
            engines.close()


def _prepare(worker: _Worker, asked: "SimpleQueue[int]") -> None:
    """Look for the broker, and load what is to be in memory before any work.

    Raises Cancelled where somebody asks to stop meanwhile, and what `preload` raises.
    """
    rest = _resting(asked)
    await_broker(worker.broker, worker.place.settings.wait, rest=rest)
    if "gpu" in worker.queues:
        loaded = _begun(lambda: preload(worker.place))
        while not loaded.done():
            rest(0.2)
        loaded.result()


def _begun(act: Callable[[], None]) -> Future[None]:
    """What a thread is doing that no end of this process waits for."""
    done: Future[None] = Future()

    def run() -> None:
        try:
            act()
        except BaseException as problem:  # raised again where the result is asked for
            done.set_exception(problem)
        else:
            done.set_result(None)

    threading.Thread(target=run, name="preload", daemon=True).start()
    return done


def _begin(worker: _Worker, concurrency: int) -> None:
    """Hire the threads that work, show that they are there, and listen to the broker."""
    for _ in range(concurrency):
        worker.crew.hire(worker.queues)
    besides = [_keep_up] if worker.bell is worker.broker else [_keep_up, _listen]
    for target in besides:
        thread = threading.Thread(target=target, args=(worker,), name=target.__name__, daemon=True)
        worker.threads.append(thread)
        thread.start()
    worker.began.set()


def _ring_of(place: Workplace, broker: Broker, bell: ThreadBroker) -> Callable[[str], None]:
    """Wakes the threads of this process, and other workers for all there is to do besides."""

    def ring(queue: str) -> None:
        bell.ring(queue)
        if bell is not broker:
            try:
                wake(place.database, broker, {queue})
            except StorageUnavailable as error:
                log.warning("ring_lost", queue=queue, error=str(error))

    return ring


def _listen(worker: _Worker) -> None:
    from auricle.jobs.celery import listen

    listen(worker.place.settings, worker.queues, worker.name, worker.bell.pass_on, worker.leaving)


def _keep_up(worker: _Worker) -> None:
    """Say that this process is there, and when it is about to leave."""
    while True:
        leaving = worker.leaving.is_set()
        try:
            with worker.place.database.write() as session:
                device = worker.place.settings.device
                sign_in(session, worker.name, worker.crew.shifts, device, draining=leaving)
        except AuricleError as error:
            log.warning("sign_in_failed", error=str(error))
        if leaving:
            return
        worker.leaving.wait(EVERY)


def _stay(worker: _Worker, asked: "SimpleQueue[int]", exit_when_idle: float | None) -> None:
    """Until somebody asks to stop, or there was nothing to do for long enough."""
    while True:
        with contextlib.suppress(Empty):
            number = asked.get(timeout=0.5)
            log.info("worker_stopping", worker=worker.name, signal=signal.Signals(number).name)
            return
        idle_since = worker.crew.idle_since
        if exit_when_idle is not None and idle_since and time.monotonic() - idle_since >= exit_when_idle:
            log.info("worker_idle", worker=worker.name)
            return


def _leave(worker: _Worker) -> None:
    """Hand back what is being done; end the process where that takes too long."""
    worker.leaving.set()
    grace = worker.place.settings.drain_timeout
    if not worker.crew.stop(grace):
        log.error("task_not_handed_back", worker=worker.name, after=grace, note="its lease runs out instead")
        end_now()


def _pages(worker: _Worker, watchdog: Watchdog) -> Mapping[str, Page]:
    machine = machine_registry(worker.place)

    def live(_: bool) -> Answer:
        silent = time.monotonic() - watchdog.beat
        return answer(silent < _LIFELESS, {"last_beat": round(silent, 1)})

    def ready(inside: bool) -> Answer:
        database = check_database(worker.place)
        leaving = worker.leaving.is_set()
        began = worker.began.is_set()
        details = {"database": database} if inside else {}
        good = database == OK and began and not leaving
        return answer(good, {"preloading": not began, "draining": leaving, **details})

    def health(inside: bool) -> Answer:
        found = examine(
            worker.place,
            worker.broker,
            started_at=worker.started_at,
            worker_running=not worker.leaving.is_set(),
            hears="gpu" in worker.queues,
        )
        document = asdict(found) if inside else {"status": found.status}
        return answer(found.status != "unhealthy", document)

    def metrics(inside: bool) -> Answer:
        return Answer(200, exposition(machine), CONTENT_TYPE) if inside else refused()

    return {"/health": health, "/health/live": live, "/health/ready": ready, "/metrics": metrics}


def _may_see(database: Database, key: str) -> bool:
    """Whether details may be shown to whoever sends this API key."""
    try:
        with database.read() as session:
            found, owner = find_key(session, key)
    except AuricleError:
        return False
    return "metrics" in found.scopes or ("admin" in found.scopes and owner.role == "admin")
