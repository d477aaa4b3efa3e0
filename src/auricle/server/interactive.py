"""A file that somebody waits for: heard at once where this server hears itself, else by a worker."""

import asyncio
import contextlib
import contextvars
import tempfile
import threading
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import anyio
import structlog
from starlette.concurrency import run_in_threadpool

from auricle.accounts.quotas import refuse_more_audio
from auricle.engines import Engine, LanguageGuess
from auricle.engines.scheduler import Priority
from auricle.errors import Cancelled, Draining, StorageUnavailable
from auricle.jobs.options import JobOptions, preparation
from auricle.metrics import metrics
from auricle.pipeline import Progress, Report, run_at_once, spoken_language
from auricle.server import delegating
from auricle.server.desk import Desk
from auricle.server.service import Service
from auricle.store.usage import count_usage
from auricle.transcript import Segment, Transcript

log = structlog.get_logger(__name__)

#: How often (s) a worker's progress is looked at.
_LOOK = 0.5
#: What workers elsewhere hear of a file (s) to tell its language.
_FIRST_MINUTES = 120.0

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Queued:
    """Others come first; `position` 1 is next."""

    position: int


@dataclass(frozen=True, slots=True)
class Heard:
    """Segments as they become known; the transcript is cut into sentences anew."""

    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    """All of it."""

    transcript: Transcript


@dataclass(frozen=True, slots=True)
class Told:
    """The language that is spoken; None where nobody speaks."""

    language: LanguageGuess | None


Event = Queued | Heard | Finished | Told


def hear(
    service: Service, owner_id: str, path: Path, options: JobOptions, *, filename: str = "audio"
) -> AsyncGenerator[Event, None]:
    """Transcribe a file for somebody who waits; the last event is Finished.

    Closing it (`contextlib.aclosing`) stops this request's work within a segment, and nobody else's. Leave
    `path` alone until it is closed; it may be gone then. Raises Busy, before any event, where too many wait,
    QuotaExceeded where the owner has used up the day's audio, Draining where the server ends meanwhile, and
    the errors of `pipeline.run_at_once`.
    """
    if _hears_here(service):
        events = _here(
            service, owner_id, lambda report: _transcribed(service, owner_id, path, options, report)
        )
    else:
        events = _elsewhere(service, owner_id, path, options, filename)
    return _until_closed(service.desk, events)


async def ask_language(
    service: Service, owner_id: str, path: Path, options: JobOptions, *, filename: str = "audio"
) -> LanguageGuess | None:
    """The language of a file's first speech; None where nobody speaks. See `hear`.

    Workers elsewhere transcribe its first minutes to tell.
    """
    if _hears_here(service):
        events = _here(service, owner_id, lambda report: _told(service, path, options, report))
    else:
        events = _elsewhere(service, owner_id, path, replace(options, end=_FIRST_MINUTES), filename)
    async with contextlib.aclosing(_until_closed(service.desk, events)) as told:
        async for event in told:
            if isinstance(event, Told):
                return event.language
            if isinstance(event, Finished):
                said = event.transcript
                return LanguageGuess(said.language, said.language_probability) if said.language else None
    raise AssertionError("The last event is an answer.")


def _hears_here(service: Service) -> bool:
    return service.crew is not None and service.settings.gpu_workers > 0


async def _until_closed(desk: Desk, events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    """The events; raises Draining when the desk closes before the last."""
    with desk.farewell() as farewell:
        async with contextlib.aclosing(events):
            while True:
                coming = asyncio.ensure_future(anext(events))
                either: list[asyncio.Future[Any]] = [coming, farewell]
                try:
                    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
                    if not coming.done():
                        raise Draining
                    yield coming.result()
                except StopAsyncIteration:
                    return
                finally:
                    coming.cancel()
                    await surely(asyncio.wait([coming]))


async def _here(
    service: Service, owner_id: str, work: Callable[[Report], Finished | Told]
) -> AsyncGenerator[Event, None]:
    await run_in_threadpool(_refuse_more_audio, service, owner_id)
    ticket = service.desk.enter(owner_id)
    try:
        while ticket.position:
            ticket.news.clear()
            yield Queued(ticket.position)
            await ticket.news.wait()
        async with _Hearing(service, work) as hearing:
            while True:
                event = await hearing.next_event()
                yield event
                if isinstance(event, Finished | Told):
                    return
    finally:
        service.desk.leave(ticket)


class _Hearing:
    """An answer in the making, in a thread of its own: routes share a limited number of others."""

    def __init__(self, service: Service, work: Callable[[Report], Finished | Told]) -> None:
        self._service = service
        self._answer = work
        self._loop = asyncio.get_running_loop()
        self._news: asyncio.Queue[Event | BaseException] = asyncio.Queue()
        self._over = asyncio.Event()
        self._unwanted = threading.Event()

    async def __aenter__(self) -> "_Hearing":
        work = contextvars.copy_context().run
        thread = threading.Thread(target=work, args=(self._work,), name="interactive", daemon=True)
        self._service.listeners.add(thread)
        thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop, and wait until the thread is done with the file; where the server ends, it waits for that."""
        self._unwanted.set()
        over = asyncio.ensure_future(self._over.wait())
        with self._service.desk.farewell() as farewell:
            either: list[asyncio.Future[Any]] = [over, farewell]
            await surely(asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED))
        over.cancel()

    async def next_event(self) -> Event:
        """What comes of it next; raises what it ended with."""
        event = await self._news.get()
        if isinstance(event, BaseException):
            raise event
        return event

    def _work(self) -> None:
        outcome: Event | BaseException
        try:
            outcome = self._answer(self._report)
        except BaseException as error:
            outcome = error
        with contextlib.suppress(RuntimeError):  # the server has ended
            self._loop.call_soon_threadsafe(self._news.put_nowait, outcome)
            self._loop.call_soon_threadsafe(self._over.set)
        self._service.listeners.discard(threading.current_thread())

    def _report(self, progress: Progress) -> None:
        if self._unwanted.is_set():
            raise Cancelled("Nobody waits for it any more.")
        if progress.segments:
            self._loop.call_soon_threadsafe(self._news.put_nowait, Heard(progress.segments))


@contextlib.contextmanager
def _equipped(service: Service, options: JobOptions, report: Report) -> Iterator[tuple[Engine, Path]]:
    """The engine that these options ask for, and an empty folder."""
    place = service.place
    place.folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="interactive-", dir=place.folder) as folder,
        place.engine(options, Priority.INTERACTIVE, lambda: report(Progress("transcribe"))) as engine,
    ):
        yield engine, Path(folder)


def _told(service: Service, path: Path, options: JobOptions, report: Report) -> Told:
    prepare = preparation(options, service.settings)
    with _equipped(service, options, report) as (engine, folder):
        return Told(spoken_language(path, engine, prepare, folder=folder, report=report))


def _transcribed(
    service: Service, owner_id: str, path: Path, options: JobOptions, report: Report
) -> Finished:
    prepare = preparation(options, service.settings)
    with _equipped(service, options, report) as (engine, folder):
        began = time.monotonic()
        transcript = run_at_once(path, engine, options.speech, prepare, folder=folder, report=report)
        metrics().heard(engine.identity.name, transcript.duration, time.monotonic() - began)
    seconds = transcript.duration - (options.start or 0.0)
    try:
        with service.database.write() as session:
            count_usage(session, owner_id, audio_seconds=seconds)
    except StorageUnavailable as error:
        # Somebody waits for what is finished.
        log.warning("usage_not_counted", owner=owner_id, audio=seconds, error=str(error))
    return Finished(transcript)


def _refuse_more_audio(service: Service, owner_id: str) -> None:
    with service.database.read() as session:
        refuse_more_audio(session, owner_id, service.settings)


async def _elsewhere(
    service: Service, owner_id: str, path: Path, options: JobOptions, filename: str
) -> AsyncGenerator[Event, None]:
    errand = delegating.Errand(service, owner_id)
    try:
        await surely(run_in_threadpool(errand.ask, path, options, filename))
        position: int | None = None
        while True:
            seen = await run_in_threadpool(errand.look)
            if seen.position and seen.position != position:
                yield Queued(seen.position)
            position = seen.position
            if seen.segments:
                yield Heard(seen.segments)
            if seen.transcript is not None:
                yield Finished(seen.transcript)
                return
            await asyncio.sleep(_LOOK)
    finally:
        await surely(_end(service.desk, errand))


async def _end(desk: Desk, errand: delegating.Errand) -> None:
    await run_in_threadpool(errand.cancel)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(delegating.FAREWELL):
            while not desk.closed and await run_in_threadpool(errand.is_open):
                await asyncio.sleep(_LOOK)
    await run_in_threadpool(errand.erase)


async def surely(work: Coroutine[Any, Any, _T]) -> _T:
    """Do it to its end, whoever is cancelled meanwhile; a cancellation is raised afterwards."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    # A cancelled scope of anyio cancels again and again, until nothing is waited for.
    with anyio.CancelScope(shield=True):
        while not task.done():
            try:
                await asyncio.wait([task])
            except asyncio.CancelledError as error:
                cancelled = error
    if cancelled is not None:
        raise cancelled from task.exception()
    return task.result()
