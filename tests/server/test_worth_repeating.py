"""What an answer says of the same request made again: never, or when."""

from collections.abc import Callable
from pathlib import Path

import httpx

from live_server import LiveServer


def told(answer: httpx.Response) -> tuple[int, bool, bool]:
    """The status, whether to try again, and whether it is said when."""
    return answer.status_code, answer.json()["retryable"], "retry-after" in answer.headers


def test_what_only_another_request_can_mend_is_not_worth_repeating(
    make_server: Callable[..., LiveServer], talk: Path
) -> None:
    server = make_server(gpu_workers=0, cpu_workers=0, quota_space=int(talk.stat().st_size * 1.5))
    assert server.client.post("/users", json={"name": "eve"}).status_code == 201
    assert told(server.client.post("/users", json={"name": "eve"})) == (409, False, False)
    job = server.upload(talk)["job"]["id"]
    with talk.open("rb") as file:
        assert told(server.client.post("/recordings", files={"file": file})) == (429, False, False)
    assert told(server.client.get(f"/jobs/{job}/transcript")) == (409, True, False)
    server.client.post(f"/jobs/{job}/cancel")
    assert told(server.client.get(f"/jobs/{job}/transcript")) == (409, False, False)


def test_too_many_unfinished_jobs_are_worth_a_short_wait(
    make_server: Callable[..., LiveServer], talk: Path
) -> None:
    server = make_server(gpu_workers=0, cpu_workers=0, max_open_jobs=1)
    recording = server.upload(talk)["recording"]["id"]
    assert told(server.client.post("/jobs", json={"recording_id": recording})) == (429, True, True)


def test_spent_minutes_are_worth_a_wait_until_midnight_and_too_few_are_not(
    make_server: Callable[..., LiveServer], talk: Path
) -> None:
    server = make_server()
    recording = server.transcribed(talk)
    wanted = {"recording_id": recording["id"], "from_stage": "transcribe"}
    server.client.patch("/users/local", json={"quota_minutes": recording["duration"] / 60 * 1.5})
    tomorrow = server.client.post("/jobs", json=wanted)
    assert told(tomorrow) == (429, True, True)
    assert 0 < int(tomorrow.headers["retry-after"]) <= 86_400
    server.client.patch("/users/local", json={"quota_minutes": recording["duration"] / 60 / 2})
    assert told(server.client.post("/jobs", json=wanted)) == (429, False, False)
