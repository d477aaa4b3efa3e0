"""`auricle serve` as a process of its own, which can be killed and started again at the same address."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import httpx

from services import free_port, wait_until
from worker_process import PROGRAM, QUICK

_SETTINGS = {"auth": "off", "min_free": 0, "device": "cpu", "rate_limit": "off"}
#: What open pages say while it is away.
AWAY = "Auricle does not answer. Trying again; nothing you typed is lost."


class Served:
    """A server on one port and one data folder; `settings` replace the defaults of `auricle serve`.

    `program` is run by Python in place of `auricle`. Nobody has to sign in, unless `auth` is on.
    """

    def __init__(self, folder: Path, program: Path | None = None, **settings: object) -> None:
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self._output = folder / "output"
        ours = {**_SETTINGS, "data_dir": folder / "data", **settings}
        self._environment = {
            **os.environ,
            **{f"AURICLE_{name.upper()}": str(value) for name, value in ours.items()},
        }
        self._program = [str(program)] if program else ["-m", "auricle"]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, *self._program, "serve", "--port", str(self.port)]
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(command, env=self._environment, stdout=output, stderr=output)
        wait_until(lambda: httpx.get(f"{self.origin}/health/ready").status_code == 200, "the server")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """As `kill -9` and a power cut do."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def pause(self) -> None:
        """Hang, as a machine does that has stopped: connections are taken, and nothing is answered."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """End a pause."""
        self._signal(signal.SIGCONT)

    def _signal(self, which: signal.Signals) -> None:
        assert self._process is not None, "the server was not started"
        self._process.send_signal(which)

    @property
    def said(self) -> str:
        """What it has said in the terminal so far."""
        return self._output.read_text(encoding="utf-8")


class PatientServer(Served):
    """A server whose engine waits until `open`; recordings are cut into parts of about 30 s."""

    def __init__(self, folder: Path) -> None:
        self._gate = folder / "gate"
        self._gate.mkdir()
        super().__init__(folder, PROGRAM, part_length=30, part_limit=45, test_gate=self._gate, **QUICK)

    def open(self, windows: int = 1_000) -> None:
        """Let the engine hear so many windows, counted from each start of the server."""
        (self._gate / "new").write_text(str(windows))
        (self._gate / "new").rename(self._gate / "open")

    def upload(self, file: Path, title: str) -> dict[str, Any]:
        with file.open("rb") as content:
            answer = httpx.post(
                f"{self.origin}/api/v1/recordings", files={"file": content}, data={"title": title}
            )
        accepted: dict[str, Any] = answer.raise_for_status().json()
        return accepted

    def ended(self, job: dict[str, Any]) -> bool:
        """Whether a job is done; the page is not asked."""
        state: str = httpx.get(f"{self.origin}/api/v1/jobs/{job['id']}").json()["state"]
        assert state in ("queued", "running", "done"), state
        return state == "done"
