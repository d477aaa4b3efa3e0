"""Sessions that read beside those that write, and databases that go away and come back."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import ColumnElement, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError

from auricle.errors import Conflict, InvalidOption, InvalidSetting, StorageUnavailable
from auricle.store.database import Database, open_database, repeated
from auricle.store.schema import Base, Tag, User
from services import Postgres


@pytest.fixture
def database(any_database: str) -> Iterator[Database]:
    database = open_database(any_database)
    Base.metadata.create_all(database.writer)
    yield database
    database.close()


def names(database: Database) -> list[str]:
    with database.read() as session:
        return sorted(session.scalars(select(User.name)))


def test_a_transaction_that_raises_changes_nothing(database: Database) -> None:
    def fail() -> None:
        with database.write() as session:
            session.add(User(name="anna"))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert names(database) == []


def test_what_is_there_already_or_belongs_to_nobody_is_a_conflict(database: Database) -> None:
    def add(*rows: Base) -> None:
        with database.write() as session:
            session.add_all(rows)

    add(User(id="anna", name="anna"))
    for clash in (User(name="anna"), User(id="anna", name="b"), Tag(owner_id="nobody", name="x")):
        with pytest.raises(Conflict, match="at this moment: try again"):
            add(User(name="ben"), clash)
    with pytest.raises(IntegrityError):
        add(Tag(owner_id="anna"))
    assert names(database) == ["anna"]


def test_readers_wait_for_no_writer(database: Database) -> None:
    with database.write() as session:
        session.add(User(name="anna"))
        session.flush()
        assert names(database) == []
    assert names(database) == ["anna"]


def test_writers_take_turns_and_none_fails(database: Database) -> None:
    def add(number: int) -> None:
        for round_ in range(10):
            with database.write() as session:
                count = len(session.scalars(select(User.id)).all())
                session.add(User(name=f"{number}-{round_}-{count >= 0}"))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names(database)) == 80


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite://", "mysql://host/db"])
def test_an_address_that_names_no_database_says_what_does(url: str) -> None:
    with pytest.raises(InvalidSetting, match="AURICLE_DATABASE_URL has to be"):
        open_database(url)


def test_a_database_that_restarts_is_used_again_without_a_word(postgres: Postgres) -> None:
    database = open_database(postgres.new_database())
    Base.metadata.create_all(database.writer)
    with database.write() as session:
        session.add(User(name="anna"))
    postgres.stop()
    with pytest.raises(StorageUnavailable, match="cannot be reached or does not answer"):
        names(database)
    postgres.start()
    assert names(database) == ["anna"]
    database.close()


def test_a_missing_table_is_a_mistake_and_no_outage(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    with pytest.raises(OperationalError, match="no such table"), database.read() as session:
        session.execute(text("SELECT * FROM no_table"))
    database.close()


def test_a_database_that_cannot_be_opened_is_an_outage(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'no' / 'folder' / 'a.db'}")
    with pytest.raises(StorageUnavailable, match="unable to open database file"):
        names(database)
    database.close()


@pytest.mark.parametrize(
    "wrong", [User.name == "half a character \ud800", User.quota_space == 10**30], ids=["text", "number"]
)
def test_what_no_database_keeps_is_the_mistake_of_who_sends_it(
    database: Database, wrong: ColumnElement[bool]
) -> None:
    with pytest.raises(InvalidOption, match="cannot keep"), database.read() as session:
        session.execute(select(User.id).where(wrong))


def test_postgresql_keeps_no_nul_and_that_is_the_senders_mistake(postgres: Postgres) -> None:
    with contextlib.closing(open_database(postgres.new_database())) as found:
        Base.metadata.create_all(found.writer)
        with pytest.raises(InvalidOption, match="cannot keep"), found.read() as session:
            session.execute(select(User.id).where(User.name == "a\0b"))


def test_two_that_change_the_same_rows_crosswise_are_both_done(postgres: Postgres) -> None:
    database = open_database(postgres.new_database())
    Base.metadata.create_all(database.writer)
    with database.write() as session:
        session.add_all([User(id=name, name=name) for name in ("anna", "ben")])
    both = threading.Barrier(2)
    begun: list[str] = []
    problems: list[Exception] = []

    @repeated
    def change(first: str, second: str) -> None:
        with database.write() as session:
            session.execute(update(User).where(User.id == first).values(retention_days=len(begun) + 1))
            begun.append(first)
            if len(begun) <= 2:
                both.wait(30)
            session.execute(update(User).where(User.id == second).values(retention_days=len(begun) + 1))

    def attempt(*names: str) -> None:
        try:
            change(*names)
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=attempt, args=pair) for pair in (("anna", "ben"), ("ben", "anna"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert problems == []
    assert len(begun) == 3, "one of them once more"
    database.close()
