"""A folder that models are fetched into, and a hub that has a real one."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_hub import COMMIT, FakeHub, running_hub

TINY = Path(__file__).parent / "fixtures" / "whisper-fixture-ct2"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A hub whose one model, tiny, is real."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with running_hub() as hub:
        hub.repositories["Systran/faster-whisper-tiny"] = {
            path.name: path.read_bytes() for path in TINY.iterdir() if path.is_file()
        }
        yield hub


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    """Where a server keeps its models; empty."""
    return tmp_path / "models"


def put_into(models_dir: Path, owner: str = "Systran", name: str = "faster-whisper-tiny") -> None:
    """A model, as a download leaves it."""
    folder = models_dir / f"models--{owner}--{name}"
    shutil.copytree(TINY, folder / "snapshots" / COMMIT)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(COMMIT)
