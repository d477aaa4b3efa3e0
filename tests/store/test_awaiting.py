"""Starting before the database: what is waited for, for how long, and what is not."""

from collections.abc import Iterator

import pytest
from sqlalchemy import make_url
from structlog.testing import capture_logs

from auricle.errors import InvalidSetting, StorageUnavailable
from auricle.store.awaiting import await_database
from auricle.store.database import Database, open_database
from auricle.store.upgrade import OldTables, WrongSchema, prepare_database, revision, upgrade
from services import Postgres


@pytest.fixture
def database(postgres: Postgres) -> Iterator[Database]:
    database = open_database(postgres.new_database())
    yield database
    database.close()


def no_rest(_: float) -> None:
    pytest.fail("there is nothing to wait for")


def test_tables_that_come_late_are_waited_for(database: Database) -> None:
    with capture_logs() as log:
        await_database(database, 60, rest=lambda _: upgrade(database))
    assert log[0]["event"] == "waiting_for_database"
    assert "run auricle db upgrade" in log[0]["error"]
    await_database(database, 0, rest=no_rest)


def test_tables_that_never_come_end_the_waiting(database: Database) -> None:
    with pytest.raises(OldTables, match="has no tables yet: run auricle db upgrade"):
        await_database(database, 0, rest=no_rest)


def test_a_database_that_starts_later_is_waited_for(postgres: Postgres, database: Database) -> None:
    postgres.stop()
    with capture_logs() as log:
        await_database(database, 60, ready=revision, rest=lambda _: postgres.start())
    assert "cannot be reached" in log[0]["error"]


def test_a_database_that_never_answers_is_explained(postgres: Postgres, database: Database) -> None:
    postgres.stop()
    try:
        with pytest.raises(
            StorageUnavailable, match=r"cannot be reached.*AURICLE_WAIT.*another major version"
        ):
            await_database(database, 0, rest=no_rest)
    finally:
        postgres.start()


def test_a_refused_password_is_said_at_once(postgres: Postgres) -> None:
    postgres.guard("closed")
    address = make_url(postgres.new_database()).set(username="closed", password="wrong")
    database = open_database(address.render_as_string(hide_password=False))
    with pytest.raises(InvalidSetting, match="the password it was first made with") as refused:
        await_database(database, 60, rest=no_rest)
    assert "wrong" not in str(refused.value)
    database.close()


def test_a_file_is_there_or_is_not() -> None:
    database = open_database("sqlite:////nowhere/auricle.db")
    with pytest.raises(StorageUnavailable, match="unable to open database file"):
        await_database(database, 60, rest=no_rest)
    database.close()


@pytest.mark.parametrize("act", [prepare_database, upgrade])
def test_an_encoding_without_room_for_every_script_is_refused(postgres: Postgres, act: object) -> None:
    database = open_database(postgres.new_database("--encoding=LATIN1", "--locale=C", "--template=template0"))
    with pytest.raises(WrongSchema, match=r"keeps text as LATIN1.*ENCODING 'UTF8'"):
        act(database)
    database.close()
