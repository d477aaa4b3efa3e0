"""The numbers about queues, as Prometheus reads them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import update

from auricle.jobs import queue_metrics
from auricle.jobs.queue_metrics import queue_registry
from auricle.jobs.reconcile import sign_in, sign_out, workers_seen
from auricle.store.database import open_database
from auricle.store.schema import Task, Worker, now
from auricle.testing import FakeEngine, say, write_wav
from place import Office, open_office


@pytest.fixture
def office(tmp_path: Path, any_database: str) -> Iterator[Office]:
    opened = open_office(tmp_path / "office", FakeEngine(), any_database)
    yield opened
    opened.database.close()


def ask(office: Office, tmp_path: Path) -> None:
    office.ask(office.upload(write_wav(tmp_path / "talk.wav", say("Alpha bravo charlie."))))


def value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(name, labels)


def test_what_waits_is_counted_with_its_audio_and_its_age(office: Office, tmp_path: Path) -> None:
    for _ in range(3):
        ask(office, tmp_path)
    with office.database.write() as session:
        session.execute(update(Task).values(seconds=60.0, due_at=now() - timedelta(seconds=90)))
    registry = queue_registry(office.database)
    assert value(registry, "auricle_queue_tasks", queue="cpu", state="queued") == 3
    assert value(registry, "auricle_backlog_audio_seconds", queue="cpu") == 180
    assert value(registry, "auricle_oldest_due_seconds", queue="cpu") == pytest.approx(90, abs=30)
    assert value(registry, "auricle_database_up") == 1


def test_what_waits_for_a_retry_is_no_backlog_yet(office: Office, tmp_path: Path) -> None:
    ask(office, tmp_path)
    with office.database.write() as session:
        session.execute(update(Task).values(seconds=60.0, due_at=now() + timedelta(hours=1)))
    registry = queue_registry(office.database)
    assert value(registry, "auricle_queue_tasks", queue="cpu", state="queued") == 1
    assert value(registry, "auricle_backlog_audio_seconds", queue="cpu") == 0
    assert value(registry, "auricle_oldest_due_seconds", queue="cpu") == 0


def test_dead_tasks_stay_visible_and_done_ones_do_not(office: Office, tmp_path: Path) -> None:
    ask(office, tmp_path)
    office.work()
    ask(office, tmp_path)
    with office.database.write() as session:
        session.execute(update(Task).where(Task.state == "queued").values(state="dead"))
    registry = queue_registry(office.database)
    assert value(registry, "auricle_queue_tasks", queue="cpu", state="dead") == 1
    assert value(registry, "auricle_queue_tasks", queue="cpu", state="done") is None


def test_the_database_is_not_asked_at_every_look(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = queue_registry(office.database)
    assert value(registry, "auricle_queue_tasks", queue="cpu", state="queued") is None
    ask(office, tmp_path)
    assert value(registry, "auricle_queue_tasks", queue="cpu", state="queued") is None
    monkeypatch.setattr(queue_metrics, "_KEPT", 0.0)
    assert value(registry, "auricle_queue_tasks", queue="cpu", state="queued") == 1


def test_a_database_that_is_away_is_a_number_too() -> None:
    database = open_database("postgresql://nobody@127.0.0.1:1/none")
    registry = queue_registry(database)
    assert value(registry, "auricle_database_up") == 0
    assert value(registry, "auricle_workers") is None
    database.close()


def test_workers_are_those_who_take_tasks_and_were_seen(office: Office) -> None:
    with office.database.write() as session:
        sign_in(session, "one", [office.shift()], "cpu")
        sign_in(session, "server", [], "cpu")
        sign_in(session, "gone", [office.shift()], "cpu")
        session.flush()
        session.execute(
            update(Worker).where(Worker.id == "gone").values(seen_at=now() - timedelta(minutes=2))
        )
    with office.database.read() as session:
        assert workers_seen(session) == 1
    assert value(queue_registry(office.database), "auricle_workers") == 1
    with office.database.write() as session:
        sign_out(session, "one")
    assert value(queue_registry(office.database), "auricle_workers") == 0
