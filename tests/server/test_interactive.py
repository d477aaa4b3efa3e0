"""Files that somebody waits for: beside jobs, in a queue, given up, and heard by workers elsewhere."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from starlette.concurrency import run_in_threadpool

from auricle.engines import Engine, SpeechOptions
from auricle.errors import AudioError, AuricleError, Busy, QuotaExceeded, UnsupportedOption
from auricle.jobs import work
from auricle.jobs.create import create_job
from auricle.jobs.options import JobOptions
from auricle.server.interactive import Event, Finished, Heard, Queued, hear
from auricle.server.service import Service, running
from auricle.settings import Settings
from auricle.store.schema import Job, Recording, StageResult, Task, TranscriptVersion, Usage, User, new_id
from auricle.store.transcripts import load_transcript
from auricle.testing import FakeEngine, say, write_wav
from auricle.transcript import Transcript
from services import Redis
from worker_process import PROGRAM, Process, soon
from worker_process import speech as long_speech

LONG = 60.0

Serve = Callable[..., Service]


class Gate:
    """Engines wait in front of each window until it is let in; `begun` counts those that came."""

    def __init__(self) -> None:
        self.begun = 0
        self._let_in = threading.Semaphore(0)
        self._lock = threading.Lock()

    def __call__(self, _: int) -> None:
        with self._lock:
            self.begun += 1
        assert self._let_in.acquire(timeout=LONG)

    def let_in(self, windows: int = 1_000_000) -> None:
        self._let_in.release(windows)


@pytest.fixture
def serve(tmp_path: Path, tiny_model: Path) -> Iterator[Serve]:
    """Servers without their routes, each with the people anna and bert."""
    with contextlib.ExitStack() as stack:

        def start(**settings: Any) -> Service:
            known = {"model": str(tiny_model), "engine": "faster-whisper", "device": "cpu", "threads": 2}
            folder = tmp_path / f"server-{new_id()}"
            wanted = Settings(data_dir=folder, min_free=0, **known | settings)
            service = stack.enter_context(running(wanted))
            with service.database.write() as session:
                session.add_all([User(id=name, name=name) for name in ("anna", "bert")])
            return service

        yield start


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """The engine of every server in this test waits for it."""
    gate = Gate()
    monkeypatch.setattr(work, "open_engine", lambda _: FakeEngine(on_window=gate))
    yield gate
    gate.let_in()


def ask(service: Service, path: Path, options: JobOptions | None = None, owner: str = "anna"):
    options = options or JobOptions(engine="faster-whisper", model=service.settings.model)
    return contextlib.aclosing(hear(service, owner, path, options))


async def all_of(service: Service, path: Path, **how: Any) -> list[Event]:
    async with ask(service, path, **how) as events:
        return [event async for event in events]


def heard_now(service: Service, path: Path, **how: Any) -> Transcript:
    finished = asyncio.run(all_of(service, path, **how))[-1]
    assert isinstance(finished, Finished)
    return finished.transcript


async def until(true: Callable[[], Any]) -> None:
    async with asyncio.timeout(LONG):
        while not true():
            await asyncio.sleep(0.01)


def queue_file(service: Service, path: Path, owner: str = "anna") -> str:
    """A recording and its job, as an upload makes them."""
    recording_id = new_id()
    with path.open("rb") as file:
        size = service.storage.put(f"recordings/{recording_id}/source", file)
    with service.database.write() as session:
        recording = Recording(
            id=recording_id,
            owner_id=owner,
            title=path.stem,
            filename=path.name,
            media_type="audio/flac",
            size=size,
            blob=f"recordings/{recording_id}/source",
        )
        session.add(recording)
        session.flush()
        options = JobOptions(engine="faster-whisper", model=service.settings.model)
        job, queues = create_job(session, recording, options, settings=service.settings)
    service.ring(queues)
    return job.id


def state(service: Service, job_id: str, stage: str | None = None) -> str | None:
    with service.database.read() as session:
        if stage is None:
            return session.get_one(Job, job_id).state
        return session.scalar(select(Task.state).where(Task.job_id == job_id, Task.stage == stage))


def transcript_of(service: Service, job_id: str) -> Transcript:
    soon(lambda: state(service, job_id) not in ("queued", "running"), "the job ends", 120)
    with service.database.read() as session:
        job = session.get_one(Job, job_id)
        assert job.state == "done", job.error
        version = session.get_one(TranscriptVersion, job.transcript_id)
    return load_transcript(service.storage, version)


def rows(service: Service) -> dict[str, int]:
    """How many rows there are that a request could leave behind."""
    with service.database.read() as session:
        tables = (Recording, Job, Task, StageResult, TranscriptVersion)
        return {
            table.__tablename__: session.scalar(select(func.count()).select_from(table)) for table in tables
        }


def scratch(service: Service) -> list[Path]:
    """What requests that are being heard have on the disk."""
    return list(service.place.folder.glob("interactive-*"))


def used(service: Service, owner: str = "anna") -> float:
    with service.database.read() as session:
        return session.scalar(select(func.sum(Usage.audio_seconds)).where(Usage.owner_id == owner)) or 0.0


def test_a_request_is_answered_while_a_file_is_being_heard(serve: Serve, speech: Path) -> None:
    service = serve()
    alone = transcript_of(service, queue_file(service, speech / "long_en.flac", owner="bert"))
    job = queue_file(service, speech / "long_en.flac")
    soon(lambda: state(service, job, "transcribe") == "running", "the file is being heard")
    beside = heard_now(service, speech / "sentence_en.flac")
    assert state(service, job) == "running"
    assert transcript_of(service, job).segments == alone.segments
    assert beside.segments == heard_now(service, speech / "sentence_en.flac").segments


def test_segments_come_as_they_are_heard_and_are_the_transcript(serve: Serve, speech: Path) -> None:
    *news, last = asyncio.run(all_of(serve(), speech / "long_en.flac"))
    segments = [segment for event in news if isinstance(event, Heard) for segment in event.segments]
    assert len(news) > 1
    assert isinstance(last, Finished)
    assert " ".join(segment.text for segment in segments) == last.transcript.text.replace("\n", " ")


def test_files_and_requests_share_one_model(
    serve: Serve, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Engine] = []
    open_engine = work.open_engine
    monkeypatch.setattr(work, "open_engine", lambda wanted: opened.append(open_engine(wanted)) or opened[-1])
    service = serve()
    job = queue_file(service, speech / "en_00.flac")

    async def both() -> None:
        await asyncio.gather(*(all_of(service, speech / "sentence_en.flac") for _ in range(2)))

    asyncio.run(both())
    transcript_of(service, job)
    assert len(opened) == 1


def test_who_waits_is_told_the_position_and_a_full_queue_refuses(
    serve: Serve, gate: Gate, talk: Path
) -> None:
    service = serve(interactive_slots=1, interactive_queue=2)
    told: dict[int, list[Event]] = {0: [], 1: [], 2: []}

    async def one(number: int) -> None:
        async with ask(service, talk) as events:
            async for event in events:
                told[number].append(event)

    async def several() -> None:
        async with asyncio.TaskGroup() as group:
            for number in told:
                group.create_task(one(number))
                await until(lambda: service.desk.active + service.desk.waiting > number)  # noqa: B023
            with pytest.raises(Busy, match="2 requests are waiting"):
                await all_of(service, talk)
            await until(lambda: told[2])
            gate.let_in()

    asyncio.run(several())
    positions = [[event.position for event in told[n] if isinstance(event, Queued)] for n in told]
    assert positions == [[], [1], [2, 1]]
    assert all(isinstance(events[-1], Finished) for events in told.values())
    assert (service.desk.active, service.desk.waiting) == (0, 0)


def test_giving_up_stops_ones_own_work_within_a_window_and_nobody_elses(
    serve: Serve, gate: Gate, talk: Path, tmp_path: Path
) -> None:
    service = serve(interactive_slots=2)
    endless = long_speech(tmp_path / "long.wav", minutes=4)

    async def several() -> Event:
        mine = hear(service, "anna", endless, JobOptions())
        gate.let_in(1)
        assert isinstance(await anext(mine), Heard)
        other = asyncio.create_task(all_of(service, talk))
        await until(lambda: gate.begun == 3)
        closing = asyncio.create_task(mine.aclose())
        await asyncio.sleep(0.1)
        assert not closing.done(), "the file is still being read"
        gate.let_in()
        await closing
        assert service.desk.active == 1 or other.done()
        return (await other)[-1]

    last = asyncio.run(several())
    assert isinstance(last, Finished)
    assert last.transcript.text == "Alpha bravo."
    assert gate.begun == 3
    assert service.desk.active == 0
    assert not scratch(service)


def test_a_request_that_is_cancelled_is_done_with_its_file_before_it_is_over(
    serve: Serve, gate: Gate, tmp_path: Path
) -> None:
    service = serve()
    endless = long_speech(tmp_path / "long.wav")

    async def cancelled() -> None:
        task = asyncio.create_task(all_of(service, endless))
        await until(lambda: gate.begun == 1)
        task.cancel()
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.sleep(0.1)
        assert scratch(service)
        assert not task.done()
        gate.let_in()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not scratch(service)

    asyncio.run(cancelled())
    assert (gate.begun, service.desk.active) == (1, 0)
    assert used(service) == 0


def test_who_gives_up_in_the_queue_is_forgotten(serve: Serve, gate: Gate, talk: Path) -> None:
    service = serve(interactive_slots=1)

    async def several() -> list[Event]:
        first = asyncio.create_task(all_of(service, talk))
        await until(lambda: gate.begun == 1)
        async with ask(service, talk) as waiting:
            assert await anext(waiting) == Queued(1)
        assert service.desk.waiting == 0
        gate.let_in()
        return await first

    assert isinstance(asyncio.run(several())[-1], Finished)
    assert gate.begun == 1


def test_many_who_wait_keep_no_route_from_answering(serve: Serve, gate: Gate, talk: Path) -> None:
    service = serve(interactive_slots=45, interactive_queue=50)

    async def many() -> None:
        requests = [asyncio.create_task(all_of(service, talk)) for _ in range(90)]
        await until(lambda: gate.begun == 45 and service.desk.waiting == 45)
        async with asyncio.timeout(LONG):
            assert await run_in_threadpool(lambda: "answered") == "answered"
        gate.let_in()
        await asyncio.gather(*requests)

    asyncio.run(many())


def test_audio_that_was_heard_is_counted_once(serve: Serve, speech: Path) -> None:
    service = serve()
    transcript = heard_now(service, speech / "sentence_en.flac")
    assert used(service) == pytest.approx(transcript.duration)
    assert used(service, "bert") == 0


def test_who_has_used_up_the_days_audio_is_refused(serve: Serve, speech: Path) -> None:
    service = serve(quota_minutes=0)
    with pytest.raises(QuotaExceeded):
        heard_now(service, speech / "sentence_en.flac")


def test_what_is_no_audio_is_refused_and_the_place_is_free(serve: Serve, tmp_path: Path) -> None:
    service = serve(interactive_slots=1, interactive_queue=0)
    text = tmp_path / "notes.mp3"
    text.write_text("no audio at all")
    for _ in range(2):
        with pytest.raises(AudioError):
            heard_now(service, text)


def test_an_option_the_model_cannot_honour_is_refused(serve: Serve, gate: Gate, talk: Path) -> None:
    options = JobOptions(speech=SpeechOptions(hotwords="Auricle"))
    with pytest.raises(UnsupportedOption, match="hotwords"):
        heard_now(serve(), talk, options=options)
    assert gate.begun == 0


@pytest.fixture
def far(serve: Serve, redis_server: Redis) -> Service:
    """A server that leaves all work to others, whom it rings over Redis."""
    return serve(broker_url=redis_server.url, name=f"t{new_id()}")


@pytest.fixture
def worker(far: Service, tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Workers for it: with its model, or with one that waits for a folder's leave."""
    started: list[Process] = []

    def start(gate: Path | None = None) -> Process:
        settings = far.settings
        ours = {
            "AURICLE_DATA_DIR": tmp_path / "worker",
            "AURICLE_DATABASE_URL": f"sqlite:///{settings.data_dir / 'auricle.db'}",
            "AURICLE_STORAGE_URL": (settings.data_dir / "blobs").as_uri(),
            "AURICLE_BROKER_URL": settings.broker_url,
            "AURICLE_NAME": settings.name,
            "AURICLE_DEVICE": "cpu",
        }
        if gate is not None:
            ours["AURICLE_TEST_GATE"] = gate
        command = [sys.executable, *(["-m", "auricle"] if gate is None else [str(PROGRAM)]), "worker"]
        log = tmp_path / "worker.log"
        with log.open("w", encoding="utf-8") as output:
            popen = subprocess.Popen(
                [*command, "--health-port", "0"],
                env={**os.environ, **{name: str(value) for name, value in ours.items()}},
                stdout=output,
                stderr=output,
                text=True,
            )
        started.append(Process(popen, log))
        started[-1].ready()
        return started[-1]

    yield start
    for process in started:
        process.popen.kill()
        process.popen.wait()


def copied(path: Path, folder: Path) -> Path:
    return Path(shutil.copy(path, folder / f"copy{path.suffix}"))


def test_workers_elsewhere_give_the_same_transcript_and_nothing_is_left(
    serve: Serve, far: Service, worker: Callable[..., Process], speech: Path, tmp_path: Path
) -> None:
    worker()
    here = heard_now(serve(), speech / "sentence_en.flac")
    *news, last = asyncio.run(all_of(far, copied(speech / "sentence_en.flac", tmp_path)))
    assert isinstance(last, Finished)
    assert last.transcript.segments == here.segments
    heard = [segment.text for event in news if isinstance(event, Heard) for segment in event.segments]
    assert " ".join(heard) == here.text
    assert set(rows(far).values()) == {0}
    assert list(far.storage.blobs()) == []
    assert used(far) == pytest.approx(here.duration)


def test_what_a_worker_need_not_hear_again_is_told_all_the_same(
    far: Service, worker: Callable[..., Process], speech: Path, tmp_path: Path
) -> None:
    worker()
    recording = speech / "sentence_en.flac"
    kept = transcript_of(far, queue_file(far, recording))
    *news, last = asyncio.run(all_of(far, copied(recording, tmp_path)))
    assert isinstance(last, Finished)
    assert last.transcript.text == kept.text
    heard = [segment.text for event in news if isinstance(event, Heard) for segment in event.segments]
    assert " ".join(heard) == kept.text


def test_what_a_worker_fails_with_is_told(
    far: Service, worker: Callable[..., Process], tmp_path: Path
) -> None:
    worker()
    text = tmp_path / "notes.mp3"
    text.write_text("no audio at all")
    with pytest.raises(AuricleError) as told:
        heard_now(far, text)
    assert told.value.code == "audio_unreadable"
    assert set(rows(far).values()) == {0}


def test_giving_up_before_a_worker_comes_leaves_nothing(far: Service, talk: Path) -> None:
    async def impatient() -> None:
        async with ask(far, talk) as events:
            assert await anext(events) == Queued(1)
            with far.database.read() as session:
                assert session.scalars(select(Recording)).one().deleted_at is not None

    asyncio.run(impatient())
    assert set(rows(far).values()) == {0}
    assert list(far.storage.blobs()) == []


def test_giving_up_stops_the_worker(far: Service, worker: Callable[..., Process], tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    gate.mkdir()
    process = worker(gate)
    endless = long_speech(tmp_path / "long.wav", minutes=4)

    def is_told() -> bool:
        with far.database.read() as session:
            return bool(session.scalar(select(func.count()).where(Task.cancel_requested)))

    async def impatient() -> None:
        events = hear(far, "anna", endless, JobOptions())
        (gate / "open").write_text("1")
        while not isinstance(await anext(events), Heard):
            pass
        closing = asyncio.create_task(events.aclose())
        await until(is_told)
        (gate / "open").write_text("1000000")
        await closing

    asyncio.run(impatient())
    assert set(rows(far).values()) == {0}
    soon(lambda: process.events("task_cancelled"), "the worker has stopped")


def test_workers_elsewhere_have_a_full_queue_as_well(serve: Serve, redis_server: Redis, talk: Path) -> None:
    service = serve(broker_url=redis_server.url, name=f"t{new_id()}", interactive_queue=0)

    async def two() -> None:
        async with ask(service, talk) as events:
            await anext(events)
            with pytest.raises(Busy):
                await all_of(service, write_wav(talk.with_name("more.wav"), say("Alpha.")))

    asyncio.run(two())
