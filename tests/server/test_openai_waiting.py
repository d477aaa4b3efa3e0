"""Clients of OpenAI's routes that wait, leave, or hear in the middle that it cannot be."""

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from openai import APIError, OpenAI

from auricle.engines import Heard, Samples, SpeechOptions
from auricle.errors import EngineFailed
from auricle.jobs import work
from auricle.server.dialects import openai
from auricle.testing import CAPABILITIES, FakeEngine, say, write_wav
from auricle.transcript import Segment, Word
from live_server import LiveServer
from openai_wire import LONG, post
from services import wait_until

SPOKEN = " ".join(["Alpha bravo charlie delta echo foxtrot golf."] * 3)
#: How many an engine makes of it that takes five seconds at once.
WINDOWS = 3


class Gate:
    """Engines wait in front of each window until it is let in."""

    def __init__(self) -> None:
        self.begun = 0
        self._let_in = threading.Semaphore(0)

    def __call__(self, _: int) -> None:
        self.begun += 1
        assert self._let_in.acquire(timeout=LONG)

    def let_in(self, windows: int = 1_000_000) -> None:
        self._let_in.release(windows)


def engine(on_window: Callable[[int], None]) -> FakeEngine:
    return FakeEngine(on_window, replace(CAPABILITIES, window=5.0))


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """The engine of every server in this test waits for it."""
    gate = Gate()
    monkeypatch.setattr(work, "open_engine", lambda _: engine(gate))
    yield gate
    gate.let_in()


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    """SPOKEN."""
    return write_wav(tmp_path / "talk.wav", say(SPOKEN))


def begin(server: LiveServer, recording: Path, **fields: str) -> socket.socket:
    """A request whose answer nobody has read yet."""
    form = httpx.Request("POST", server.origin, files={"file": recording.read_bytes()}, data=fields)
    form.read()
    port = int(server.origin.rsplit(":", 1)[1])
    connection = socket.create_connection(("127.0.0.1", port), timeout=LONG)
    head = (
        "POST /v1/audio/transcriptions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Connection: close\r\n"
        f"Content-Type: {form.headers['content-type']}\r\nContent-Length: {len(form.content)}\r\n\r\n"
    )
    connection.sendall(head.encode() + form.content)
    return connection


class TestWaiting:
    @pytest.mark.parametrize("stream", ["true", "false"])
    def test_a_client_that_leaves_stops_its_own_work_and_nobody_elses(
        self,
        make_server: Callable[..., LiveServer],
        gate: Gate,
        talk: Path,
        tmp_path: Path,
        stream: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(openai, "PULSE", 0.1)
        server = make_server(interactive_slots=2)
        long_talk = write_wav(tmp_path / "long.wav", say(" ".join([SPOKEN] * 10)))
        with begin(server, long_talk, stream=stream):
            wait_until(lambda: gate.begun == 1, "the first request at work", LONG)
            stays = begin(server, talk, response_format="text")
            wait_until(lambda: gate.begun == 2, "the second request at work", LONG)
            assert server.service.desk.active == 2

        def first_is_gone() -> bool:
            gate.let_in(1)
            time.sleep(0.2)
            return server.service.desk.active == 1

        wait_until(first_is_gone, "the end of the first request", LONG)
        gate.let_in()
        with stays:
            answer = b"".join(iter(lambda: stays.recv(65_536), b""))
        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.endswith(f"{SPOKEN}\n".encode())
        wait_until(lambda: server.service.desk.active == 0, "nobody at work", LONG)
        assert gate.begun < WINDOWS * 10
        wait_until(lambda: list(server.service.place.folder.iterdir()) == [], "an empty folder", 10)

    def test_who_waits_for_a_stream_hears_of_the_queue(
        self, make_server: Callable[..., LiveServer], gate: Gate, talk: Path
    ) -> None:
        server = make_server(interactive_slots=1)
        with begin(server, talk):
            wait_until(lambda: gate.begun == 1, "the first request at work", LONG)
            waits = begin(server, talk, stream="true")
            with waits:
                told = b""
                while b": queued 1\n\n" not in told:
                    told += waits.recv(65_536)
                gate.let_in()
                while b"data: [DONE]\n\n" not in told:
                    told += waits.recv(65_536)
        assert b"transcript.text.done" in told

    def test_a_stream_in_which_nothing_happens_shows_that_it_lives(
        self, make_server: Callable[..., LiveServer], gate: Gate, talk: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(openai, "PULSE", 0.1)
        server = make_server()
        with begin(server, talk, stream="true") as waits:
            told = b""
            while told.count(b": listening\n\n") < 2:
                told += waits.recv(65_536)
            gate.let_in()
            while b"data: [DONE]\n\n" not in told:
                told += waits.recv(65_536)
        assert told.startswith(b"HTTP/1.1 200")
        assert told.count(b"transcript.text.done") == 1

    def test_where_too_many_wait_clients_hear_when_to_come_again(
        self, make_server: Callable[..., LiveServer], gate: Gate, talk: Path
    ) -> None:
        server = make_server(interactive_slots=1, interactive_queue=0)
        with begin(server, talk):
            wait_until(lambda: gate.begun == 1, "the first request at work", LONG)
            answer = post(server, talk)
            gate.let_in()
        assert (answer.status_code, answer.json()["error"]["code"]) == (429, "rate_limit_exceeded")
        assert int(answer.headers["retry-after"]) > 0

    def test_an_error_in_the_middle_of_a_stream_is_its_last_event(
        self, make_server: Callable[..., LiveServer], talk: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail_later(number: int) -> None:
            if number:
                raise EngineFailed("The engine lost its voice.")

        monkeypatch.setattr(work, "open_engine", lambda _: engine(fail_later))
        server = make_server()
        with OpenAI(base_url=f"{server.origin}/v1", api_key="none", max_retries=0) as client:
            stream = client.audio.transcriptions.create(file=talk, model="whisper-1", stream=True)
            assert next(stream).delta == "Alpha bravo charlie delta echo foxtrot golf."
            with pytest.raises(APIError, match="lost its voice"):
                list(stream)
        answer = post(server, talk)
        assert (answer.status_code, answer.json()["error"]["type"]) == (502, "server_error")

    def test_an_engine_that_is_never_sure_gives_no_logprobs(
        self, make_server: Callable[..., LiveServer], talk: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(work, "open_engine", lambda _: _Unsure())
        answer = post(make_server(), talk, ("include", "logprobs"))
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unsupported_option")


class _Unsure(FakeEngine):
    """Hears the same in everything, and does not say how surely."""

    def transcribe(self, windows: Iterable[Samples], options: SpeechOptions) -> Iterator[Heard]:
        self.calls.append(options)
        for number, _ in enumerate(windows):
            yield Heard(number, Segment(0.0, 1.0, "Hm.", (Word("Hm.", 0.0, 1.0),)))
