"""How many recordings there are of each sort, on both databases."""

from collections.abc import Iterator
from typing import Any

import pytest

from auricle.store.database import Database, open_database
from auricle.store.recordings import Filter, Tally, listed, page, tally
from auricle.store.schema import LOCAL_USER, Job, Recording, User, now
from auricle.store.tags import set_tags
from auricle.store.upgrade import upgrade


@pytest.fixture
def database(any_database: str) -> Iterator[Database]:
    database = open_database(any_database)
    upgrade(database)
    yield database
    database.close()


def add(
    database: Database, title: str, state: str | None = None, owner: str = LOCAL_USER, **how: Any
) -> None:
    """A recording, and its job where it has one."""
    file = {"filename": "f", "media_type": "audio/wav", "size": 1, "blob": "b"}
    tags = how.pop("tags", [])
    with database.write() as session:
        recording = Recording(owner_id=owner, title=title, **file, **how)
        session.add(recording)
        session.flush()
        set_tags(session, recording, tags)
        if state is not None:
            job = Job(owner_id=owner, recording_id=recording.id, state=state)
            session.add(job)
            session.flush()
            recording.job_id = job.id


def titles(database: Database, which: Filter, sort: str = "title") -> list[str]:
    with database.read() as session:
        return [one.title for one in page(session, listed(LOCAL_USER, which), sort, None, 100)]


def test_recordings_are_counted_by_what_they_are(database: Database) -> None:
    with database.write() as session:
        session.add(User(id="other", name="other"))
    add(database, "a", "running", language="en", speakers=["Anna", "Ben", "Anna"], tags=["board"])
    add(database, "b", "queued", doubtful=0)
    add(database, "c", "dead", language="en", doubtful=3, speakers=["Anna"])
    add(database, "d", "failed", language="de", tags=["board", "Ärger"])
    add(database, "e", doubtful=1)
    add(database, "f", "done", deleted_at=now(), language="fr", doubtful=4, speakers=["Carl"], tags=["gone"])
    add(database, "g", "done", owner="other", language="it", doubtful=4, speakers=["Dora"], tags=["theirs"])
    with database.read() as session:
        counted = tally(session, LOCAL_USER)
        assert tally(session, "nobody") == Tally(0, 0, 0, 0, 0, {}, {}, {})
    assert counted == Tally(
        all=5,
        running=2,
        needs_review=2,
        failed=2,
        trash=1,
        languages={"de": 1, "en": 2},
        tags={"board": 2, "Ärger": 1},
        speakers={"Anna": 2, "Ben": 1},
    )


def test_the_same_sorts_can_be_listed(database: Database) -> None:
    add(database, "a", "running", duration=5.0)
    add(database, "b", "dead", doubtful=1, duration=9.0)
    add(database, "c", doubtful=0)
    assert titles(database, Filter(states=("running", "dead"))) == ["a", "b"]
    assert titles(database, Filter(states=("none", "dead"))) == ["b", "c"]
    assert titles(database, Filter(needs_review=True)) == ["b"]
    assert titles(database, Filter(), "shortest") == ["c", "a", "b"]
    assert titles(database, Filter(), "longest") == ["b", "a", "c"]
    with database.write() as session:
        session.query(Recording).filter_by(title="a").one().changed_at = now()
    assert titles(database, Filter(), "changed") == ["a", "c", "b"]


def test_a_thousand_names_are_cut_to_the_most_frequent(database: Database) -> None:
    for number in range(5):
        add(database, "x", speakers=[f"Speaker {one}" for one in range(100 * number, 250)])
    with database.read() as session:
        counted = tally(session, LOCAL_USER).speakers
    assert len(counted) == 200
    assert next(iter(counted.items())) == ("Speaker 200", 3)
