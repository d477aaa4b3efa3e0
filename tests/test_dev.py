"""`make dev`: what it starts and says, and how it ends.

Angular's own server has no part in this: programs named node and npm stand in for it.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from services import free_port, wait_until

TOOL = Path(__file__).parents[1] / "tools" / "dev.py"
NPM = """#!/bin/sh
echo "$PWD $*" > "$HOME/asked"
echo $$ > "$HOME/pid"
exec sleep 600
"""


class Dev:
    """A `make dev` with ports and data of its own."""

    def __init__(self, folder: Path, **environment: object) -> None:
        self.folder = folder
        self.port, self.app_port = free_port(), free_port()
        for name, script in (("node", "#!/bin/sh\necho v26.0.0\n"), ("npm", NPM)):
            (folder / name).write_text(script)
            (folder / name).chmod(0o755)
        ours = {
            "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
            "HOME": folder,
            "AURICLE_DATA_DIR": folder / "data",
            "AURICLE_PORT": self.port,
            "AURICLE_MIN_FREE": 0,
            "DEV_PORT": self.app_port,
            **environment,
        }
        values = {**os.environ, **{name: str(value) for name, value in ours.items()}}
        with (folder / "said").open("wb") as said:
            self.process = subprocess.Popen([sys.executable, TOOL], env=values, stdout=said, stderr=said)

    @property
    def said(self) -> str:
        return (self.folder / "said").read_text(encoding="utf-8")

    def await_server(self) -> None:
        address = f"http://127.0.0.1:{self.port}/health/live"
        wait_until(lambda: httpx.get(address).status_code == 200, "the server")

    def app_runs(self) -> bool:
        try:
            os.kill(int((self.folder / "pid").read_text()), 0)
        except ProcessLookupError:
            return False
        return True


@pytest.fixture
def dev(tmp_path: Path) -> Iterator[Callable[..., Dev]]:
    some: list[Dev] = []

    def start(**environment: object) -> Dev:
        some.append(Dev(tmp_path, **environment))
        return some[-1]

    yield start
    for one in some:
        one.process.terminate()
        one.process.wait()


def test_it_starts_both_and_says_how_to_get_in(dev: Callable[..., Dev]) -> None:
    running = dev()
    running.await_server()
    link = f"http://127.0.0.1:{running.app_port}/setup#"
    wait_until(lambda: link in running.said, "the link")
    assert f"it will be at http://127.0.0.1:{running.app_port}. Ctrl-C ends both." in running.said
    assert "Nobody can sign in yet." in running.said
    asked = (running.folder / "asked").read_text().strip()
    assert asked == f"{TOOL.parents[1] / 'ui'} run --silent start -- --port {running.app_port}"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_ends_both(dev: Callable[..., Dev], how: signal.Signals) -> None:
    running = dev()
    running.await_server()
    assert running.app_runs()
    running.process.send_signal(how)
    running.process.wait(60)
    assert not running.app_runs()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{running.port}/health/live")
    assert "Traceback" not in running.said


@pytest.mark.parametrize("name", ["AURICLE_PORT", "DEV_PORT"])
def test_a_port_in_use_is_said_before_anything_starts(dev: Callable[..., Dev], name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        running = dev(**{name: port})
        assert running.process.wait(60) == 1
    (line,) = running.said.splitlines()
    assert line.startswith(f"Nothing can listen on port {port} (Address already in use)")
    assert f"`{name}={port + 1} make dev`" in line
    assert not (running.folder / "asked").exists()


def test_a_port_that_is_none_is_refused(dev: Callable[..., Dev]) -> None:
    running = dev(DEV_PORT="many")
    assert running.process.wait(60) == 1
    assert running.said == "DEV_PORT is 'many', but has to be a port: 1 to 65535.\n"


def test_a_server_that_cannot_start_says_why_and_waits_for_its_code(dev: Callable[..., Dev]) -> None:
    running = dev(AURICLE_DEVICE="abacus")
    wait_until(lambda: "it starts again when its code changes" in running.said, "its end")
    assert "AURICLE_DEVICE" in running.said
    assert running.app_runs()
    assert running.process.poll() is None
