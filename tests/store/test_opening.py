"""Where the data folder cannot be used, and what is said then."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

#: Somebody without rights: tests may run as root, whom nothing is closed to.
NOBODY = 65534


@pytest.fixture
def closed() -> Iterator[Path]:
    """A folder that is not the user's."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755 if os.getuid() == 0 else 0o555)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def make(folder: Path) -> str:
    """What is said when somebody without rights uses this data folder."""
    program = (
        "import sys; from pathlib import Path; from auricle.errors import AuricleError\n"
        "from auricle.settings import Settings; from auricle.store.opening import make_data_folder\n"
        "try: make_data_folder(Settings(data_dir=Path(sys.argv[1])))\n"
        "except AuricleError as error: print(error)\n"
    )
    # Imported before the rights are given up: they may not reach to where Python is.
    drop = f"import auricle.store.opening, os\nif os.getuid() == 0: os.setuid({NOBODY})\n"
    command = [sys.executable, "-c", drop + program, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("below", ["", "data/deeper"])
def test_a_folder_of_somebody_else_is_said_with_the_cure(closed: Path, below: str) -> None:
    said = make(closed / below)
    user = NOBODY if os.getuid() == 0 else os.getuid()
    assert said.startswith(f"Nothing can be written to the data folder {closed / below}")
    assert f"belongs to user {closed.stat().st_uid}, and Auricle runs as user {user}" in said
    assert f"chown -R {user}:" in said
    assert "AURICLE_DATA_DIR" in said


def test_a_folder_of_ones_own_is_made(tmp_path: Path) -> None:
    from auricle.settings import Settings
    from auricle.store.opening import make_data_folder

    make_data_folder(Settings(data_dir=tmp_path / "a" / "b"))
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
