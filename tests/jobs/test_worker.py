"""Worker processes: what they do, how they end, and what their end costs."""

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import structlog
from sqlalchemy import select

from auricle.accounts.keys import make_key
from auricle.jobs.create import cancel_job
from auricle.store.schema import LOCAL_USER, Job, User, Worker
from services import Postgres
from worker_process import SAID, Process, Site, open_site, soon, speech, talk


@pytest.fixture
def make_site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    sites: list[Site] = []

    def make(database_url: str | None = None, **settings: object) -> Site:
        sites.append(open_site(tmp_path / f"site-{len(sites)}", database_url, **settings))
        return sites[-1]

    yield make
    for site in sites:
        site.close()


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site()


def workers(site: Site) -> list[Worker]:
    with site.office.database.read() as session:
        return list(session.scalars(select(Worker)))


def said(site: Site, recording: str) -> list[str]:
    (transcript,) = site.office.transcripts(recording)
    return [segment.text for segment in transcript.segments]


def busy(site: Site, process: Process, windows: int = 1) -> None:
    soon(lambda: site.begun(process) >= windows, "the worker hears a window")


def test_a_worker_does_what_there_is_and_ends_when_idle(
    make_site: Callable[..., Site], any_database: str
) -> None:
    site = make_site(any_database)
    site.open()
    recording = site.office.upload(talk(site.folder / "talk.wav"))
    job = site.office.ask(recording)
    assert site.start("--exit-when-idle", "0").ended() == 0
    assert site.state(job) == "done"
    assert said(site, recording) == SAID
    assert workers(site) == []
    assert list((site.folder / "data" / "work").iterdir()) == []


def test_a_worker_finds_by_itself_what_comes_later(site: Site) -> None:
    site.open()
    site.start().ready()
    job = site.office.ask(site.office.upload(talk(site.folder / "talk.wav")))
    site.done(job)


def test_a_worker_takes_only_from_its_queues(site: Site) -> None:
    site.open()
    job = site.office.ask(site.office.upload(talk(site.folder / "talk.wav")))
    assert site.start("--queues", "cpu", "--exit-when-idle", "0").ended() == 0
    assert {task.stage for task in site.office.tasks(job) if task.state == "done"} == {"prepare"}
    assert site.begun() == 0
    assert site.start("--queues", "gpu", "--exit-when-idle", "0").ended() == 0
    assert {task.state for task in site.office.tasks(job, "transcribe")} == {"done"}


def test_several_tasks_at_once(site: Site) -> None:
    site.office.ask(site.office.upload(talk(site.folder / "talk.wav")))
    process = site.start("--concurrency", "3")
    busy(site, process, 3)
    (row,) = workers(site)
    assert row.queues == ["cpu", "gpu"]
    assert row.pid == process.popen.pid


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_told_to_stop_hands_its_task_back(site: Site, how: signal.Signals) -> None:
    recording = site.office.upload(talk(site.folder / "talk.wav"))
    job = site.office.ask(recording)
    first = site.start()
    busy(site, first)
    first.popen.send_signal(how)
    soon(lambda: first.events("worker_stopping"), "the worker says so")
    site.open()
    assert first.ended() == 0
    parts = site.office.tasks(job, "transcribe")
    assert sum(part.state == "queued" for part in parts) >= 2
    assert [(part.failures, part.losses) for part in parts] == [(0, 0)] * 3
    assert workers(site) == []
    assert site.start("--exit-when-idle", "0").ended() == 0
    assert site.state(job) == "done"
    assert said(site, recording) == SAID


def test_a_task_is_handed_back_in_the_middle_of_a_part(make_site: Callable[..., Site]) -> None:
    site = make_site(part_length=300, part_limit=600)
    job = site.office.ask(site.office.upload(speech(site.folder / "speech.wav")))
    process = site.start()
    busy(site, process)
    process.popen.send_signal(signal.SIGTERM)
    soon(lambda: process.events("worker_stopping"), "the worker says so")
    site.open()
    assert process.ended() == 0
    (part,) = site.office.tasks(job, "transcribe")
    assert part.state == "queued"
    assert site.begun() == 1
    assert process.events("task_handed_back")


def test_a_task_that_is_not_handed_back_in_time_is_left_to_its_lease(make_site: Callable[..., Site]) -> None:
    site = make_site(drain_timeout=0.5)
    job = site.office.ask(site.office.upload(talk(site.folder / "talk.wav")))
    first = site.start()
    busy(site, first)
    assert first.end() == 70
    (event,) = first.events("task_not_handed_back")
    assert "its lease runs out" in event["note"]
    site.open()
    site.start()
    site.done(job)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount a small file system")
@pytest.mark.parametrize("room", ["4k", "1m"], ids=["nothing more fits", "a recording does not fit"])
def test_a_worker_whose_disk_is_full_says_so_and_another_does_the_job(site: Site, room: str) -> None:
    site.open()
    recording = site.office.upload(talk(site.folder / "talk.wav"))
    job = site.office.ask(recording)
    work = site.folder / "data" / "work"
    work.mkdir(parents=True, exist_ok=True)
    small = f'mount -t tmpfs -o size={room} tmpfs "$0" && exec "$@"'
    full = site.start(through=["unshare", "--mount", "sh", "-c", small, str(work)])
    soon(lambda: site.office.tasks(job)[0].error, "the worker gives up")
    full.popen.kill()
    (task,) = site.office.tasks(job)
    assert task.state == "queued"
    assert task.error["code"] == "disk_full"
    assert task.error["message"].startswith("There is no room")
    site.start()
    site.done(job)
    assert said(site, recording) == SAID
    assert len(site.office.transcripts(recording)) == 1


def test_a_second_signal_ends_a_worker_at_once(site: Site) -> None:
    site.office.ask(site.office.upload(talk(site.folder / "talk.wav")))
    process = site.start()
    busy(site, process)
    process.popen.send_signal(signal.SIGINT)
    soon(lambda: process.events("worker_stopping"), "the worker says so")
    assert process.end(signal.SIGINT) == 128 + signal.SIGINT


def test_kill_9_costs_one_part(make_site: Callable[..., Site], any_database: str) -> None:
    site = make_site(any_database)
    site.open(windows=1)
    recording = site.office.upload(talk(site.folder / "talk.wav"))
    job = site.office.ask(recording)
    first = site.start()
    busy(site, first, 2)
    first.end(signal.SIGKILL)
    site.open()
    second = site.start()
    site.done(job)
    assert said(site, recording) == SAID
    assert [task.attempt for task in site.office.tasks(job, "transcribe")] == [1, 2, 1]
    assert site.begun(second) == 2


def test_the_folder_of_a_killed_worker_goes_with_the_next_one(site: Site) -> None:
    site.office.ask(site.office.upload(talk(site.folder / "talk.wav")))
    first = site.start()
    busy(site, first)
    first.end(signal.SIGKILL)
    (left,) = (site.folder / "data" / "work").iterdir()
    second = site.start()
    second.ready()
    assert left not in (site.folder / "data" / "work").iterdir()


def test_a_worker_whose_task_takes_too_long_ends_itself(make_site: Callable[..., Site]) -> None:
    site = make_site(task_limit=1)
    job = site.office.ask(site.office.upload(talk(site.folder / "talk.wav")))
    process = site.start()
    assert process.ended() == 70
    (event,) = process.events("worker_stuck")
    assert event["reason"] == "its task takes longer than AURICLE_TASK_LIMIT, 1 s"
    site.open()
    site.start(task_limit=100)
    site.done(job)


def test_a_worker_whose_task_does_not_stop_ends_itself(make_site: Callable[..., Site]) -> None:
    site = make_site(drain_timeout=0.1)
    job = site.office.ask(site.office.upload(talk(site.folder / "talk.wav")))
    process = site.start()
    busy(site, process)
    with site.office.database.write() as session:
        cancel_job(session, session.get_one(Job, job))
    assert process.ended() == 70
    assert "was to stop 1 s ago" in process.events("worker_stuck")[0]["reason"]


def test_a_worker_says_how_it_is(site: Site) -> None:
    recording = site.office.upload(talk(site.folder / "talk.wav"))
    process = site.start()
    for path, status in (("/health/live", 200), ("/health/ready", 200), ("/nothing", 404)):
        assert process.ask(path).status_code == status, path
    health = process.ask("/health").json()
    assert health["status"] == "healthy"
    needs = {"database": "ok", "storage": "ok", "broker": "ok", "model": "not loaded yet"}
    assert health["checks"] == {**needs, "gpu": health["checks"]["gpu"]}
    assert health["worker_running"] is True
    job = site.office.ask(recording)
    busy(site, process)
    process.popen.send_signal(signal.SIGTERM)
    soon(lambda: process.events("worker_stopping"), "the worker says so")
    answer = process.ask("/health/ready")
    assert (answer.status_code, answer.json()["draining"]) == (503, True)
    assert process.ask("/health").json()["status"] == "degraded"
    assert process.ask("/health/live").status_code == 200
    (row,) = workers(site)
    assert row.draining
    assert site.state(job) == "running"


def test_from_elsewhere_a_worker_tells_its_state_only(site: Site) -> None:
    process = site.start("--queues", "cpu")
    elsewhere = {"X-Forwarded-For": "203.0.113.7"}

    def ask(path: str, **headers: str) -> httpx.Response:
        return httpx.get(process.ready() + path, headers=elsewhere | headers, timeout=20)

    assert ask("/health").json() == {"status": "healthy"}
    assert ask("/health/ready").json() == {"preloading": False, "draining": False}
    assert ask("/metrics").status_code == 403
    for scopes, seen in ((["read"], False), (["metrics"], True), (["admin"], True)):
        with site.office.database.write() as session:
            _, key = make_key(session, session.get_one(User, LOCAL_USER), name="x", scopes=scopes)
        authorization = {"Authorization": f"Bearer {key}"}
        assert (ask("/metrics", **authorization).status_code == 200) is seen
        assert ("checks" in ask("/health", **authorization).json()) is seen
    assert ask("/metrics", Authorization="Bearer auricle_none_such").status_code == 403
    checks = httpx.get(process.ready() + "/health", timeout=20).json()["checks"]
    assert (checks["model"], checks["gpu"]) == ("with the workers", "with the workers")


def test_the_leases_of_a_killed_worker_are_counted_by_the_next(site: Site) -> None:
    job = site.office.ask(site.office.upload(talk(site.folder / "talk.wav")))
    first = site.start()
    busy(site, first)
    first.end(signal.SIGKILL)
    site.open()
    second = site.start()
    site.done(job)
    lines = second.ask("/metrics").text.splitlines()
    assert 'auricle_leases_lost_total{stage="transcribe"} 1.0' in lines
    (event,) = second.events("worker_lost")
    assert (event["job"], event["stage"], event["attempt"]) == (job, "transcribe", 2)


def test_a_worker_counts_what_it_does(site: Site) -> None:
    site.open()
    process = site.start()
    site.done(site.office.ask(site.office.upload(talk(site.folder / "talk.wav"))))
    answer = process.ask("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))
    assert lines['auricle_tasks_total{outcome="done",stage="transcribe"}'] == "3.0"
    assert lines['auricle_stage_seconds_count{stage="assemble"}'] == "1.0"
    assert 80 < float(lines['auricle_audio_seconds_total{engine="fake"}']) < 100
    assert lines['auricle_realtime_factor_count{engine="fake"}'] == "3.0"


def test_events_of_a_job_name_the_request_it_came_with(site: Site) -> None:
    site.open()
    with structlog.contextvars.bound_contextvars(request="r-17"):
        site.office.ask(site.office.upload(talk(site.folder / "talk.wav")))
    site.office.ask(site.office.upload(talk(site.folder / "talk.wav")))
    process = site.start("--exit-when-idle", "0")
    assert process.ended() == 0
    events = process.events("task_done")
    assert {event.get("request") for event in events} == {"r-17", None}
    assert len({(event["job"], event.get("request")) for event in events}) == 2
    assert all("request" not in event for event in process.events("worker_ended"))


def test_a_health_port_in_use_is_said_before_any_work(site: Site) -> None:
    site.open()
    job = site.office.ask(site.office.upload(talk(site.folder / "talk.wav")))
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        process = site.start("--health-port", str(port))
        assert process.ended() == 2
    said = process.log.read_text(encoding="utf-8")
    assert f"auricle: Port {port}, where this worker would answer about its health, is in use" in said
    assert "AURICLE_HEALTH_PORT" in said
    assert "Traceback" not in said
    assert site.state(job) == "queued"


def test_an_unknown_queue_is_refused(site: Site) -> None:
    process = site.start("--queues", "gpu,tpu")
    assert process.ended() == 2
    assert "There is no queue 'tpu'. Choose from: cpu, gpu." in process.log.read_text(encoding="utf-8")


def test_tables_that_are_not_there_are_said_on_postgresql(site: Site, postgres: Postgres) -> None:
    process = site.start(database_url=postgres.new_database(), wait=0)
    assert process.ended() == 2
    assert "run auricle db upgrade" in process.log.read_text(encoding="utf-8")


def test_a_worker_waits_for_its_database_and_outlives_its_restart(
    make_site: Callable[..., Site], postgres: Postgres
) -> None:
    site = make_site(postgres.new_database())
    recording = site.office.upload(talk(site.folder / "talk.wav"))
    postgres.stop()
    try:
        process = site.start()
        soon(lambda: process.events("waiting_for_database"), "the worker waits")
    finally:
        postgres.start()
    process.ready()
    job = site.office.ask(recording)
    busy(site, process)
    postgres.stop(signal.SIGQUIT)
    site.open()
    time.sleep(1)
    postgres.start()
    site.done(job)
    assert said(site, recording) == SAID
    assert process.popen.poll() is None


def test_a_worker_that_waits_for_its_database_can_be_stopped(
    make_site: Callable[..., Site], postgres: Postgres
) -> None:
    site = make_site(postgres.new_database())
    postgres.stop()
    try:
        process = site.start()
        soon(lambda: process.events("waiting_for_database"), "the worker waits")
        assert process.end() == 0
    finally:
        postgres.start()
