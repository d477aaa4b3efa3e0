"""Live progress: the present state of jobs, sent again whenever it changes.

States are sent, never changes, so nothing can be missed: a reader that was away, or slow, gets the newest.
One query a second serves all readers of a process, and none is made while nobody reads.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from auricle.errors import AuricleError, StorageUnavailable
from auricle.jobs.advance import ENDED
from auricle.jobs.create import find_job
from auricle.jobs.ledger import OPEN
from auricle.jobs.status import versions
from auricle.server.deps import ServiceDep, UserDep, identify
from auricle.server.models import JobModel, job_models
from auricle.server.service import Service
from auricle.store.schema import Job, Task, now

log = structlog.get_logger(__name__)

router = APIRouter(tags=["jobs"])

#: How often (s) the jobs that are watched are looked at.
EVERY = 1.0
_MOST_JOBS = 200
_MOST_ENDED = 1000
#: Jobs that ended this recently are looked at too: a short one is begun and ended between two looks, and
#: clocks of workers differ.
_ENDED_LATELY = timedelta(seconds=10)

LastEventId = Annotated[str | None, Header(description="What the stream is resumed after.")]


@dataclass(eq=False)
class Reader:
    """Somebody who watches jobs: `owner` all unfinished ones of a person, otherwise those named."""

    jobs: set[str]
    owner: str | None
    sent: dict[str, int]
    pending: dict[str, JobModel] = field(default_factory=dict)
    #: Those of `jobs` whose end was told.
    ended: set[str] = field(default_factory=set)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, job: JobModel) -> None:
        """Keep the newest state of a job until the reader takes it."""
        waits = self.pending.get(job.id)
        if waits is not None and waits.version >= job.version:
            return
        (self.ended.add if job.state in ENDED else self.ended.discard)(job.id)
        if self.sent.get(job.id) != job.version:
            self.pending[job.id] = job
            self.news.set()

    def follow(self, jobs: Iterable[str]) -> None:
        """Watch these jobs of the owner from now on, and of those before the ones whose end was not told."""
        self.jobs = {*jobs, *(self.jobs - self.ended)}
        self.ended &= self.jobs
        self.sent = {job: version for job, version in self.sent.items() if job in self.jobs}

    def forget(self, gone: set[str]) -> None:
        """Jobs that were deleted are not watched any more."""
        if self.jobs & gone:
            self.jobs -= gone
            self.news.set()


class Watch:
    """All readers of this process, and the one loop that looks for them."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._readers: set[Reader] = set()
        self._seen: dict[str, int] = {}
        self._wanted = asyncio.Event()
        self.over = False

    async def join(self, reader: Reader) -> None:
        """Begin to watch; the present states come first, of jobs that ended meanwhile too."""
        if reader.owner:
            reader.jobs |= await run_in_threadpool(self._jobs_among, reader.owner, reader.sent)
        changed, _ = await run_in_threadpool(self._look, reader.jobs, reader.owner, {})
        for job in changed:
            reader.jobs.add(job.id)
            reader.tell(job)
            # The loop may have seen it change since, for others: it tells everybody what there is now.
            self._seen.pop(job.id, None)
        self._readers.add(reader)
        self._wanted.set()

    def leave(self, reader: Reader) -> None:
        """Stop watching."""
        self._readers.discard(reader)
        if not self._readers:
            self._wanted.clear()
            self._seen.clear()

    def stop(self) -> None:
        """End every stream: the server goes."""
        self.over = True
        for reader in self._readers:
            reader.news.set()

    async def run(self) -> None:
        """Look again and again while anybody reads."""
        while True:
            await self._wanted.wait()
            await asyncio.sleep(EVERY)
            # Who joins while the database answers belongs to the readers as well.
            try:
                owners = {reader.owner for reader in self._readers if reader.owner}
                present = await run_in_threadpool(self._present_jobs, owners)
                for reader in self._readers:
                    if reader.owner in present:
                        reader.follow(present[reader.owner])
                watched = {job for reader in self._readers for job in reader.jobs}
                self._seen = {job: version for job, version in self._seen.items() if job in watched}
                changed, gone = await run_in_threadpool(self._look, watched, None, self._seen)
                for job in changed:
                    self._seen[job.id] = job.version
                    for reader in self._readers:
                        if job.id in reader.jobs:
                            reader.tell(job)
                for reader in self._readers:
                    reader.forget(gone)
            except StorageUnavailable as error:
                log.warning("watch_interrupted", error=str(error))

    def _present_jobs(self, owners: Iterable[str]) -> dict[str, set[str]]:
        """The jobs of each of these people that are not finished, or ended lately."""
        with self._service.database.read() as session:
            present = {owner: set(_open_jobs(session, owner)) for owner in owners}
            if present:
                lately = select(Job.owner_id, Job.id).where(
                    Job.state.in_(ENDED), Job.finished_at > now() - _ENDED_LATELY
                )
                for owner, job in session.execute(lately.order_by(Job.id.desc()).limit(_MOST_ENDED)):
                    if owner in present:
                        present[owner].add(job)
        return present

    def _jobs_among(self, owner: str, ids: Iterable[str]) -> set[str]:
        """Those of these jobs that are a person's own."""
        with self._service.database.read() as session:
            own = select(Job.id).where(Job.owner_id == owner, Job.id.in_(list(ids)[-_MOST_JOBS:]))
            return set(session.scalars(own))

    def _look(
        self, jobs: Iterable[str], owner: str | None, seen: dict[str, int]
    ) -> tuple[list[JobModel], set[str]]:
        """The jobs whose version is not the one seen before, and those that are gone."""
        with self._service.database.read() as session:
            wanted = {*jobs, *(_open_jobs(session, owner) if owner else ())}
            found = versions(session, wanted)
            changed = [job for job, version in found.items() if seen.get(job) != version]
            models = job_models(session, session.scalars(select(Job).where(Job.id.in_(changed))).all())
            return models, wanted - found.keys()


def _open_jobs(session: Session, owner: str) -> Sequence[str]:
    """A person's unfinished jobs, the newest of them: by their tasks, which are few and found by an index."""
    unfinished = select(Task.job_id).where(Task.owner_id == owner, Task.state.in_(OPEN)).distinct()
    return session.scalars(unfinished.order_by(Task.job_id.desc()).limit(_MOST_JOBS)).all()


@contextlib.asynccontextmanager
async def watching(app: FastAPI) -> AsyncIterator[None]:
    """Look after the readers of an application while it runs."""
    watch = Watch(app.state.service)
    app.state.watch = watch
    task = asyncio.create_task(watch.run())
    try:
        yield
    finally:
        watch.stop()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _own_job(service: ServiceDep, user: UserDep, job_id: str) -> str:
    """A job of one's own; a stream that has begun could not say that there is none."""
    with service.database.read() as session:
        return find_job(session, user.id, job_id).id


def _own_jobs(
    service: ServiceDep,
    user: UserDep,
    jobs: Annotated[
        str | None, Query(max_length=8000, description="Ids with commas; all unfinished ones by default.")
    ] = None,
) -> set[str]:
    named = [one for one in (jobs or "").split(",") if one][:_MOST_JOBS]
    with service.database.read() as session:
        return {find_job(session, user.id, one).id for one in named}


@router.get("/jobs/{job_id}/events", response_class=EventSourceResponse)
async def watch_job(
    request: Request,
    service: ServiceDep,
    job: Annotated[str, Depends(_own_job)],
    last_event_id: LastEventId = None,
) -> AsyncIterator[ServerSentEvent]:
    """The state of one job, again whenever it changes; the stream ends when the job has.

    Events are named `job`, their data is what `GET /jobs/{id}` gives.
    """
    reader = Reader({job}, None, _sent(last_event_id))
    async for event in _stream(request, service, reader, until_ended=True):
        yield event


@router.get("/events", response_class=EventSourceResponse)
async def watch_jobs(
    request: Request,
    service: ServiceDep,
    user: UserDep,
    jobs: Annotated[set[str], Depends(_own_jobs)],
    last_event_id: LastEventId = None,
) -> AsyncIterator[ServerSentEvent]:
    """The states of many jobs in one stream, new jobs included where none are named."""
    reader = Reader(set(jobs), None if jobs else user.id, _sent(last_event_id))
    async for event in _stream(request, service, reader, until_ended=False):
        yield event


async def _stream(
    request: Request, service: Service, reader: Reader, *, until_ended: bool
) -> AsyncIterator[ServerSentEvent]:
    watch: Watch = request.app.state.watch
    await watch.join(reader)
    try:
        while not watch.over:
            while reader.pending:
                job_id = next(iter(reader.pending))
                job = reader.pending.pop(job_id)
                reader.sent[job_id] = job.version
                yield ServerSentEvent(
                    event="job", id=_event_id(reader.sent), data=job.model_dump(mode="json")
                )
            if until_ended and reader.jobs <= reader.ended:
                return
            reader.news.clear()
            if not reader.pending and not watch.over:
                await reader.news.wait()
                if not await run_in_threadpool(_may_still_read, request, service):
                    return
    finally:
        watch.leave(reader)


def _may_still_read(request: Request, service: Service) -> bool:
    """Whether the key or session a stream began with is good still: it may have been revoked or ended."""
    try:
        identify(request, service).needs("read")
    except AuricleError:
        return False
    return True


def _event_id(sent: dict[str, int]) -> str:
    """What was sent of every job, so that a stream can be resumed without repeating it."""
    newest = list(sent.items())[-_MOST_JOBS:]
    return ",".join(f"{job}:{version}" for job, version in newest)


def _sent(last_event_id: str | None) -> dict[str, int]:
    sent = {}
    for item in (last_event_id or "").split(","):
        job, _, version = item.partition(":")
        if version.isdecimal() and len(version) < 18:
            sent[job] = int(version)
    return sent
