"""The health check of containers."""

import os
import subprocess
import sys

from live_server import LiveServer
from services import free_port


def check(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "auricle.healthy", *arguments]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)


def test_a_server_that_is_ready_is_healthy(server: LiveServer) -> None:
    port = server.origin.rpartition(":")[2]
    assert check(port).returncode == 0
    assert check(AURICLE_PORT=port).returncode == 0


def test_one_that_is_not_there_is_not(server: LiveServer) -> None:
    port = str(free_port())
    done = check(port)
    assert done.returncode == 1
    assert done.stderr.startswith(f"http://127.0.0.1:{port}/health/ready: ")
    assert "Traceback" not in done.stderr


def test_it_costs_next_to_nothing() -> None:
    program = (
        "import auricle.healthy, sys; print(*[name for name in sys.modules if name.startswith('auricle')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["auricle", "auricle.healthy"]
