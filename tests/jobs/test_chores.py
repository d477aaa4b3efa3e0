"""What goes by itself: old recordings, the trash, results nobody uses, files nobody knows."""

import io
import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from auricle.errors import AuricleError
from auricle.jobs import chores
from auricle.jobs.chores import (
    CHORES,
    Round,
    count_doubts,
    empty_trash,
    forget_old_results,
    forget_segments,
    retire_old_recordings,
    run_due_chores,
    sweep_blobs,
)
from auricle.jobs.runner import work_once
from auricle.store.schema import Chore, Job, Recording, StageResult, TaskSegment, User, now
from auricle.testing import FakeEngine, say, write_wav
from place import Office, open_office


@pytest.fixture
def make_office(tmp_path: Path) -> Iterator[Callable[..., Office]]:
    offices: list[Office] = []

    def make(**settings: Any) -> Office:
        offices.append(open_office(tmp_path / f"office{len(offices)}", FakeEngine(), **settings))
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
    assert retire_old_recordings(office.place) == {"retired": 0}
    age(office, Recording, "created_at", 31)
    assert retire_old_recordings(office.place) == {"retired": 1}
    assert deleted(office)[recording] is not None
    assert office.job(job).state == "cancelled"


def test_everybody_may_choose_another_time(make_office: Callable[..., Office], talk: Path) -> None:
    office = make_office(retention_days=30)
    long, short = office.upload(talk, "long"), office.upload(talk, "short")
    with office.database.write() as session:
        session.get_one(User, "long").retention_days = 100
        session.get_one(User, "short").retention_days = 5
    age(office, Recording, "created_at", 31)
    retire_old_recordings(office.place)
    assert [deleted(office)[one] is None for one in (long, short)] == [True, False]


def test_nothing_is_retired_where_nobody_asks_for_it(office: Office, talk: Path) -> None:
    recording = office.upload(talk)
    age(office, Recording, "created_at", 9999)
    retire_old_recordings(office.place)
    assert deleted(office)[recording] is None


def test_the_trash_is_emptied_after_its_days(make_office: Callable[..., Office], talk: Path) -> None:
    office = make_office(trash_days=10)
    gone, kept = office.upload(talk), office.upload(talk)
    office.ask(gone)
    office.work()
    with office.database.write() as session:
        session.get_one(Recording, gone).deleted_at = now() - timedelta(days=11)
        session.get_one(Recording, kept).deleted_at = now() - timedelta(days=9)
    assert empty_trash(office.place) == {"erased": 1}
    assert set(deleted(office)) == {kept}
    assert {key.split("/")[1] for key in keys(office, "recordings")} == {kept}
    assert keys(office, "transcripts") == set()


def test_decoded_audio_goes_after_a_day_and_what_was_heard_stays(office: Office, talk: Path) -> None:
    recording = office.upload(talk)
    office.ask(recording)
    office.work()
    age(office, StageResult, "used_at", 2)
    forget_old_results(office.place)
    with office.database.read() as session:
        assert set(session.scalars(select(StageResult.stage))) == {"transcribe"}
    assert not any(key.endswith(".pcm") for key in keys(office))
    age(office, StageResult, "used_at", 31)
    forget_old_results(office.place)
    assert keys(office, "results") == set()
    office.ask(recording)
    office.work()
    assert len(office.transcripts(recording)) == 2


def test_what_a_running_job_needs_stays(office: Office, talk: Path) -> None:
    job = office.ask(office.upload(talk))
    work_once(office.shift())
    age(office, StageResult, "used_at", 99)
    assert forget_old_results(office.place) == {"results": 0}
    office.work()
    assert office.job(job).state == "done"


def test_files_nobody_knows_are_swept_and_all_others_stay(office: Office, talk: Path) -> None:
    recording = office.upload(talk)
    job = office.ask(recording)
    office.work()
    known = keys(office)
    for stray in ("recordings/lost/source", "results/anna/lost-1/segments.json", "transcripts/lost/v.json"):
        office.place.storage.put(stray, io.BytesIO(b"x"))
    assert sweep_blobs(office.place) == {"blobs": 0}, "what is new may still get its row"
    past = time.time() - 2 * 86_400
    for path in (office.place.settings.data_dir / "blobs").rglob("*"):
        os.utime(path, (past, past))
    assert sweep_blobs(office.place)["blobs"] >= 3
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
    assert forget_segments(office.place) == {"segments": 0}
    age(office, Job, "finished_at", 2)
    assert forget_segments(office.place) == {"segments": 1}
    with office.database.read() as session:
        assert session.scalars(select(TaskSegment)).all() == []


def test_doubtful_words_of_older_transcripts_are_counted(office: Office, talk: Path) -> None:
    office.ask(office.upload(talk))
    office.work()
    with office.database.write() as session:
        (counted,) = session.scalars(select(Recording.doubtful)).all()
        session.execute(update(Recording).values(doubtful=None))
    assert count_doubts(office.place) == {"counted": 1}
    with office.database.read() as session:
        assert session.scalars(select(Recording.doubtful)).all() == [counted]
    assert count_doubts(office.place) == {"counted": 0}


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
    def fail(_: object) -> dict[str, int]:
        raise AuricleError("The bucket refuses access.")

    done: list[int] = []
    rounds = (Round("bad", 60, fail), Round("good", 60, lambda _: done.append(1) or {"done": 1}))
    monkeypatch.setattr(chores, "CHORES", rounds)
    run_due_chores(office.place)
    with office.database.read() as session:
        assert session.get_one(Chore, "bad").error == "The bucket refuses access."
        assert session.get_one(Chore, "good").result == {"done": 1}
