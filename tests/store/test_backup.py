"""A whole installation in a file, and back."""

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from auricle.errors import Conflict, NotFound
from auricle.jobs.create import resume_unfinished
from auricle.jobs.runner import work_once
from auricle.store.backup import DamagedBackup, backup, migrate, restore
from auricle.store.database import Database, open_database
from auricle.store.recordings import erase
from auricle.store.schema import (
    LOCAL_USER,
    ApiKey,
    Base,
    Job,
    Recording,
    SearchDocument,
    Task,
    TranscriptVersion,
    now,
)
from auricle.store.search import search
from auricle.store.storage import open_storage
from auricle.store.tags import set_tags
from auricle.store.transcripts import (
    Making,
    add_version,
    continued,
    current_version,
    load_transcript,
    store_transcript,
)
from auricle.store.upgrade import upgrade
from auricle.testing import FakeEngine, say, write_wav
from auricle.transcript.edit import edit_segment
from place import Office, open_office

_LATER = timedelta(days=30)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An installation with a finished recording, one that is being worked on, and a key."""
    office = open_office(tmp_path / "old", FakeEngine(), tables=upgrade)
    done = office.upload(write_wav(tmp_path / "done.wav", say("Alpha bravo charlie.")), LOCAL_USER)
    office.ask(done)
    office.work()
    begun = office.upload(write_wav(tmp_path / "begun.wav", say("Kilo lima.")), LOCAL_USER)
    office.ask(begun)
    work_once(office.shift())
    with office.database.write() as session:
        set_tags(session, session.get_one(Recording, done), ["Ärger", "fruit"])
        key = ApiKey(
            id="public", owner_id=LOCAL_USER, name="k", secret_hash="0" * 64, expires_at=now() + _LATER
        )
        session.add(key)
    yield office
    office.database.close()


@pytest.fixture
def empty(any_database: str) -> Iterator[Database]:
    database = open_database(any_database)
    upgrade(database)
    yield database
    database.close()


def rows(database: Database, *, without: tuple[str, ...] = ()) -> dict[str, list[tuple[object, ...]]]:
    """Everything in the tables that a backup holds."""
    left_out = {"session", "worker", "chore", "upload", "segment", "stage_result", *without}
    with database.read() as session:
        return {
            table.name: sorted(map(tuple, session.execute(select(table)).all()), key=repr)
            for table in Base.metadata.sorted_tables
            if table.name not in left_out
        }


def test_what_was_backed_up_comes_back_into_an_empty_installation(
    office: Office, empty: Database, tmp_path: Path
) -> None:
    file = tmp_path / "backup.tar"
    backup(office.database, office.place.storage, file)
    storage = open_storage((tmp_path / "new").as_uri())
    restore(file, empty, storage, resume=resume_unfinished)
    # Unfinished jobs are begun anew, so their rows differ.
    assert rows(empty, without=("job", "task")) == rows(office.database, without=("job", "task"))
    kept = {blob.key for blob in office.place.storage.blobs() if not blob.key.startswith("results/")}
    assert {blob.key for blob in storage.blobs()} == kept
    with empty.read() as session:
        (version,) = session.scalars(select(TranscriptVersion)).all()
        transcript = load_transcript(storage, version)
        hits, _ = search(session, LOCAL_USER, "bravo ")
    assert transcript.text == "Alpha bravo charlie."
    assert [hit.recording_id for hit in hits] == [version.recording_id]


def test_what_is_typed_while_a_backup_is_made_is_not_missing_in_it(
    office: Office, empty: Database, tmp_path: Path
) -> None:
    edit(office, "As it was when the backup began.")

    def type_on(said: str) -> None:
        if said.endswith("rows"):
            edit(office, "As it was a moment later.")

    backup(office.database, office.place.storage, tmp_path / "backup.tar", say=type_on)
    storage = open_storage((tmp_path / "new").as_uri())
    restore(tmp_path / "backup.tar", empty, storage, resume=resume_unfinished)
    with empty.read() as session:
        recording = session.scalars(select(Recording).where(Recording.transcript_id.is_not(None))).one()
        version = current_version(session, recording)
    assert version.number == 2
    assert load_transcript(storage, version).segments[0].text == "As it was a moment later."


def test_what_is_erased_while_a_backup_is_made_is_not_taken_for_lost(office: Office, tmp_path: Path) -> None:
    def erase_one(said: str) -> None:
        if said.endswith("rows"):
            with office.database.write() as session:
                keys = erase(session, session.scalars(select(Recording).limit(1)).one())
            for key in keys:
                office.place.storage.delete(key)

    made = backup(office.database, office.place.storage, tmp_path / "backup.tar", say=erase_one)
    assert made.missing == ()


def edit(office: Office, text: str) -> None:
    """Save what the finished recording now says, as the web app does while somebody types."""
    storage = office.place.storage
    with office.database.write() as session:
        recording = session.scalars(select(Recording).where(Recording.transcript_id.is_not(None))).one()
        transcript = load_transcript(storage, current_version(session, recording))
        new = edit_segment(transcript, transcript.segments[0].id, text=text)
        making = Making("edit", LOCAL_USER, continues=True)
        old = continued(session, recording, making)
        stored = store_transcript(storage, recording.id, new)
        add_version(session, recording, new, stored, making, instead_of=old)
    if old is not None:
        storage.delete(old.blob)


def test_what_was_not_finished_is_done_in_the_new_place(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    backup(office.database, office.place.storage, file)
    new = open_office(tmp_path / "new", FakeEngine(), tables=upgrade)
    restore(file, new.database, new.place.storage, resume=resume_unfinished)
    with new.database.read() as session:
        assert sorted(session.scalars(select(Job.state))) == ["done", "queued"]
    new.work()
    with new.database.read() as session:
        assert set(session.scalars(select(Job.state))) == {"done"}
        assert session.scalar(select(func.count()).select_from(TranscriptVersion)) == 2
        assert {task.state for task in session.scalars(select(Task))} == {"done"}
    new.database.close()


def test_an_installation_moves_to_another_database_without_a_file(
    office: Office, empty: Database, tmp_path: Path
) -> None:
    storage = open_storage((tmp_path / "new").as_uri())
    migrate(office.database, office.place.storage, empty, storage, resume=resume_unfinished)
    assert rows(empty, without=("job", "task")) == rows(office.database, without=("job", "task"))
    with empty.write() as session:
        # Numbers that the database gives go on after those that came.
        document = SearchDocument(
            recording_id=session.scalars(select(Recording.id)).first(), owner_id="o", title="", content="x"
        )
        session.add(document)
        session.flush()
        assert document.id == session.scalar(select(func.max(SearchDocument.id)))


def test_nothing_is_restored_into_an_installation_that_holds_something(
    office: Office, tmp_path: Path
) -> None:
    file = tmp_path / "backup.tar"
    backup(office.database, office.place.storage, file)
    before = rows(office.database)
    with pytest.raises(Conflict, match="not empty: it holds 2 recordings"):
        restore(file, office.database, office.place.storage, resume=resume_unfinished)
    assert rows(office.database) == before


def test_a_backup_takes_the_place_of_what_is_there(office: Office, tmp_path: Path, any_database: str) -> None:
    file = tmp_path / "backup.tar"
    backup(office.database, office.place.storage, file)
    new = open_office(tmp_path / "new", FakeEngine(), any_database, tables=upgrade)
    other = new.upload(write_wav(tmp_path / "other.wav", say("Delta echo.")), "berta")
    new.ask(other)
    new.work()
    restore(file, new.database, new.place.storage, resume=resume_unfinished, replace=True)
    assert rows(new.database, without=("job", "task")) == rows(office.database, without=("job", "task"))
    kept = {blob.key for blob in office.place.storage.blobs() if not blob.key.startswith("results/")}
    assert {blob.key for blob in new.place.storage.blobs() if not blob.key.startswith("results/")} == kept
    new.database.close()


def test_what_is_there_stays_where_a_backup_cannot_take_its_place(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    backup(office.database, office.place.storage, file)
    edit(office, "Said since the backup.")
    before, blobs = rows(office.database), {blob.key for blob in office.place.storage.blobs()}

    def fail(_: object) -> None:
        raise RuntimeError("the power goes")

    with pytest.raises(RuntimeError):
        restore(file, office.database, office.place.storage, resume=fail, replace=True)
    assert rows(office.database) == before
    assert {blob.key for blob in office.place.storage.blobs()} == blobs


def flip(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda content: content[: len(content) // 2], "cut off"),
        (lambda content: flip(content, 600), r"is damaged: rows/|no backup"),
        (lambda _: b"not a backup at all" * 100, r"is cut off: it is no tar archive\.$"),
        (lambda _: b"", "no backup of Auricle"),
    ],
)
def test_a_damaged_backup_is_refused_and_changes_nothing(
    office: Office, empty: Database, tmp_path: Path, damage: Callable[[bytes], bytes], message: str
) -> None:
    file = tmp_path / "backup.tar"
    backup(office.database, office.place.storage, file)
    file.write_bytes(damage(file.read_bytes()))
    storage = open_storage((tmp_path / "new").as_uri())
    before = rows(empty)
    with pytest.raises(DamagedBackup, match=message):
        restore(file, empty, storage, resume=resume_unfinished)
    assert rows(empty) == before
    assert list(storage.blobs()) == []


def test_a_damaged_recording_is_noticed(office: Office, empty: Database, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    backup(office.database, office.place.storage, file)
    with tarfile.open(file) as archive:
        source = next(one for one in archive if one.name.endswith("/source"))
    file.write_bytes(flip(file.read_bytes(), source.offset_data + 1000))
    with pytest.raises(DamagedBackup, match=r"is damaged: blobs/recordings/.*/source"):
        restore(file, empty, open_storage((tmp_path / "new").as_uri()), resume=resume_unfinished)


def test_a_backup_of_other_tables_is_refused(office: Office, tmp_path: Path) -> None:
    file, older = tmp_path / "backup.tar", tmp_path / "older.tar"
    backup(office.database, office.place.storage, file)
    with tarfile.open(file) as source, tarfile.open(older, "w") as target:
        for member in source:
            content = source.extractfile(member)
            assert content is not None
            read = content.read()
            if member.name == "manifest.json":
                read = json.dumps({**json.loads(read), "revision": "0000"}).encode()
            member.size = len(read)
            target.addfile(member, io.BytesIO(read))
    new = open_office(tmp_path / "new", FakeEngine(), tables=upgrade)
    with pytest.raises(Conflict, match="tables of revision 0000"):
        restore(older, new.database, new.place.storage, resume=resume_unfinished)
    new.database.close()


def test_tables_of_another_revision_are_not_backed_up(office: Office, tmp_path: Path) -> None:
    with office.database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(Conflict, match="upgrade it with auricle db upgrade"):
        backup(office.database, office.place.storage, tmp_path / "backup.tar")
    assert not list(tmp_path.glob("*.tar"))


def test_a_failure_while_restoring_leaves_nothing(office: Office, empty: Database, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    backup(office.database, office.place.storage, file)
    storage = open_storage((tmp_path / "new").as_uri())
    before = rows(empty)

    def fail(_: object) -> None:
        raise RuntimeError("the power goes")

    with pytest.raises(RuntimeError):
        restore(file, empty, storage, resume=fail)
    assert rows(empty) == before
    assert list(storage.blobs()) == []
    restore(file, empty, storage, resume=resume_unfinished)


def test_a_file_that_is_not_there_is_named(empty: Database, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no file .*nothing\.tar"):
        restore(tmp_path / "nothing.tar", empty, open_storage(tmp_path.as_uri()), resume=resume_unfinished)


def test_a_killed_backup_leaves_no_half_file(office: Office, tmp_path: Path) -> None:
    office.place.storage.put("recordings/big/source", io.BytesIO(os.urandom(300_000_000)))
    with office.database.write() as session:
        row = session.scalars(select(Recording)).first()
        assert row is not None
        row.preview_blob = "recordings/big/source"
    folder = tmp_path / "backups"
    folder.mkdir()
    command = [sys.executable, "-m", "auricle", "db", "backup", str(folder / "backup.tar")]
    environment = {**os.environ, "AURICLE_DATA_DIR": str(office.place.settings.data_dir)}
    process = subprocess.Popen(command, env=environment)
    while not any(folder.iterdir()):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (folder / "backup.tar").exists()
    subprocess.run(command, env=environment, check=True)
    assert tarfile.is_tarfile(folder / "backup.tar")
