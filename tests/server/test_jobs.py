"""Jobs over HTTP: asking, watching, stopping, trying again."""

import io
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import update

from auricle.jobs import chores
from auricle.jobs.chores import Round
from auricle.jobs.reconcile import reconcile
from auricle.store.schema import Task
from auricle.testing import say, silence, write_wav
from live_server import LiveServer
from services import wait_until


def test_a_job_can_be_asked_for_again_and_the_key_says_it_is_the_same(
    server: LiveServer, meeting: Path
) -> None:
    recording = server.transcribed(meeting)["id"]
    wanted = {"recording_id": recording, "options": {"word_times": False}, "priority": "high"}
    first = server.client.post("/jobs", json=wanted, headers={"Idempotency-Key": "a"})
    again = server.client.post("/jobs", json=wanted, headers={"Idempotency-Key": "a"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert first.json()["priority"] == 10
    other = server.client.post("/jobs", json={"recording_id": recording}, headers={"Idempotency-Key": "a"})
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    done = server.wait(first.json()["id"])
    assert done["options"]["word_times"] is False
    versions = server.client.get(f"/recordings/{recording}/transcripts").json()["items"]
    assert [one["number"] for one in versions] == [2, 1]


def test_a_rerun_hears_only_what_it_has_to(server: LiveServer, meeting: Path) -> None:
    accepted = server.upload(meeting)
    first = server.wait(accepted["job"]["id"])
    again = server.client.post(f"/jobs/{first['id']}/rerun").json()
    server.wait(again["id"])
    fresh = server.client.post(f"/jobs/{first['id']}/rerun", json={"from_stage": "transcribe"}).json()
    server.wait(fresh["id"])

    def made(job: str) -> set[str]:
        """Where the parts' results lie: the same place means that they were taken over."""
        with server.service.database.read() as session:
            tasks = session.query(Task).where(Task.job_id == job, Task.stage == "transcribe")
            return {task.result["blobs"]["segments"] for task in tasks}

    assert made(again["id"]) == made(first["id"])
    assert made(fresh["id"]).isdisjoint(made(first["id"]))
    refused = server.client.post(f"/jobs/{first['id']}/rerun", json={"from_stage": "dance"})
    assert (refused.status_code, "prepare" in refused.json()["detail"]) == (400, True)


def test_what_fails_says_why_and_can_be_tried_again(
    make_server: Callable[..., LiveServer], meeting: Path
) -> None:
    server = make_server(gpu_workers=0)
    accepted = server.upload(meeting)
    recording, job = accepted["recording"]["id"], accepted["job"]["id"]
    while server.client.get(f"/jobs/{job}").json()["stage"] == "prepare":
        time.sleep(0.02)
    (blob, *_) = [one.key for one in server.service.storage.blobs() if one.key.endswith("prepared.json")]
    with server.service.storage.open(blob) as file:
        content = file.read()
    server.service.storage.delete(blob)
    assert server.service.crew is not None
    server.service.crew.hire(["gpu"])
    failed = server.wait(job)
    assert failed["state"] == "failed"
    assert failed["error"]["stage"] == "language"
    (listed,) = server.client.get("/recordings").json()["items"]
    assert (listed["state"], listed["error"]) == ("failed", failed["error"])
    assert server.client.get(f"/jobs/{job}/transcript").status_code == 409
    server.service.storage.put(blob, io.BytesIO(content))
    server.client.delete(f"/recordings/{recording}").raise_for_status()
    assert server.client.post(f"/jobs/{job}/retry").status_code == 404
    server.client.post(f"/recordings/{recording}/restore").raise_for_status()
    assert server.client.post(f"/jobs/{job}/retry").status_code == 200
    assert server.wait(job)["state"] == "done"
    assert server.client.post(f"/jobs/{job}/retry").status_code == 409
    shown = server.client.get(f"/recordings/{recording}").json()
    assert (shown["state"], shown["error"]) == ("done", None)


def test_a_waiting_job_knows_its_place_and_can_be_cancelled(
    make_server: Callable[..., LiveServer], tmp_path: Path
) -> None:
    server = make_server(gpu_workers=0, cpu_workers=0)
    files = [write_wav(tmp_path / f"{n}.wav", silence(1 + n / 10)) for n in range(3)]
    jobs = [server.upload(file)["job"]["id"] for file in files]
    places = [server.client.get(f"/jobs/{job}").json()["position"] for job in jobs]
    assert places == [1, 2, 3]
    assert server.client.post(f"/jobs/{jobs[0]}/cancel").json()["state"] == "cancelled"
    assert server.client.post(f"/jobs/{jobs[0]}/cancel").json()["state"] == "cancelled"
    assert server.client.get(f"/jobs/{jobs[1]}").json()["position"] == 1
    assert [one["id"] for one in server.client.get("/jobs", params={"state": "queued"}).json()["items"]] == [
        jobs[2],
        jobs[1],
    ]


def test_jobs_come_in_pages(make_server: Callable[..., LiveServer], tmp_path: Path) -> None:
    server = make_server(gpu_workers=0, cpu_workers=0)
    file = write_wav(tmp_path / "a.wav", silence(1))
    jobs = [server.upload(file)["job"]["id"] for _ in range(5)]
    first = server.client.get("/jobs", params={"limit": 3}).json()
    second = server.client.get("/jobs", params={"limit": 3, "cursor": first["next"]}).json()
    assert [one["id"] for one in first["items"] + second["items"]] == jobs[::-1]
    assert second["next"] is None


def test_too_many_unfinished_jobs_are_refused(make_server: Callable[..., LiveServer], tmp_path: Path) -> None:
    server = make_server(gpu_workers=0, cpu_workers=0, max_open_jobs=1)
    recording = server.upload(write_wav(tmp_path / "a.wav", silence(1)))["recording"]["id"]
    refused = server.client.post("/jobs", json={"recording_id": recording})
    assert (refused.status_code, refused.json()["code"]) == (429, "quota_exceeded")
    assert refused.headers["retry-after"]


def test_segments_come_while_a_job_runs_and_are_not_repeated(server: LiveServer, speech: Path) -> None:
    longest = max(speech.glob("*.flac"), key=lambda file: file.stat().st_size)
    job = server.upload(longest)["job"]["id"]
    seen, after, calls = [], "", 0
    while True:
        answer = server.client.get(f"/jobs/{job}/segments", params={"after": after}).json()
        seen += [(one["part"], one["start"], one["text"]) for one in answer["segments"]]
        assert answer["reset"] == []
        after = answer["next"]
        calls += bool(answer["segments"])
        if answer["final"]:
            break
        time.sleep(0.05)
    assert len(seen) == len(set(seen))
    transcript = server.client.get(f"/jobs/{job}/transcript").json()
    assert " ".join(text for *_, text in sorted(seen)).split() == transcript["text"].split()
    wrong = server.client.get(f"/jobs/{job}/segments", params={"after": "x"})
    assert wrong.status_code == 400


def test_a_part_begun_anew_tells_readers_to_forget_it(
    make_server: Callable[..., LiveServer], meeting: Path
) -> None:
    server = make_server()
    job = server.upload(meeting)["job"]["id"]
    server.wait(job)
    before = server.client.get(f"/jobs/{job}/segments").json()
    assert before["segments"]
    with server.service.database.write() as session:
        session.execute(
            update(Task)
            .where(Task.job_id == job, Task.stage == "transcribe")
            .values(attempt=Task.attempt + 1)
        )
    answer = server.client.get(f"/jobs/{job}/segments", params={"after": before["next"]}).json()
    assert (answer["reset"], answer["segments"]) == ([0], [])


def test_tasks_show_who_does_what(server: LiveServer, meeting: Path) -> None:
    job = server.upload(meeting)["job"]["id"]
    server.wait(job)
    tasks = server.client.get(f"/jobs/{job}/tasks").json()["items"]
    assert [task["stage"] for task in tasks] == ["prepare", "language", "transcribe", "assemble"]
    assert {task["state"] for task in tasks} == {"done"}
    assert all(task["finished_at"].endswith("Z") for task in tasks)


def test_what_an_earlier_job_heard_is_told_again(server: LiveServer, meeting: Path) -> None:
    first, second = (server.upload(meeting)["job"]["id"] for _ in range(2))
    heard = []
    for job in (first, second):
        server.wait(job)
        heard.append(server.client.get(f"/jobs/{job}/segments").json()["segments"])
    assert heard[0] == heard[1] != []


def test_every_export_format_comes_with_its_options(server: LiveServer, meeting: Path) -> None:
    recording = server.transcribed(meeting)
    for form in server.client.get("/formats").json():
        answer = server.client.get(f"/jobs/{recording['job_id']}/transcript", params={"format": form["name"]})
        assert answer.status_code == 200, form["name"]
        assert answer.headers["content-type"].split(";")[0] == form["media_type"].split(";")[0]
        assert answer.content
    path = f"/recordings/{recording['id']}/transcript"
    timed = server.client.get(path, params={"format": "txt", "times": "yes"})
    assert timed.text.startswith("[0")
    wrong = server.client.get(path, params={"format": "srt", "max_lin": "3"})
    assert (wrong.status_code, "max_line" in wrong.json()["detail"]) == (400, True)
    assert server.client.get(path, params={"format": "xyz"}).status_code == 400


def test_a_reconciler_beside_the_workers_does_no_harm(server: LiveServer, meeting: Path) -> None:
    job = server.upload(meeting)["job"]["id"]
    for _ in range(20):
        reconcile(server.service.database, server.service.broker)
    assert server.wait(job)["state"] == "done"
    assert {task["attempt"] for task in server.client.get(f"/jobs/{job}/tasks").json()["items"]} == {1}


def test_a_server_that_stops_hands_tasks_back_and_waits_for_no_long_chore(
    make_server: Callable[..., LiveServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, finished = Event(), Event()

    def long(*_: object) -> dict[str, int]:
        begun.set()
        finished.wait(120)
        return {}

    monkeypatch.setattr(chores, "CHORES", (Round("long", 3600, long),))
    try:
        server = make_server(drain_timeout=5)
        job = server.upload(write_wav(tmp_path / "a.wav", silence(2)))["job"]["id"]
        assert begun.wait(30)
        assert server.wait(job)["state"] == "done", "a long chore holds up no task"
        waits = server.upload(write_wav(tmp_path / "b.wav", say("Alpha bravo. " * 40)))["job"]["id"]
        wait_until(lambda: server.client.get(f"/jobs/{waits}").json()["state"] == "running", "the task")
        server.stop()
        # The folder is free again, and what was handed back is done at once, not when a lease has run out.
        after = make_server(data_dir=server.settings.data_dir)
        assert after.wait(waits)["state"] == "done"
        tasks = after.client.get(f"/jobs/{waits}/tasks").json()["items"]
        assert {task["losses"] for task in tasks} == {0}
    finally:
        finished.set()
