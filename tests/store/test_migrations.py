"""Tables that grow with the program, and what becomes of data that is older or newer than it."""

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text

from auricle.store.database import Database, open_database
from auricle.store.schema import LOCAL_USER, Base, Recording, TranscriptVersion, User
from auricle.store.search import search
from auricle.store.upgrade import SCRIPTS, WrongSchema, downgrade, head, prepare_database, revision, upgrade

OLD_DATA = Path(__file__).resolve().parents[1] / "fixtures" / "old-data" / "auricle-0001.db"

_NEXT = '''
"""A column more, as a later version may bring."""
import sqlalchemy as sa
from alembic import op
revision = "9999"
down_revision = "{head}"

def upgrade():
    with op.batch_alter_table("recording") as table:
        table.add_column(sa.Column("place", sa.String(50)))
    op.execute("UPDATE recording SET place = 'Rome'")

def downgrade():
    with op.batch_alter_table("recording") as table:
        table.drop_column("place")
'''


@pytest.fixture
def database(any_database: str) -> Iterator[Database]:
    database = open_database(any_database)
    yield database
    database.close()


@pytest.fixture
def later_scripts(tmp_path: Path) -> Path:
    """The migrations of a later version."""
    scripts = tmp_path / "later"
    shutil.copytree(SCRIPTS, scripts)
    (scripts / "versions" / "9999_later.py").write_text(_NEXT.format(head=head()))
    return scripts


def add_recording(database: Database) -> None:
    with database.write() as session:
        file = {"filename": "f", "media_type": "audio/wav", "size": 5_000_000_000, "blob": "b"}
        session.add(Recording(id="r1", owner_id=LOCAL_USER, title="Talk", **file))


def test_the_migrations_make_exactly_the_tables_the_program_knows(database: Database) -> None:
    upgrade(database)
    with database.writer.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"compare_type": True, "include_object": lambda _, name, *__: "search_index" not in name},
        )
        assert compare_metadata(context, Base.metadata) == []
    with database.read() as session:
        local = session.get_one(User, LOCAL_USER)
        assert (local.name, local.role) == ("local", "admin")


def test_going_down_and_up_again_leaves_nothing_and_makes_everything(database: Database) -> None:
    upgrade(database)
    add_recording(database)
    downgrade(database, "base")
    with database.writer.connect() as connection:
        left = set(inspect(connection).get_table_names())
    assert left <= {"alembic_version"}
    assert revision(database) is None
    upgrade(database)
    with database.read() as session:
        assert session.scalars(select(Recording)).all() == []


def test_the_last_step_is_taken_back_and_made_again_around_the_data(database: Database) -> None:
    upgrade(database)
    add_recording(database)
    downgrade(database, "0002")
    with database.read() as session:
        columns = {one["name"] for one in inspect(session.connection()).get_columns("recording")}
        assert "doubtful" not in columns
        assert session.execute(text("SELECT title FROM recording")).scalar() == "Talk"
    upgrade(database)
    with database.read() as session:
        assert session.get_one(Recording, "r1").doubtful is None


def test_the_keys_of_recordings_go_and_come_back_around_the_data(database: Database) -> None:
    upgrade(database)
    add_recording(database)
    with database.write() as session:
        session.get_one(Recording, "r1").idempotency_key = "once"
    downgrade(database, "0003")
    with database.read() as session:
        assert session.execute(text("SELECT title FROM recording")).scalar() == "Talk"
    upgrade(database)
    with database.read() as session:
        assert session.get_one(Recording, "r1").idempotency_key is None


def test_a_migration_keeps_the_data_up_and_down(database: Database, later_scripts: Path) -> None:
    upgrade(database)
    add_recording(database)
    assert upgrade(database, scripts=later_scripts)[:2] == (head(), "9999")
    with database.read() as session:
        assert session.execute(text("SELECT place, size FROM recording")).one() == ("Rome", 5_000_000_000)
    downgrade(database, head(), scripts=later_scripts)
    with database.read() as session:
        assert session.get_one(Recording, "r1").title == "Talk"


def test_older_data_is_copied_before_it_is_changed(tmp_path: Path, later_scripts: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(OLD_DATA, folder / "auricle.db")
    database = open_database(f"sqlite:///{folder / 'auricle.db'}")
    prepare_database(database, scripts=later_scripts)
    assert revision(database) == "9999"
    (copy,) = (folder / "backups").iterdir()
    with sqlite3.connect(copy) as old:
        assert old.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
        assert old.execute("SELECT title FROM recording").fetchall() == [("Budget meeting",)]
    old.close()
    database.close()


def test_a_data_folder_of_the_first_version_opens(tmp_path: Path) -> None:
    shutil.copy(OLD_DATA, tmp_path / "auricle.db")
    database = open_database(f"sqlite:///{tmp_path / 'auricle.db'}")
    prepare_database(database)
    with database.read() as session:
        (recording,) = session.scalars(select(Recording)).all()
        (version,) = session.scalars(select(TranscriptVersion)).all()
        assert (recording.transcript_id, recording.speakers) == (version.id, ["Anna"])
        hits, _ = search(session, LOCAL_USER, "late ")
        assert [hit.recording_id for hit in hits] == [recording.id]
    database.close()


def test_newer_data_is_refused_and_left_alone(database: Database, later_scripts: Path) -> None:
    upgrade(database, scripts=later_scripts)
    for act in (prepare_database, upgrade):
        with pytest.raises(WrongSchema, match=r"made by a newer Auricle .*revision 9999"):
            act(database)
    assert revision(database) == "9999"


def test_shared_tables_are_not_migrated_unasked(postgres: "object", later_scripts: Path) -> None:
    database = open_database(postgres.new_database())
    with pytest.raises(WrongSchema, match="has no tables yet: run auricle db upgrade"):
        prepare_database(database)
    upgrade(database)
    prepare_database(database)
    with pytest.raises(WrongSchema, match="is of an older Auricle: run auricle db upgrade"):
        prepare_database(database, scripts=later_scripts)
    database.close()


def test_many_that_start_at_once_on_an_empty_database_all_succeed(database: Database) -> None:
    problems: list[BaseException] = []

    def start() -> None:
        try:
            own = open_database(database.url.render_as_string(hide_password=False))
            upgrade(own)
            own.close()
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert revision(database) == head()
