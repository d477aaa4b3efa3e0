"""The command line as somebody at a shell sees it: words in, a status and two streams out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from auricle.cli import main
from command_line import Command, Ended, Start


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def here(tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory; nothing reaches the network, and all data goes beside it."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("AURICLE_DATA_DIR", str(data_dir))
    monkeypatch.setenv("AURICLE_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("AURICLE_OFFLINE", "1")
    monkeypatch.setenv("AURICLE_DEVICE", "cpu")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return folder


@pytest.fixture
def auricle(here: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """Runs a command in this process, which costs no start of its own."""

    def run(*arguments: str | Path) -> Ended:
        monkeypatch.setattr(sys, "argv", ["auricle", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        return Ended(int(ended.value.code or 0), *capfd.readouterr())

    return run


@pytest.fixture
def transcribe(auricle: Command, tiny_model: Path) -> Command:
    """`auricle transcribe` with the tiny model."""

    def run(*arguments: str | Path) -> Ended:
        return auricle("transcribe", "--model", tiny_model, *arguments)

    return run


@pytest.fixture
def started(here: Path, tiny_model: Path) -> Start:
    """Starts `auricle transcribe` with the tiny model in a process of its own."""

    def start(*arguments: str | Path, **how: object) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "auricle", "transcribe", "-m", str(tiny_model), *map(str, arguments)]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how}
        return subprocess.Popen(command, text=True, env=dict(os.environ), **streams)  # type: ignore[call-overload,no-any-return] # the streams vary

    return start
