"""What all tests share: the tiny model, synthetic recordings with their truth, and real ones."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ["services", "browser", "live_server", "model_cache", "fake_docker"]

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "tests" / "fixtures"


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the person who runs the tests do not reach them."""
    for name in [name for name in os.environ if name.startswith("AURICLE_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def tiny_model() -> Path:
    """A trained Whisper of 8.6 M parameters that knows the fixtures' vocabulary."""
    return FIXTURES / "whisper-fixture-ct2"


@pytest.fixture(scope="session")
def speech() -> Path:
    """The folder of synthetic recordings; each NAME.flac has its truth in NAME.json."""
    return FIXTURES / "speech"


@pytest.fixture(scope="session")
def bundled() -> Path:
    """The recording that `make run` transcribes."""
    return ROOT / "src" / "auricle" / "samples" / "meeting.flac"


@pytest.fixture
def shared_data() -> Path:
    """Real recordings with truth; they lie beside the repository, not in it."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder ../shared/data with real recordings is not here")
    return folder


def truth(recording: Path) -> dict[str, Any]:
    """What is said in a synthetic recording."""
    document: dict[str, Any] = json.loads(recording.with_suffix(".json").read_text(encoding="utf-8"))
    return document


@pytest.fixture(scope="session")
def access_table(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Lines that are printed when the tests are over, also where they ran in other processes."""
    lines: list[str] = []
    yield lines
    request.config.cache.mkdir("auricle").joinpath("access.txt").write_text("\n".join(lines))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table of routes and who may ask for them, where its test ran."""
    table = config.cache.mkdir("auricle") / "access.txt"
    if table.exists() and not hasattr(config, "workerinput"):
        terminalreporter.section("who may ask for what")
        terminalreporter.write_line(table.read_text())
        table.unlink()
