"""Live progress as browsers and scripts see it."""

import contextlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from auricle.store.schema import Job
from auricle.testing import silence, write_wav
from live_server import LiveServer
from services import wait_until

AUTH = "on"


def events(server: LiveServer, path: str, last: str = "", **params: str) -> Iterator[tuple[str, str, Any]]:
    """(name, id, data) of every event until the stream ends."""
    headers = {"Last-Event-ID": last} if last else {}
    with server.client.stream("GET", path, headers=headers, params=params) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] in ("no-cache", "no-store")
        event: dict[str, str] = {}
        for line in answer.iter_lines():
            if line.startswith(":"):
                continue
            if line:
                name, _, value = line.partition(": ")
                event[name] = value
            elif event:
                yield event["event"], event["id"], json.loads(event["data"])
                event = {}


def test_a_job_is_followed_to_its_end(server: LiveServer, meeting: Path) -> None:
    job = server.upload(meeting)["job"]["id"]
    seen = list(events(server, f"/jobs/{job}/events"))
    assert {name for name, _, _ in seen} == {"job"}
    progress = [data["progress"] for _, _, data in seen]
    assert progress == sorted(progress)
    assert seen[-1][2]["state"] == "done"
    assert seen[-1][2] == server.client.get(f"/jobs/{job}").json()
    versions = [data["version"] for _, _, data in seen]
    assert versions == sorted(set(versions))


def test_a_stream_is_resumed_without_repeating_itself(
    make_server: Callable[..., LiveServer], tmp_path: Path
) -> None:
    server = make_server(gpu_workers=0, cpu_workers=0)
    file = write_wav(tmp_path / "a.wav", silence(1))
    jobs = [server.upload(file)["job"]["id"] for _ in range(2)]
    stream = events(server, "/events", jobs=",".join(jobs))
    first, second = next(stream), next(stream)
    assert {first[2]["id"], second[2]["id"]} == set(jobs)
    stream.close()
    server.client.post(f"/jobs/{jobs[1]}/cancel")
    resumed = events(server, "/events", last=second[1], jobs=",".join(jobs))
    name, _, data = next(resumed)
    assert (name, data["id"], data["state"]) == ("job", jobs[1], "cancelled")
    resumed.close()


def test_a_stream_of_a_job_that_has_ended_ends_wherever_it_is_resumed(
    server: LiveServer, meeting: Path
) -> None:
    job = server.upload(meeting)["job"]["id"]
    *_, (_, last, _) = events(server, f"/jobs/{job}/events")
    assert list(events(server, f"/jobs/{job}/events", last=last)) == []
    (again,) = events(server, f"/jobs/{job}/events", last=f"{job}:1")
    assert again[2]["state"] == "done"


def test_a_stream_of_a_job_that_is_deleted_ends(make_server: Callable[..., LiveServer], talk: Path) -> None:
    server = make_server(gpu_workers=0, cpu_workers=0)
    accepted = server.upload(talk)
    stream = events(server, f"/jobs/{accepted['job']['id']}/events")
    assert next(stream)[2]["state"] == "queued"
    recording = f"/recordings/{accepted['recording']['id']}"
    server.client.delete(recording, params={"forever": "true"}).raise_for_status()
    assert "queued" not in [data["state"] for _, _, data in stream]


def test_jobs_that_ended_while_nobody_listened_come_in_the_resumed_stream_of_all(
    make_server: Callable[..., LiveServer], talk: Path
) -> None:
    server = make_server(gpu_workers=0, cpu_workers=0, auth="on")
    job = server.upload(talk)["job"]["id"]
    stream = events(server, "/events")
    _, last, _ = next(stream)
    stream.close()
    server.client.post(f"/jobs/{job}/cancel").raise_for_status()
    with server.service.database.write() as session:
        session.get_one(Job, job).finished_at -= timedelta(minutes=1)
    resumed = events(server, "/events", last=last)
    assert next(resumed)[2]["state"] == "cancelled"
    resumed.close()
    with server.member("event-reader") as other:
        own = server.upload(talk, other)["job"]["id"]
        with other.stream("GET", "/events", headers={"Last-Event-ID": last}) as answer:
            first = next(line for line in answer.iter_lines() if line.startswith("data:"))
        assert json.loads(first.removeprefix("data:"))["id"] == own


def test_new_jobs_appear_in_the_stream_of_all(make_server: Callable[..., LiveServer], tmp_path: Path) -> None:
    server = make_server(gpu_workers=0, cpu_workers=0)
    file = write_wav(tmp_path / "a.wav", silence(1))
    seen: list[str] = []

    def follow() -> None:
        for _, _, data in events(server, "/events"):
            seen.append(data["id"])
            if len(seen) == 2:
                return

    jobs = [server.upload(file)["job"]["id"]]
    thread = threading.Thread(target=follow)
    thread.start()
    wait_until(lambda: seen == jobs, "the first job", 10)
    jobs.append(server.upload(file)["job"]["id"])
    thread.join(10)
    assert seen == jobs


def test_nobody_watches_what_is_not_theirs(server: LiveServer, talk: Path) -> None:
    job = server.upload(talk)["job"]["id"]
    with server.member("event-stranger") as stranger:
        assert stranger.get(f"/jobs/{job}/events").status_code == 404
        assert stranger.get("/events", params={"jobs": job}).status_code == 404


def test_a_slow_reader_gets_the_newest_state_and_holds_up_nobody(
    make_server: Callable[..., LiveServer], meeting: Path
) -> None:
    server = make_server()
    job = server.upload(meeting)["job"]["id"]
    with server.client.stream("GET", f"/jobs/{job}/events") as slow:
        assert list(events(server, f"/jobs/{job}/events"))[-1][2]["state"] == "done"
        text = "".join(slow.iter_text())
    assert '"state":"done"' in text.replace(" ", "")


def test_a_server_that_ends_ends_its_streams_at_once(
    make_server: Callable[..., LiveServer], talk: Path
) -> None:
    server = make_server(gpu_workers=0, cpu_workers=0)
    job = server.upload(talk)["job"]["id"]
    ended = threading.Event()

    def follow() -> None:
        try:
            for _ in events(server, f"/jobs/{job}/events"):
                pass
        except httpx.HTTPError:
            pass
        ended.set()

    threading.Thread(target=follow).start()
    time.sleep(0.5)
    server.app.state.watch.stop()
    assert ended.wait(5)


def test_a_job_that_ends_between_two_looks_is_told_of(
    make_server: Callable[..., LiveServer], tmp_path: Path
) -> None:
    server = make_server(gpu_workers=0, cpu_workers=0)
    file = write_wav(tmp_path / "a.wav", silence(1))
    watched = server.upload(file)["job"]["id"]
    stream = events(server, "/events")
    assert next(stream)[2]["id"] == watched
    brief = [server.upload(file)["job"]["id"] for _ in range(3)]
    for job in brief:
        server.client.post(f"/jobs/{job}/cancel")
    ended = set()
    for _, _, data in stream:
        if data["state"] == "cancelled":
            ended.add(data["id"])
        if ended == set(brief):
            break


def test_a_look_finds_its_jobs_by_an_index_and_forgets_those_that_have_ended(
    make_server: Callable[..., LiveServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auricle.server.events._ENDED_LATELY", timedelta(seconds=2))
    server = make_server(gpu_workers=0, cpu_workers=0)
    file = write_wav(tmp_path / "a.wav", silence(1))
    kept, *brief = (server.upload(file)["job"]["id"] for _ in range(4))
    told = {}

    def follow() -> None:
        with contextlib.suppress(httpx.HTTPError):
            for _, _, data in events(server, "/events"):
                told[data["id"]] = data["state"]

    threading.Thread(target=follow, daemon=True).start()
    wait_until(lambda: len(told) == 4, "the present states")
    for job in brief:
        server.client.post(f"/jobs/{job}/cancel")
    wait_until(lambda: [told[job] for job in brief] == ["cancelled"] * 3, "the ends")
    asked: list[tuple[str, Any]] = []

    def keep(_connection: Any, _cursor: Any, sql: str, parameters: Any, *_: Any) -> None:
        asked.append((sql, parameters))

    def looked_at_only_one() -> bool:
        return any("sum(task.version)" in sql and parameters[1:] == (kept,) for sql, parameters in asked)

    event.listen(server.service.database.reader, "after_cursor_execute", keep)
    wait_until(looked_at_only_one, "a look at the one job that goes on", 20)
    event.remove(server.service.database.reader, "after_cursor_execute", keep)
    finding = {sql: parameters for sql, parameters in asked if "LIMIT" in sql}
    assert len(finding) == 2
    with server.service.database.reader.connect() as connection:
        for sql, parameters in finding.items():
            (plan, *_) = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters).all()
            assert re.search("USING INDEX ix_(task_owner|job_state)", plan.detail)
    server.client.post(f"/jobs/{brief[0]}/retry")
    wait_until(lambda: told[brief[0]] == "queued", "the job that is tried again", 20)


def test_a_job_that_ends_while_somebody_joins_is_told_to_them_as_well(
    make_server: Callable[..., LiveServer], tmp_path: Path
) -> None:
    server = make_server(gpu_workers=0, cpu_workers=0)
    file = write_wav(tmp_path / "a.wav", silence(1))
    job, other = (server.upload(file)["job"]["id"] for _ in range(2))
    first, last = [], []
    read, go_on = threading.Event(), threading.Event()

    def follow(jobs: str, states: list[str]) -> None:
        with contextlib.suppress(httpx.HTTPError):
            for _, _, data in events(server, "/events", jobs=jobs):
                if data["id"] == job:
                    states.append(data["state"])

    def hold(_connection: Any, _cursor: Any, _sql: str, parameters: Any, *_: Any) -> None:
        if {job, other} <= set(parameters) and not read.is_set():
            read.set()
            go_on.wait(60)

    threading.Thread(target=follow, args=(job, first), daemon=True).start()
    wait_until(lambda: first == ["queued"], "the first reader")
    event.listen(server.service.database.reader, "after_cursor_execute", hold)
    try:
        threading.Thread(target=follow, args=(f"{job},{other}", last), daemon=True).start()
        assert read.wait(30)
        server.client.post(f"/jobs/{job}/cancel")
        wait_until(lambda: first[-1] == "cancelled", "the end, for who was there before")
    finally:
        go_on.set()
    wait_until(lambda: last[-1:] == ["cancelled"], "the end, for who came meanwhile", 20)
