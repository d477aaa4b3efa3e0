"""Workers as processes of their own on one installation, with an engine that waits where a test wants it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from auricle.engines import Samples
from auricle.store.database import open_database
from auricle.store.upgrade import upgrade
from auricle.testing import FakeEngine, say, silence, write_wav
from place import Office, open_office

PROGRAM = Path(__file__).parent / "patient_worker.py"
#: Leases short enough to run out in a test.
QUICK = {"lease": 2, "heartbeat": 0.2}
SAID = ["Alpha bravo charlie.", "Delta echo foxtrot.", "Golf hotel india."]


def soon(true: Callable[[], Any], what: str, patience: float = 60.0) -> Any:
    """Look until it is true; fails the test where it never is."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = true()
        if found:
            return found
        time.sleep(0.05)
    pytest.fail(f"{what}: still not so after {patience:g} s")


def talk(path: Path) -> Path:
    """A minute and a half in three parts of 30 s, each with one of the sentences of SAID."""
    sentences: list[Samples] = [np.concatenate([say(sentence), silence(28)]) for sentence in SAID]
    return write_wav(path, np.concatenate(sentences))


def speech(path: Path, minutes: float = 1.5) -> Path:
    """Speech without long pauses: several windows in one part."""
    sentence = say("Alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima.")
    return write_wav(path, np.concatenate([sentence] * round(minutes * 60 * 16_000 / len(sentence))))


@dataclass(eq=False)
class Process:
    """A worker; it logs JSON lines into `log`."""

    popen: "subprocess.Popen[str]"
    log: Path

    def events(self, name: str) -> list[dict[str, Any]]:
        lines = self.log.read_text(encoding="utf-8").splitlines()
        read = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return [event for event in read if event["event"] == name]

    def ready(self) -> str:
        """The address of its health pages, once it works."""
        soon(lambda: self.events("worker_ready") or self.popen.poll() is not None, "the worker is ready")
        (event,) = self.events("worker_ready") or pytest.fail(self.log.read_text(encoding="utf-8"))
        return f"http://127.0.0.1:{event['health_port']}"

    def ask(self, path: str) -> httpx.Response:
        return httpx.get(self.ready() + path, timeout=20)

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal; returns the exit status."""
        self.popen.send_signal(how)
        return self.ended()

    def ended(self) -> int:
        return self.popen.wait(60)


@dataclass(eq=False)
class Site:
    """An installation whose jobs only workers do. The engine of workers waits until `open`."""

    office: Office
    folder: Path
    environment: dict[str, str]
    processes: list[Process] = field(default_factory=list)

    @property
    def gate(self) -> Path:
        return self.folder / "gate"

    def open(self, windows: int = 1_000_000) -> None:
        """Let the engine of every worker hear that many windows, counted from its start."""
        (self.gate / "new").write_text(str(windows))
        (self.gate / "new").rename(self.gate / "open")

    def begun(self, process: Process | None = None) -> int:
        """How many windows engines have begun to hear."""
        who = "*" if process is None else process.popen.pid
        return len(list(self.gate.glob(f"begun-{who}-*")))

    def start(self, *arguments: str, through: Sequence[str] = (), **settings: object) -> Process:
        """Start `auricle worker`, or let the command `through` start it."""
        log = self.folder / f"worker-{len(self.processes)}.log"
        ours = {f"AURICLE_{name.upper()}": str(value) for name, value in settings.items()}
        command = [*through, sys.executable, str(PROGRAM), "worker", "--health-port", "0", *arguments]
        with log.open("w", encoding="utf-8") as output:
            popen = subprocess.Popen(
                command, env=self.environment | ours, stdout=output, stderr=output, text=True
            )
        self.processes.append(Process(popen, log))
        return self.processes[-1]

    def state(self, job: str) -> str:
        return self.office.job(job).state

    def done(self, job: str) -> None:
        """Wait until a job is done."""
        soon(lambda: self.state(job) in ("done", "failed", "dead"), "the job ends")
        assert self.state(job) == "done", self.office.job(job).error

    def close(self) -> None:
        for process in self.processes:
            process.popen.kill()
            process.popen.wait()
        self.office.database.close()


def open_site(folder: Path, database_url: str | None = None, **settings: object) -> Site:
    """An empty installation in `folder`."""
    url = database_url or f"sqlite:///{folder / 'auricle.db'}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "gate").mkdir()
    database = open_database(url)
    upgrade(database)
    database.close()
    known = {**QUICK, "part_length": 30, "part_limit": 45, **settings}
    ours = {f"AURICLE_{name.upper()}": str(value) for name, value in known.items()}
    environment = {
        **os.environ,
        **ours,
        "AURICLE_DATA_DIR": str(folder / "data"),
        "AURICLE_DATABASE_URL": url,
        "AURICLE_TEST_GATE": str(folder / "gate"),
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    return Site(open_office(folder / "data", FakeEngine(), url, **known), folder, environment)
