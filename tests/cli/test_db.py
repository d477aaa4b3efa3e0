"""`auricle db` as people type it."""

import shutil
from pathlib import Path

import pytest

from auricle.store.upgrade import head
from command_line import Command
from services import Postgres

OLD_DATA = Path(__file__).resolve().parents[1] / "fixtures" / "old-data"


@pytest.fixture
def installation(auricle: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with one recording and its transcript."""
    folder = tmp_path / "data"
    recording, version = "019aa4c3000000000000000a", "019aa4c3000000000000000c"
    (folder / "blobs" / "recordings" / recording).mkdir(parents=True)
    (folder / "blobs" / "transcripts" / recording).mkdir(parents=True)
    (folder / "blobs" / "recordings" / recording / "source").write_bytes(b"RIFF")
    (folder / "blobs" / "transcripts" / recording / f"{version}.json").write_text("{}")
    shutil.copy(OLD_DATA / "auricle-0001.db", folder / "auricle.db")
    monkeypatch.setenv("AURICLE_DATA_DIR", str(folder))
    refused = auricle("db", "backup", str(tmp_path / "older.tar"))
    assert (refused.status, "upgrade it with auricle db upgrade" in refused.stderr) == (1, True)
    assert f"from revision 0001 to {head()}" in auricle("db", "upgrade").stdout
    return folder


def test_an_installation_goes_into_a_file_and_comes_back(
    auricle: Command, installation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "backup.tar"
    done = auricle("db", "backup", str(file))
    assert done.status == 0
    assert "2 files" in done.stdout
    again = auricle("db", "backup", str(file))
    assert (again.status, "exists: choose another name, or give --force" in again.stderr) == (1, True)
    assert auricle("db", "backup", str(file), "--force").status == 0
    refused = auricle("db", "restore", str(file))
    assert (refused.status, "not empty: it holds 1 recordings" in refused.stderr) == (1, True)
    monkeypatch.setenv("AURICLE_DATA_DIR", str(tmp_path / "new"))
    assert auricle("db", "restore", str(file)).status == 0
    status = auricle("db", "status")
    assert "recordings   1" in status.stdout
    assert (tmp_path / "new" / "blobs" / "recordings").is_dir()


def test_an_installation_moves_to_postgresql(
    auricle: Command, installation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres: Postgres
) -> None:
    monkeypatch.setenv("AURICLE_DATA_DIR", str(tmp_path / "new"))
    monkeypatch.setenv("AURICLE_DATABASE_URL", postgres.new_database())
    assert f"from revision none to {head()}" in auricle("db", "upgrade").stdout
    assert "up to date" in auricle("db", "upgrade").stdout
    moved = auricle("db", "migrate-from", f"sqlite:///{installation / 'auricle.db'}")
    assert (moved.status, "2 files" in moved.stdout) == (0, True)
    status = auricle("db", "status").stdout
    assert "transcripts  1" in status
    assert "postgresql://" in status


def test_files_that_the_storage_has_lost_are_named(
    auricle: Command, installation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = next((installation / "blobs" / "recordings").glob("*/source"))
    source.unlink()
    key, recording = source.relative_to(installation / "blobs"), source.parent.name
    made = auricle("db", "backup", str(tmp_path / "backup.tar"))
    assert (made.status, "1 files" in made.stdout) == (3, True)
    named, conclusion = made.stderr.splitlines()
    assert named.startswith(f"Missing of {recording} ")
    assert named.endswith(f": {key}")
    assert conclusion == (
        "Files missing: 1, of 1 recordings. They are not in the storage, so that the backup is without them."
    )
    monkeypatch.setenv("AURICLE_DATA_DIR", str(tmp_path / "restored"))
    restored = auricle("db", "restore", str(tmp_path / "backup.tar"))
    assert (restored.status, named in restored.stderr, "in the backup" in restored.stderr) == (0, True, True)
    monkeypatch.setenv("AURICLE_DATA_DIR", str(tmp_path / "moved"))
    moved = auricle("db", "migrate-from", f"sqlite:///{installation / 'auricle.db'}")
    assert (moved.status, named in moved.stderr, "were not copied" in moved.stderr) == (3, True, True)
    assert "recordings   1" in auricle("db", "status").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("backup", "/nowhere/at-all.tar"), "There is no folder /nowhere.\n"),
        (("restore", "nothing.tar"), "There is no file nothing.tar"),
        (("restore", str(OLD_DATA / "auricle-0001.db")), "it is no tar archive.\n"),
        (("migrate-from", "sqlite:///nothing.db"), "There is no file nothing.db"),
        (("migrate-from", "mysql://x"), "AURICLE_DATABASE_URL has to be"),
        (("migrate-from", "postgresql://localhost/x"), "--storage"),
    ],
)
def test_a_mistake_gets_a_sentence(
    auricle: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: str
) -> None:
    monkeypatch.setenv("AURICLE_DATA_DIR", str(tmp_path / "data"))
    ended = auricle("db", *arguments)
    assert ended.status != 0
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


def test_nothing_is_restored_below_a_running_server(
    auricle: Command, installation: Path, tmp_path: Path
) -> None:
    from auricle.settings import Settings
    from auricle.store.opening import hold_data_folder

    with hold_data_folder(Settings(data_dir=installation)):
        ended = auricle("db", "restore", "backup.tar")
    assert (ended.status, "server uses the data folder" in ended.stderr) == (1, True)
