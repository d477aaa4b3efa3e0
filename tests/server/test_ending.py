"""How a server ends while somebody waits for an answer: every sender is told, and it ends with status 0."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from worker_process import PROGRAM, soon, speech


class Ending:
    """`auricle serve`, whose output is kept; `program` is run by Python in place of `auricle`."""

    def __init__(self, folder: Path, *program: str, **settings: object) -> None:
        known = {"data_dir": folder / "data", "device": "cpu", "min_free": 0, "port": 0, "threads": 1}
        wanted = {**known, "auth": "off", "log_format": "json", **settings}
        self._log = folder / "log"
        with self._log.open("w", encoding="utf-8") as log:
            self.popen = subprocess.Popen(
                [sys.executable, *program, "serve"],
                text=True,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, **{f"AURICLE_{name.upper()}": str(it) for name, it in wanted.items()}},
            )
        assert self.popen.stdout is not None
        self.client = httpx.Client(base_url=self.popen.stdout.readline().split()[3], timeout=120)

    @property
    def complaints(self) -> list[str]:
        """Lines of its output that are no events, and of these the names of those that are faults."""
        lines = self._log.read_text(encoding="utf-8").splitlines()
        read = [json.loads(line) if line.startswith("{") else {"event": line} for line in lines]
        return [event["event"] for event in read if event.get("level") not in ("info", "warning")]

    def count(self, name: str) -> float:
        lines = self.client.get("/metrics").text.splitlines()
        return float(next(line for line in lines if line.startswith(f"auricle_{name} ")).rpartition(" ")[2])

    def end(self) -> int:
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(120)

    def close(self) -> None:
        self.client.close()
        self.popen.kill()
        self.popen.wait()
        assert self.popen.stdout is not None
        self.popen.stdout.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Ending]]:
    with contextlib.ExitStack() as stack:
        yield lambda *program, **settings: stack.enter_context(
            contextlib.closing(Ending(tmp_path, *program, **settings))
        )


def transcription(server: Ending, file: Path) -> httpx.Response:
    with file.open("rb") as content:
        return server.client.post(
            "/v1/audio/transcriptions", files={"file": content}, data={"model": "whisper-1"}
        )


def asr(server: Ending, file: Path) -> httpx.Response:
    with file.open("rb") as content:
        return server.client.post("/asr", files={"audio_file": content})


def test_every_sender_is_told_that_the_server_ends(
    serve: Callable[..., Ending], talk: Path, tmp_path: Path
) -> None:
    """Nothing lets the engine go on: what hangs there keeps neither the answers nor the end waiting."""
    gate = tmp_path / "gate"
    gate.mkdir()
    server = serve(str(PROGRAM), interactive_slots=3, drain_timeout=1, test_gate=gate)
    with talk.open("rb") as content:
        job = server.client.post("/api/v1/recordings", files={"file": content}).json()["job"]["id"]
    over = threading.Event()

    def slowly() -> Iterator[bytes]:
        yield b"RIFF"
        over.wait(120)
        yield b"...."

    asked: list[Callable[[], httpx.Response]] = [
        *[lambda: transcription(server, talk)] * 2,
        *[lambda: asr(server, talk)] * 2,
        lambda: server.client.get(f"/api/v1/jobs/{job}/events"),
        lambda: server.client.put("/api/v1/recordings?filename=a.wav", content=slowly()),
    ]
    with ThreadPoolExecutor(len(asked)) as people:
        answers = [people.submit(one) for one in asked]
        soon(lambda: server.count("requests_in_flight") == len(asked) + 1, "all are being answered")
        soon(lambda: len(list(gate.glob("begun-*"))) == 4, "the job and three are being heard, one waits")
        assert server.end() == 0
        over.set()
        plain, also, first, second, events, slow = (answer.result() for answer in answers)
    error = plain.json()["error"]
    assert plain.status_code == also.status_code == 503
    assert (error["type"], error["code"]) == ("server_error", "draining")
    assert plain.headers["retry-after"]
    assert also.json() == plain.json()
    for answer in (first, second):
        assert (answer.status_code, answer.json()) == (503, {"detail": error["message"]})
    assert events.status_code == 200
    assert (slow.status_code, slow.json()["code"]) == (503, "draining")
    assert [said.split(",")[0] for said in server.complaints] == ["Cancel 1 running task(s)"]


def test_a_stream_that_has_begun_ends_with_an_error_event(
    serve: Callable[..., Ending], tiny_model: Path, tmp_path: Path
) -> None:
    """The engine is native code here, which may not be running any more when Python ends."""
    hour = speech(tmp_path / "hour.wav", minutes=60)
    server = serve("-m", "auricle", model=tiny_model)
    form = {"data": {"model": "whisper-1", "stream": "true"}}
    with (
        hour.open("rb") as content,
        server.client.stream(
            "POST", "/v1/audio/transcriptions", files={"file": content}, timeout=120, **form
        ) as answer,
    ):
        told = (line for line in answer.iter_lines() if line.startswith("data: "))
        assert "transcript.text.delta" in next(told)
        server.popen.send_signal(signal.SIGTERM)
        *_, last = told
    assert json.loads(last.removeprefix("data: "))["error"]["code"] == "draining"
    assert server.popen.wait(120) == 0
    assert not server.complaints
