"""What goes by itself: old recordings, the trash, results nobody uses, files nobody knows."""

import io
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from auricle.errors import AuricleError
from auricle.jobs import chores, turns
from auricle.jobs.chores import CHORES, Round, run_due_chores
from auricle.jobs.runner import work_once
from auricle.jobs.turns import Turn
from auricle.store.schema import Chore, Job, Recording, StageResult, TaskSegment, Upload, User, new_id, now
from auricle.store.storage import open_storage
from auricle.testing import FakeEngine, say, write_wav
from place import Office, open_office


@pytest.fixture
def make_office(tmp_path: Path) -> Iterator[Callable[..., Office]]:
    offices: list[Office] = []

    def make(**settings: Any) -> Office:
        offices.append(open_office(tmp_path / f"office{len(offices)}", FakeEngine(), **settings))
        # There is nothing to do yet, but the chores are known from now on.
        run_due_chores(offices[-1].place)
        return offices[-1]

    yield make
    for office in offices:
        office.database.close()


@pytest.fixture
def office(make_office: Callable[..., Office]) -> Office:
    return make_office()


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "talk.wav", say("Alpha bravo."))


def age(office: Office, table: Any, column: str, days: float) -> None:
    with office.database.write() as session:
        session.execute(update(table).values({column: now() - timedelta(days=days)}))


def do(office: Office, name: str) -> dict[str, Any] | None:
    """Do one chore now; returns what it says it did."""
    with office.database.write() as session:
        session.get_one(Chore, name).due_at = now() - timedelta(seconds=1)
    run_due_chores(office.place)
    return chore(office, name).result


def chore(office: Office, name: str) -> Chore:
    with office.database.read() as session:
        return session.get_one(Chore, name)


def keys(office: Office, prefix: str = "") -> set[str]:
    return {blob.key for blob in office.place.storage.blobs(prefix)}


def deleted(office: Office) -> dict[str, datetime | None]:
    with office.database.read() as session:
        return {one.id: one.deleted_at for one in session.scalars(select(Recording))}


def test_recordings_go_to_the_trash_when_the_installation_says(
    make_office: Callable[..., Office], talk: Path
) -> None:
    office = make_office(retention_days=30)
    recording = office.upload(talk)
    job = office.ask(recording)
    assert do(office, "retention") == {"retired": 0}
    age(office, Recording, "created_at", 31)
    assert do(office, "retention") == {"retired": 1}
    assert deleted(office)[recording] is not None
    assert office.job(job).state == "cancelled"


def test_everybody_may_choose_another_time(make_office: Callable[..., Office], talk: Path) -> None:
    office = make_office(retention_days=30)
    long, short = office.upload(talk, "long"), office.upload(talk, "short")
    with office.database.write() as session:
        session.get_one(User, "long").retention_days = 100
        session.get_one(User, "short").retention_days = 5
    age(office, Recording, "created_at", 31)
    do(office, "retention")
    assert [deleted(office)[one] is None for one in (long, short)] == [True, False]


def test_nothing_is_retired_where_nobody_asks_for_it(office: Office, talk: Path) -> None:
    recording = office.upload(talk)
    age(office, Recording, "created_at", 9999)
    do(office, "retention")
    assert deleted(office)[recording] is None


def test_the_trash_is_emptied_after_its_days(make_office: Callable[..., Office], talk: Path) -> None:
    office = make_office(trash_days=10)
    gone, kept = office.upload(talk), office.upload(talk)
    office.ask(gone)
    office.work()
    with office.database.write() as session:
        session.get_one(Recording, gone).deleted_at = now() - timedelta(days=11)
        session.get_one(Recording, kept).deleted_at = now() - timedelta(days=9)
    assert do(office, "trash") == {"erased": 1}
    assert set(deleted(office)) == {kept}
    assert {key.split("/")[1] for key in keys(office, "recordings")} == {kept}
    assert keys(office, "transcripts") == set()


def test_decoded_audio_goes_after_a_day_and_what_was_heard_stays(office: Office, talk: Path) -> None:
    recording = office.upload(talk)
    office.ask(recording)
    office.work()
    age(office, StageResult, "used_at", 2)
    do(office, "results")
    with office.database.read() as session:
        assert set(session.scalars(select(StageResult.stage))) == {"transcribe"}
    assert not any(key.endswith(".pcm") for key in keys(office))
    age(office, StageResult, "used_at", 31)
    do(office, "results")
    assert keys(office, "results") == set()
    office.ask(recording)
    office.work()
    assert len(office.transcripts(recording)) == 2


def test_what_a_running_job_needs_stays(office: Office, talk: Path) -> None:
    job = office.ask(office.upload(talk))
    work_once(office.shift())
    age(office, StageResult, "used_at", 99)
    assert do(office, "results") == {"results": 0}
    office.work()
    assert office.job(job).state == "done"


def test_files_nobody_knows_are_swept_and_all_others_stay(office: Office, talk: Path) -> None:
    recording = office.upload(talk)
    job = office.ask(recording)
    office.work()
    known = keys(office)
    for stray in ("recordings/lost/source", "results/anna/lost-1/segments.json", "transcripts/lost/v.json"):
        office.place.storage.put(stray, io.BytesIO(b"x"))
    assert do(office, "blobs") == {"blobs": 0}, "what is new may still get its row"
    past = time.time() - 2 * 86_400
    for path in (office.place.settings.data_dir / "blobs").rglob("*"):
        os.utime(path, (past, past))
    assert do(office, "blobs")["blobs"] >= 3
    assert {"recordings/lost/source", "results/anna/lost-1/segments.json"}.isdisjoint(keys(office))
    with office.database.read() as session:
        row = session.get_one(Recording, recording)
        assert {row.blob, row.peaks_blob} <= keys(office)
    assert {key for key in known if key.startswith(("recordings/", "transcripts/"))} <= keys(office)
    assert office.job(job).state == "done"
    assert office.transcripts(recording)[0].text == "Alpha bravo."


def test_segments_of_jobs_long_ended_go(office: Office, talk: Path) -> None:
    office.ask(office.upload(talk))
    office.work()
    assert do(office, "segments") == {"segments": 0}
    age(office, Job, "finished_at", 2)
    assert do(office, "segments") == {"segments": 1}
    with office.database.read() as session:
        assert session.scalars(select(TaskSegment)).all() == []


def test_doubtful_words_of_older_transcripts_are_counted(office: Office, talk: Path) -> None:
    office.ask(office.upload(talk))
    office.work()
    with office.database.write() as session:
        (counted,) = session.scalars(select(Recording.doubtful)).all()
        session.execute(update(Recording).values(doubtful=None))
    assert do(office, "doubts") == {"counted": 1}
    with office.database.read() as session:
        assert session.scalars(select(Recording.doubtful)).all() == [counted]
    assert do(office, "doubts") == {"counted": 0}


def test_every_chore_is_done_when_it_is_due_and_by_one_only(office: Office) -> None:
    run_due_chores(office.place)
    with office.database.read() as session:
        first = {one.name: one.finished_at for one in session.scalars(select(Chore))}
    assert set(first) == {chore.name for chore in CHORES}
    assert None not in first.values()
    run_due_chores(office.place)
    with office.database.read() as session:
        assert {one.attempt for one in session.scalars(select(Chore))} == {1}
    age(office, Chore, "due_at", 1)
    run_due_chores(office.place)
    with office.database.read() as session:
        assert {one.attempt for one in session.scalars(select(Chore))} == {2}


def test_a_chore_that_fails_says_why_and_holds_up_no_other(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> dict[str, int]:
        raise AuricleError("The bucket refuses access.")

    def crash(*_: object) -> dict[str, int]:
        raise PermissionError(13, "Permission denied")

    bad, worse = Round("bad", 3600, refuse), Round("worse", 3600, crash)
    monkeypatch.setattr(chores, "CHORES", (bad, worse, Round("good", 3600, lambda *_: {"done": 1})))
    run_due_chores(office.place)
    assert chore(office, "bad").error == "The bucket refuses access."
    assert "Permission denied" in (chore(office, "worse").error or "")
    assert chore(office, "good").result == {"done": 1}
    for name in ("bad", "worse"):
        assert now() < chore(office, name).due_at < now() + timedelta(minutes=10), "soon, but not at once"


def in_the_trash(office: Office, count: int, **values: Any) -> list[str]:
    """Recordings that were deleted long ago; returns their ids, in order."""
    ids = sorted(new_id() for _ in range(count))
    with office.database.write() as session:
        if session.get(User, "anna") is None:
            session.add(User(id="anna", name="anna"))
            session.flush()
        for one in ids:
            row = {"title": "x", "filename": "x", "media_type": "audio/wav", "size": 1} | values
            blob = f"recordings/{one}/source"
            session.add(Recording(id=one, owner_id="anna", blob=blob, deleted_at=datetime(2025, 1, 1), **row))
    return ids


def test_a_storage_that_is_away_for_a_while_puts_nothing_off(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    away = open_storage("s3://recordings?endpoint=http://127.0.0.1:9&region=eu-west-1")
    in_the_trash(office, 3)
    age(office, Chore, "due_at", 1)
    run_due_chores(replace(office.place, storage=away))
    assert "cannot be reached" in (chore(office, "trash").error or "")
    assert chore(office, "trash").due_at < now() + timedelta(minutes=10)
    assert chore(office, "segments").error is None, "the others were done"
    assert do(office, "trash") == {"erased": 2}
    assert chore(office, "trash").error is None


def test_one_file_that_cannot_be_deleted_keeps_no_other(office: Office) -> None:
    stuck = f"results/anna/{'x' * 300}"
    (office.place.settings.data_dir / "blobs" / "results" / "anna").mkdir(parents=True)
    in_the_trash(office, 1, sha256="same")
    with office.database.write() as session:
        found = {"blobs": {"audio": stuck}}
        session.add(StageResult(key="k", owner_id="anna", sha256="same", stage="transcribe", result=found))
    for one in in_the_trash(office, 5):
        office.place.storage.put(f"recordings/{one}/source", io.BytesIO(b"x"))
    assert do(office, "trash") == {"erased": 6}
    assert keys(office) == set()
    assert "File name too long" in (chore(office, "trash").error or "")


def test_a_server_that_was_killed_in_a_chore_holds_it_up_for_minutes_only(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> dict[str, int]:
        raise KeyboardInterrupt

    monkeypatch.setattr(chores, "CHORES", (Round("long", 3600, die),))
    with pytest.raises(KeyboardInterrupt):
        run_due_chores(office.place)
    assert chore(office, "long").due_at < now() + timedelta(minutes=15)


def test_a_long_chore_keeps_its_turn_and_who_lost_it_stops(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[str] = []

    def long(_: object, turn: Turn) -> dict[str, int]:
        age(office, Chore, "due_at", -1 / 86_400)
        turn.check()
        assert chore(office, "long").due_at > now() + timedelta(minutes=5)
        age(office, Chore, "due_at", 1)
        monkeypatch.setattr(chores, "CHORES", (Round("long", 3600, lambda *_: {"by": 2}),))
        run_due_chores(office.place)
        reached.append("another began")
        turn.check()
        reached.append("went on")
        return {"by": 1}

    monkeypatch.setattr(turns, "_RENEWAL", 0)
    monkeypatch.setattr(chores, "CHORES", (Round("long", 3600, long),))
    run_due_chores(office.place)
    assert reached == ["another began"]
    assert chore(office, "long").result == {"by": 2}


def test_a_chore_stops_between_two_steps_and_may_be_done_by_another_at_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopping = threading.Event()
    monkeypatch.setattr(chores, "_AT_ONCE", 2)
    place = replace(office.place, settings=office.place.settings.model_copy(update={"retention_days": 1}))
    in_the_trash(office, 6)
    with office.database.write() as session:
        session.execute(update(Recording).values(deleted_at=None, created_at=datetime(2025, 1, 1)))

    def told_to_stop(place: Any, turn: Turn) -> Any:
        stopping.set()
        return chores.retire_old_recordings(place, turn)

    never = Round("never", 3600, lambda *_: pytest.fail("begun after the server was told to stop"))
    monkeypatch.setattr(chores, "CHORES", (Round("retention", 3600, told_to_stop), never))
    age(office, Chore, "due_at", 1)
    run_due_chores(place, stopping)
    assert chore(office, "retention").due_at <= now()
    assert chore(office, "retention").error is None
    monkeypatch.setattr(chores, "CHORES", CHORES)
    run_due_chores(place)
    assert chore(office, "retention").result == {"retired": 6}


def test_everything_that_is_due_is_done_however_much_it_is(
    make_office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chores, "_AT_ONCE", 3)
    office = make_office(retention_days=30)
    in_the_trash(office, 10)
    with office.database.write() as session:
        session.execute(update(Recording).values(deleted_at=None, created_at=datetime(2025, 1, 1)))
        for _ in range(10):
            token = office.place.storage.uploads.begin("recordings/x/source")
            row = {"filename": "x", "media_type": "audio/wav", "size": 1, "part_size": 1, "token": token}
            past = now() - timedelta(days=1)
            session.add(Upload(owner_id="anna", blob="recordings/x/source", expires_at=past, **row))
    assert do(office, "retention") == {"retired": 10}
    assert do(office, "uploads") == {"uploads": 10}
    age(office, Recording, "deleted_at", 99)
    assert do(office, "trash") == {"erased": 10}
