"""Servers for the tests of the API."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from auricle.testing import say, write_wav
from live_server import LiveServer, live_server


@pytest.fixture(scope="module")
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tiny_model: Path
) -> Iterator[LiveServer]:
    """One server for the tests of a file, with accounts where its `AUTH` is on."""
    auth = getattr(request.module, "AUTH", "off")
    with live_server(tmp_path_factory.mktemp("server"), tiny_model, auth=auth) as running:
        yield running


@pytest.fixture
def make_server(tmp_path: Path, tiny_model: Path) -> Iterator[Callable[..., LiveServer]]:
    """Servers of their own, with other settings."""
    with contextlib.ExitStack() as stack:

        def make(**settings: Any) -> LiveServer:
            folder = settings.pop("data_dir", tmp_path / "server")
            return stack.enter_context(live_server(folder, tiny_model, **settings))

        yield make


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    """Two seconds of sound; what is heard in it does not matter."""
    return write_wav(tmp_path / "talk.wav", say("Alpha bravo."))


@pytest.fixture(scope="module")
def meeting(speech: Path) -> Path:
    """A short recording of words the tiny model knows."""
    return min(speech.glob("*.flac"), key=lambda file: file.stat().st_size)
