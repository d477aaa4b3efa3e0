"""What the log says of requests, and of jobs from upload to export; what never gets into it."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from structlog.testing import capture_logs

from live_server import LiveServer
from worker_process import soon

NASTY = "a\nb\x1b[2K\u202ec"


@dataclass(eq=False)
class Process:
    """`auricle serve`, which logs into a file."""

    popen: "subprocess.Popen[str]"
    log: Path
    client: httpx.Client

    @property
    def text(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def events(self, name: str | None = None) -> list[dict[str, Any]]:
        read = [json.loads(line) for line in self.text.splitlines() if line.startswith("{")]
        return [event for event in read if name in (None, event["event"])]

    def end(self) -> int:
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(60)

    def upload(self, file: Path, request: str) -> str:
        """Upload under this name; returns the id of the job once it is done."""
        with file.open("rb") as content:
            answer = self.client.post(
                "/api/v1/recordings", files={"file": content}, headers={"X-Request-ID": request}
            )
        return self.done(answer)

    def done(self, answer: httpx.Response) -> str:
        document = answer.raise_for_status().json()
        job = str(document.get("job", document)["id"])
        soon(lambda: self.client.get(f"/api/v1/jobs/{job}").json()["state"] == "done", "the job is done")
        return job


@pytest.fixture
def serve(tmp_path: Path, tiny_model: Path) -> Iterator[Callable[..., Process]]:
    """Starts a server that logs what it does."""
    with contextlib.ExitStack() as stack:

        def start(**settings: object) -> Process:
            known = {"data_dir": tmp_path / "data", "model": tiny_model, "device": "cpu", "min_free": 0}
            wanted = {**known, "auth": "off", "log_format": "json", "port": 0, **settings}
            log = stack.enter_context((tmp_path / "log").open("w", encoding="utf-8"))
            popen = subprocess.Popen(
                [sys.executable, "-m", "auricle", "serve"],
                text=True,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, **{f"AURICLE_{name.upper()}": str(it) for name, it in wanted.items()}},
            )
            stack.callback(popen.wait)
            stack.callback(popen.kill)
            assert popen.stdout is not None
            stack.callback(popen.stdout.close)
            origin = popen.stdout.readline().split()[3]
            client = stack.enter_context(httpx.Client(base_url=origin, timeout=60))
            return Process(popen, tmp_path / "log", client)

        yield start


def test_one_search_finds_a_job_from_upload_to_export(serve: Callable[..., Process], meeting: Path) -> None:
    server = serve()
    job = server.upload(meeting, "r-17")
    server.client.get(f"/api/v1/jobs/{job}/transcript?format=srt", headers={"X-Request-ID": "r-18"})
    server.client.post("/api/v1/exports", json=exports_of(server, job))
    server.client.get(f"/api/v1/jobs/{job}/transcript?format=pdf&preview=true")
    assert server.end() == 0
    mine = [event for event in server.events() if event.get("request") == "r-17"]
    names = [event["event"] for event in mine]
    # The upload's own event comes when its answer is sent, at any moment from the second on.
    names.remove("request")
    assert names[0] == "recording_accepted"
    assert set(names[1:-1]) == {"task_done"}
    assert names[-1] == "job_done"
    assert {event["job"] for event in mine if event["event"] != "request"} == {job}
    stages = [event["stage"] for event in mine if event["event"] == "task_done"]
    assert (stages[0], stages[-1]) == ("prepare", "assemble")
    assert all(event["task"] and event["attempt"] == 1 for event in mine if event["event"] == "task_done")
    one, many = server.events("transcript_exported")
    assert (one["job"], one["format"], one["request"]) == (job, "srt", "r-18")
    assert (many["job"], many["format"]) == (job, ["txt", "vtt"])
    (seen,) = server.events("transcript_read")
    assert (seen["job"], seen["format"]) == (job, "pdf")


def exports_of(server: Process, job: str) -> dict[str, Any]:
    recording = server.client.get(f"/api/v1/jobs/{job}").json()["recording_id"]
    return {"recording_ids": [recording], "formats": ["txt", "vtt"]}


def test_a_job_knows_its_request_whichever_way_it_came(serve: Callable[..., Process], meeting: Path) -> None:
    server = serve()
    content = meeting.read_bytes()
    first = server.upload(meeting, "form")

    def ask(method: str, path: str, request: str, **how: Any) -> httpx.Response:
        return server.client.request(method, f"/api/v1{path}", headers={"X-Request-ID": request}, **how)

    server.done(ask("PUT", "/recordings?filename=a.flac", "body", content=content))
    upload = ask("POST", "/uploads", "begin", json={"filename": "b.flac", "size": len(content)}).json()["id"]
    ask("PUT", f"/uploads/{upload}/parts/1", "part", content=content)
    server.done(ask("POST", f"/uploads/{upload}/complete", "complete"))
    recording = server.client.get(f"/api/v1/jobs/{first}").json()["recording_id"]
    server.done(ask("POST", "/jobs", "asked", json={"recording_id": recording}))
    server.done(ask("POST", f"/jobs/{first}/rerun", "rerun", json={"from_stage": "assemble"}))
    assert server.end() == 0
    requests = {event["request"] for event in server.events("job_done")}
    assert requests == {"form", "body", "complete", "asked", "rerun"}
    assert {event["request"] for event in server.events("job_queued")} == {"asked", "rerun"}


def test_a_request_is_one_event_and_probes_are_none(serve: Callable[..., Process]) -> None:
    server = serve()
    for path in ("/health", "/health/live", "/health/ready", "/metrics"):
        assert server.client.get(path).is_success, path
    server.client.post("/api/v1/jobs?limit=1", json={"recording_id": "none"})
    assert server.end() == 0
    (event,) = server.events("request")
    assert event.pop("ms") > 0
    assert event.pop("received") == len('{"recording_id":"none"}')
    assert {name: event[name] for name in ("method", "path", "route", "status", "client", "user")} == {
        "method": "POST",
        "path": "/api/v1/jobs",
        "route": "/api/v1/jobs",
        "status": 404,
        "client": "127.0.0.1",
        "user": "local",
    }


@pytest.mark.parametrize("form", ["text", "json"])
def test_nobody_writes_lines_of_their_own_into_the_log(
    serve: Callable[..., Process], form: str, meeting: Path
) -> None:
    server = serve(log_format=form)
    server.client.get("/a%0a2026-01-01%20forged%1b%5b2K%e2%80%ae")
    server.client.get("/health%0aforged", headers={"User-Agent": "forged\x1b[2K", "X-Request-ID": "a b"})
    name = NASTY.replace("\n", "%0A").replace("\x1b", "%1B")
    server.client.put(
        "/api/v1/recordings", params={"filename": NASTY, "title": NASTY}, content=meeting.read_bytes()
    )
    server.client.put("/api/v1/recordings", params={"filename": name}, content=b"no audio at all" * 100)
    server.client.post("/api/v1/users", json={"name": NASTY})
    assert server.end() == 0
    assert "forged" in server.text
    assert not {"\x1b", "\u202e", "\r"} & set(server.text)
    assert not any(line.startswith(("2026-01-01 forged", "b", "forged")) for line in server.text.splitlines())


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_people_prove_themselves_with_is_not_in_the_log(
    serve: Callable[..., Process], form: str
) -> None:
    server = serve(auth="on", log_format=form, log_level="debug")
    secret = "opensesame" * 4 + "abc"
    key = f"auricle_abcd1234_{secret}"
    for headers in (
        {"Authorization": f"Bearer {key}"},
        {"Authorization": f"Bearer {secret}"},
        {"Authorization": f"Basic {secret}"},
        {"X-API-Key": key},
        {"Cookie": f"auricle={secret}; __Host-auricle={secret}"},
        {"X-Request-ID": key},
    ):
        server.client.get("/api/v1/users/me", headers=headers)
    for query in (f"key={secret}", f"api_key={key}", f"token={secret}", f"X-Amz-Signature={secret}"):
        server.client.get(f"/api/v1/recordings?{query}")
    server.client.get(f"/setup?token={secret}#{secret}")
    server.client.post("/api/v1/session", json={"name": "local", "password": secret})
    assert server.end() == 0
    assert "opensesame" not in server.text
    assert "users/me" in server.text


def test_the_set_up_link_is_for_the_terminal_alone(serve: Callable[..., Process]) -> None:
    server = serve(auth="on")
    assert server.popen.stdout is not None
    server.popen.stdout.readline()
    link = server.popen.stdout.readline().strip()
    assert "/setup#" in link
    assert server.end() == 0
    assert link.rpartition("#")[2] not in server.text


def test_requests_that_run_are_answered_before_the_server_ends(
    serve: Callable[..., Process], meeting: Path
) -> None:
    server = serve()
    content = meeting.read_bytes()
    address = (server.client.base_url.host, server.client.base_url.port)
    with socket.create_connection(address, timeout=60) as connection:
        head = (
            "PUT /api/v1/recordings?filename=a.flac&transcribe=false HTTP/1.1\r\n"
            f"Host: 127.0.0.1\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n"
        )
        connection.sendall(head.encode() + content[:1000])
        soon(lambda: in_flight(server) == 2, "the upload has begun")
        server.popen.send_signal(signal.SIGTERM)
        soon(lambda: refuses(address), "nobody else is let in")
        connection.sendall(content[1000:])
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b" 201 Created\r\n" in answer
    assert server.popen.wait(60) == 0
    assert {event["level"] for event in server.events()} == {"info"}


def in_flight(server: Process) -> float:
    lines = server.client.get("/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith("auricle_requests_in_flight ")).split()[1])


def refuses(address: tuple[str, int | None]) -> bool:
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        return True
    return False


@pytest.mark.parametrize("given", ["r-1", "A.b_c-9", "x" * 64])
def test_a_request_keeps_the_name_it_came_with(server: LiveServer, given: str) -> None:
    assert server.client.get("/info", headers={"X-Request-ID": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "a\tb", "a;b", "<script>"])
def test_a_name_that_is_none_is_replaced(server: LiveServer, given: str) -> None:
    names = {
        server.client.get("/info", headers={"X-Request-ID": given}).headers["x-request-id"] for _ in range(2)
    }
    assert len(names) == 2
    assert all(len(name) == 16 for name in names)


def test_every_answer_says_that_it_is_not_to_be_kept_or_guessed_at(server: LiveServer) -> None:
    for path in ("/api/v1/info", "/nothing", "/health", "/api/v1/jobs/none"):
        headers = httpx.get(server.origin + path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"


def test_what_nobody_caught_is_logged_once_under_the_name_of_its_request(
    make_server: Callable[..., LiveServer],
) -> None:
    server = make_server()

    @server.app.get("/crash")
    def crash() -> None:
        raise ZeroDivisionError("a fault of ours")

    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as events:
        answer = httpx.get(f"{server.origin}/crash", headers={"X-Request-ID": "r-9"})
        soon(lambda: any(event["event"] == "request" for event in events), "the request is logged")
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert "fault of ours" not in answer.text
    assert answer.headers["x-request-id"] == "r-9"
    mine = [event for event in events if event.get("request") == "r-9"]
    assert [event["event"] for event in mine] == ["request_crashed", "request"]
    assert isinstance(mine[0]["exc_info"], ZeroDivisionError)
    assert (mine[1]["status"], mine[1]["route"]) == (500, "/crash")


def test_a_client_that_goes_away_is_told_apart(make_server: Callable[..., LiveServer]) -> None:
    server = make_server()
    address = ("127.0.0.1", httpx.URL(server.origin).port)
    with capture_logs() as events:
        with socket.create_connection(address) as connection:
            connection.sendall(
                b"PUT /api/v1/recordings?filename=a.flac HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                b"Content-Length: 100000\r\n\r\nfLaC"
            )
        soon(lambda: [event for event in events if event["event"] == "request"], "the request has ended")
    (event,) = (event for event in events if event["event"] == "request")
    assert event["status"] == 499
