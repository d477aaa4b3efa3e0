"""`auricle serve` as somebody at a shell sees it: how it starts, and how it ends."""

import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from auricle import __version__
from command_line import Command
from worker_process import soon


@dataclass(eq=False)
class Server:
    popen: "subprocess.Popen[str]"
    line: str = ""

    @property
    def url(self) -> str:
        return self.line.split()[3]

    def end(self, how: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        """Send a signal; returns the exit status and what was logged."""
        self.popen.send_signal(how)
        _, log = self.popen.communicate(timeout=60)
        return self.popen.returncode, log


@pytest.fixture
def start(here: Path, tiny_model: Path) -> Iterator[Callable[..., Server]]:
    """Starts `auricle serve` on a free port."""
    servers: list[Server] = []

    def run(*arguments: str, ready: bool = True, **settings: object) -> Server:
        known = {
            "AURICLE_MODEL": str(tiny_model),
            "AURICLE_DRAIN_TIMEOUT": "5",
            "AURICLE_AUTH": "off",
        }
        ours = {f"AURICLE_{name.upper()}": str(value) for name, value in settings.items()}
        popen = subprocess.Popen(
            [sys.executable, "-m", "auricle", "serve", "--port", "0", *arguments],
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **known, **ours},
        )
        servers.append(Server(popen))
        if ready:
            assert popen.stdout is not None
            servers[-1].line = popen.stdout.readline()
        return servers[-1]

    yield run
    for server in servers:
        server.popen.kill()
        server.popen.communicate()


def assert_quiet(log: str) -> None:
    """Nothing was logged that somebody would have to look at."""
    levels = {json.loads(line)["level"] for line in log.splitlines()}
    assert levels <= {"info"}, log


def test_it_says_where_it_is_when_it_answers(start: Callable[..., Server]) -> None:
    server = start()
    assert server.line == f"Auricle is at {server.url} — API pages at {server.url}/docs\n"
    assert server.url.startswith("http://127.0.0.1:")
    health = httpx.get(f"{server.url}/health").json()
    assert health["status"] == "healthy"
    assert health["version"] == __version__
    assert health["worker_running"] is True
    assert httpx.get(f"{server.url}/health/live").json() == {"status": "live"}
    assert httpx.get(f"{server.url}/health/ready").status_code == 200


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(start: Callable[..., Server], how: signal.Signals) -> None:
    server = start()
    httpx.get(f"{server.url}/health/live")
    status, log = server.end(how)
    assert status == 0
    assert_quiet(log)


def test_it_ends_while_somebody_reads_an_endless_stream(start: Callable[..., Server]) -> None:
    server = start()
    reading, ended = threading.Event(), threading.Event()

    def read() -> None:
        with httpx.stream("GET", f"{server.url}/api/v1/events", timeout=60) as answer:
            reading.set()
            for _ in answer.iter_raw():
                pass
        ended.set()

    threading.Thread(target=read, daemon=True).start()
    assert reading.wait(20)
    status, log = server.end()
    assert status == 0
    assert_quiet(log)
    assert ended.wait(20)


def test_it_goes_on_with_the_same_data(start: Callable[..., Server], data_dir: Path) -> None:
    for _ in range(2):
        server = start()
        assert httpx.get(f"{server.url}/health").json()["status"] == "healthy"
        assert server.end()[0] == 0
    with contextlib.closing(sqlite3.connect(data_dir / "auricle.db")) as database:
        assert database.execute("SELECT count(*) FROM user").fetchone() == (1,)


def test_the_first_start_prints_a_link_by_which_somebody_gets_in(start: Callable[..., Server]) -> None:
    server = start(auth="on")
    assert server.popen.stdout is not None
    told, link = (server.popen.stdout.readline() for _ in range(2))
    assert "works once, for 24 hours" in told
    assert link.startswith(f"  {server.url}/setup#")
    password = {"token": link.strip().partition("#")[2], "password": "three quiet herons"}
    assert httpx.post(f"{server.url}/api/v1/setup", json=password).status_code == 201
    _, log = server.end()
    assert password["token"] not in log
    again = start(auth="on")
    again.popen.terminate()
    out, _ = again.popen.communicate(timeout=60)
    assert "/setup#" not in out


def test_a_second_server_on_the_same_data_is_refused(start: Callable[..., Server]) -> None:
    start()
    _, said = (second := start(ready=False)).popen.communicate(timeout=60)
    assert second.popen.returncode == 1
    assert "Auricle server uses the data folder" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "example.org", "::"])  # noqa: S104 - refused
def test_without_sign_in_an_address_others_could_reach_is_refused(
    auricle: Command, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURICLE_AUTH", "off")
    ended = auricle("serve", "--host", host)
    assert ended.status == 2
    assert ended.stderr.startswith(
        f"auricle: AURICLE_AUTH is off, so nobody has to sign in, but AURICLE_HOST is {host}: anyone"
    )


def test_a_port_in_use_is_said(auricle: Command, data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = auricle("serve", "--port", port)
    assert ended.status == 2
    assert ended.stderr.startswith(f"auricle: Port {port} is in use")
    assert not (data_dir / "auricle.db").exists()


def test_the_metrics_of_queues_are_read_from_the_rows(start: Callable[..., Server], data_dir: Path) -> None:
    server = start(gpu_workers=0, cpu_workers=0)
    first = httpx.get(f"{server.url}/metrics")
    assert first.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = dict(line.rsplit(" ", 1) for line in first.text.splitlines() if not line.startswith("#"))
    assert lines["auricle_database_up"] == "1.0"
    assert lines["auricle_workers"] == "0.0"
    assert "auricle_queue_tasks" in first.text
    health = httpx.get(f"{server.url}/health").json()
    assert (health["status"], health["worker_running"]) == ("degraded", False)


def test_requests_are_logged_and_probes_are_not(start: Callable[..., Server]) -> None:
    server = start(log_format="json", log_level="info")
    httpx.get(f"{server.url}/health")
    httpx.get(f"{server.url}/nothing?token=secret")
    _, log = server.end()
    line = next(json.loads(line) for line in log.splitlines() if '"event": "request"' in line)
    assert (line["path"], line["status"], line["route"]) == ("/nothing", 404, "unmatched")
    assert "/health" not in log
    assert "secret" not in log


def test_an_ipv6_loopback_address_is_fine(start: Callable[..., Server]) -> None:
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6 loopback address")
    server = start("--host", "::1")
    assert server.url.startswith("http://[::1]:")
    assert httpx.get(f"{server.url}/health/live").status_code == 200


def test_what_it_was_working_on_goes_on_at_the_next_start(start: Callable[..., Server], speech: Path) -> None:
    first = start()
    with (speech / "en_00.flac").open("rb") as recording:
        accepted = httpx.post(f"{first.url}/api/v1/recordings", files={"file": recording}).json()
    assert first.end(signal.SIGTERM)[0] == 0
    second = start()
    address = f"{second.url}/api/v1/jobs/{accepted['job']['id']}"
    soon(lambda: httpx.get(address).json()["state"] == "done", "the job is done")
    assert httpx.get(address).json()["error"] is None


def test_one_that_waits_for_its_database_can_be_stopped(start: Callable[..., Server]) -> None:
    nowhere = "postgresql://auricle@127.0.0.1:9/auricle"
    server = start(ready=False, database_url=nowhere, wait=600)
    assert server.popen.stderr is not None
    assert json.loads(server.popen.stderr.readline())["event"] == "waiting_for_database"
    status, log = server.end(signal.SIGTERM)
    assert status == 143
    assert "Traceback" not in log
