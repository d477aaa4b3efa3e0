"""Rings over real brokers, and workers that hear them."""

import json
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auricle.errors import StorageUnavailable
from auricle.jobs.celery import CeleryBroker
from auricle.jobs.reconcile import reconcile
from auricle.settings import Settings
from services import Postgres, Redis
from worker_process import SAID, Process, Site, open_site, soon, talk

BROKERS = ("redis", "rabbitmq", "sqs")


@pytest.fixture(params=BROKERS)
def broker_url(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A running broker of each kind."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    service = {"redis": "redis_server", "rabbitmq": "rabbitmq", "sqs": "moto_server"}[request.param]
    running = request.getfixturevalue(service)
    return f"sqs://key:secret@127.0.0.1:{running.port}//" if request.param == "sqs" else str(running.url)


@pytest.fixture
def name(tmp_path: Path) -> str:
    """An installation of its own on a broker that all tests share."""
    return f"t{abs(hash(tmp_path)) % 10**8}"


@pytest.fixture
def broker(broker_url: str, name: str) -> Iterator[CeleryBroker]:
    opened = CeleryBroker(Settings(broker_url=broker_url, name=name))
    yield opened
    opened.close()


@pytest.fixture
def make_site(tmp_path: Path, postgres: Postgres, name: str) -> Iterator[Callable[..., Site]]:
    sites: list[Site] = []

    def make(broker_url: str, **settings: object) -> Site:
        folder = tmp_path / f"site-{len(sites)}"
        known = {"broker_url": broker_url, "name": name, **settings}
        sites.append(open_site(folder, postgres.new_database(), **known))
        return sites[-1]

    yield make
    for site in sites:
        site.close()


def said(site: Site, recording: str) -> list[str]:
    (transcript,) = site.office.transcripts(recording)
    return [segment.text for segment in transcript.segments]


def busy(site: Site, process: Process, windows: int = 1) -> None:
    soon(lambda: site.begun(process) >= windows, "the worker hears a window")


def test_rings_are_counted_until_somebody_hears_them(broker: CeleryBroker) -> None:
    assert broker.depth("gpu") == 0
    broker.ring("gpu")
    broker.ring("gpu")
    soon(lambda: broker.depth("gpu") == 2, "both rings are counted")
    assert broker.depth("cpu") == 0


def test_installations_on_one_broker_do_not_hear_each_other(
    broker: CeleryBroker, broker_url: str, name: str
) -> None:
    other = CeleryBroker(Settings(broker_url=broker_url, name=f"{name}-other"))
    other.ring("gpu")
    soon(lambda: other.depth("gpu") == 1, "the ring is counted")
    assert broker.depth("gpu") == 0
    other.close()


def test_a_worker_hears_a_ring_and_does_the_job(
    make_site: Callable[..., Site], broker: CeleryBroker, broker_url: str
) -> None:
    site = make_site(broker_url)
    site.open()
    process = site.start()
    process.ready()
    recording = site.office.upload(talk(site.folder / "talk.wav"))
    job = site.office.ask(recording)
    broker.ring("cpu")
    site.done(job)
    assert said(site, recording) == SAID
    soon(lambda: (broker.depth("cpu"), broker.depth("gpu")) == (0, 0), "every ring is heard")
    assert process.ask("/health").json()["checks"]["broker"] == "ok"
    assert process.end() == 0


def test_there_is_a_ring_for_every_due_task_and_no_more(
    make_site: Callable[..., Site], broker: CeleryBroker, broker_url: str
) -> None:
    site = make_site(broker_url)
    for _ in range(3):
        site.office.ask(site.office.upload(talk(site.folder / "talk.wav")))
    reconcile(site.office.database, broker)
    soon(lambda: broker.depth("cpu") == 3, "three rings are counted")
    reconcile(site.office.database, broker)
    time.sleep(0.5)
    assert broker.depth("cpu") == 3
    assert broker.depth("gpu") == 0


def test_a_busy_worker_leaves_rings_to_others(
    make_site: Callable[..., Site], broker: CeleryBroker, broker_url: str
) -> None:
    site = make_site(broker_url)
    site.office.ask(site.office.upload(talk(site.folder / "talk.wav")))
    first = site.start()
    busy(site, first)
    for _ in range(4):
        broker.ring("gpu")
    second = site.start()
    busy(site, second)
    time.sleep(1)
    assert broker.depth("gpu") > 0, "the third part's ring is kept for a third worker"
    busy(site, site.start())


def test_a_worker_that_leaves_hands_its_task_to_another(
    make_site: Callable[..., Site], broker_url: str
) -> None:
    site = make_site(broker_url)
    recording = site.office.upload(talk(site.folder / "talk.wav"))
    job = site.office.ask(recording)
    first, second = site.start(), site.start()
    busy(site, first)
    busy(site, second)
    first.popen.send_signal(signal.SIGTERM)
    soon(lambda: first.events("worker_stopping"), "the worker says so")
    site.open()
    assert first.ended() == 0
    site.done(job)
    assert said(site, recording) == SAID
    assert sum(task.losses for task in site.office.tasks(job)) == 0


def test_a_worker_that_is_killed_costs_one_part(make_site: Callable[..., Site], broker_url: str) -> None:
    site = make_site(broker_url)
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


def test_a_broker_that_was_wiped_costs_nothing(
    make_site: Callable[..., Site], redis_server: Redis, name: str
) -> None:
    site = make_site(redis_server.url)
    broker = CeleryBroker(Settings(broker_url=redis_server.url, name=name))
    recording = site.office.upload(talk(site.folder / "talk.wav"))
    job = site.office.ask(recording)
    reconcile(site.office.database, broker)
    process = site.start()
    busy(site, process)
    redis_server.ask("FLUSHALL")
    site.open()
    site.done(job)
    assert said(site, recording) == SAID
    broker.ring("gpu")
    soon(lambda: broker.depth("gpu") == 0, "the worker hears the next ring")
    broker.close()


def test_work_goes_on_while_the_broker_is_away(
    make_site: Callable[..., Site], redis_server: Redis, name: str
) -> None:
    site = make_site(redis_server.url)
    site.open()
    process = site.start()
    process.ready()
    redis_server.stop()
    try:
        job = site.office.ask(site.office.upload(talk(site.folder / "talk.wav")))
        site.done(job)
        health = process.ask("/health").json()
        assert health["status"] == "degraded"
        assert health["checks"]["broker"].startswith("The broker cannot be reached or does not answer:")
    finally:
        redis_server.start()
    broker = CeleryBroker(Settings(broker_url=redis_server.url, name=name))
    broker.ring("gpu")
    soon(lambda: broker.depth("gpu") == 0, "the worker hears rings again")
    broker.close()
    assert process.end() == 0


def test_a_worker_starts_before_its_broker(make_site: Callable[..., Site], redis_server: Redis) -> None:
    site = make_site(redis_server.url)
    site.open()
    redis_server.stop()
    try:
        process = site.start()
        site.done(site.office.ask(site.office.upload(talk(site.folder / "talk.wav"))))
        assert process.end() == 0
    finally:
        redis_server.start()


def test_messages_of_others_do_no_harm(
    make_site: Callable[..., Site], redis_server: Redis, name: str
) -> None:
    site = make_site(redis_server.url)
    site.open()
    process = site.start()
    process.ready()
    queue = f"{name}:{name}.gpu"
    unknown = {"headers": {"task": "other.task", "id": "1"}, "properties": {}, "body": ""}
    for message in ("no json", json.dumps(unknown), json.dumps({})):
        redis_server.ask("LPUSH", queue, message)
    site.done(site.office.ask(site.office.upload(talk(site.folder / "talk.wav"))))
    assert process.popen.poll() is None
    assert process.end() == 0


def test_a_ring_notices_soon_that_the_broker_is_away(redis_server: Redis, name: str) -> None:
    broker = CeleryBroker(Settings(broker_url=redis_server.url, name=name))
    broker.ring("gpu")
    redis_server.stop()
    try:
        for ask in (broker.ring, broker.depth):
            with pytest.raises(StorageUnavailable, match="broker"):
                ask("gpu")
    finally:
        redis_server.start()
    soon(lambda: _rings(broker), "the broker is asked again")
    broker.close()


def _rings(broker: CeleryBroker) -> bool:
    try:
        broker.ring("gpu")
    except StorageUnavailable:
        return False
    return True


def test_a_broker_that_was_started_anew_is_reached_by_the_next_ring(redis_server: Redis, name: str) -> None:
    broker = CeleryBroker(Settings(broker_url=redis_server.url, name=name))
    broker.ring("gpu")
    redis_server.stop()
    redis_server.start()
    broker.ring("gpu")
    assert broker.depth("gpu") == 1
    broker.close()


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "form", ["redis://127.0.0.1:{}/0", "amqp://u:p@127.0.0.1:{}//", "sqs://u:p@127.0.0.1:{}//"]
)
def test_a_broker_that_accepts_and_never_answers_holds_nobody(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with socket.create_server(("127.0.0.1", 0)) as hole:
        broker = CeleryBroker(Settings(broker_url=form.format(hole.getsockname()[1])))
        for ask in (broker.ring, broker.depth, broker.ring):
            with pytest.raises(StorageUnavailable, match="broker"):
                ask("gpu")
        broker.close()
