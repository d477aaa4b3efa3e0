"""How much, and how often: rate limits and quotas, asked for by many at once."""

import concurrent.futures
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from auricle.testing import say, write_wav
from live_server import LiveServer


def test_of_fifty_clients_at_once_exactly_as_many_get_through_as_may(
    make_server: Callable[..., LiveServer],
) -> None:
    server = make_server(auth="on", rate_limit="40/minute")
    headers = {"Authorization": f"Bearer {server.key('local')}"}

    def ask(_: int) -> httpx.Response:
        return httpx.get(f"{server.url}/users/me", headers=headers, timeout=60)

    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(ask, range(100)))
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(200), statuses.count(429)) == (40, 60)
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["code"] == "rate_limited"
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert server.client.get("/users/me").status_code == 200  # another key has its own count


def test_the_parts_of_an_upload_do_not_count(make_server: Callable[..., LiveServer]) -> None:
    server = make_server(auth="on", rate_limit="5/hour")
    upload = server.client.post("/uploads", json={"filename": "a.wav", "size": 100}).json()["id"]
    for _ in range(12):
        assert server.client.put(f"/uploads/{upload}/parts/1", content=b"x" * 100).status_code == 200
    statuses = [server.client.get("/users/me").status_code for _ in range(5)]
    assert statuses == [200] * 4 + [429]


def test_without_sign_in_a_limit_counts_by_address_where_one_is_set(
    make_server: Callable[..., LiveServer],
) -> None:
    server = make_server(auth="off", rate_limit="3/hour")
    assert [server.client.get("/users/me").status_code for _ in range(5)] == [200] * 3 + [429] * 2
    assert httpx.get(f"{server.origin}/health/live").status_code == 200


def test_the_openai_routes_say_too_many_in_their_own_words(make_server: Callable[..., LiveServer]) -> None:
    server = make_server(auth="on", rate_limit="1/hour")
    headers = {"Authorization": f"Bearer {server.key('local')}"}
    answers = [httpx.get(f"{server.origin}/v1/models", headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert answers[1].json()["error"]["code"] == "rate_limit_exceeded"


def test_space_that_is_used_up_is_said_before_anything_is_kept(
    make_server: Callable[..., LiveServer], tmp_path: Path
) -> None:
    server = make_server(auth="on", quota_space=100_000)
    small = write_wav(tmp_path / "small.wav", say("Alpha bravo."))
    kept = server.upload(small)["recording"]
    assert kept["size"] < 100_000 < 2 * kept["size"]
    with small.open("rb") as file:
        refused = server.client.post("/recordings", files={"file": ("again.wav", file)})
    assert (refused.status_code, refused.json()["code"]) == (429, "quota_exceeded")
    assert len(server.client.get("/recordings").json()["items"]) == 1
    me = server.client.get("/users/me").json()
    assert (me["space"], me["quota"]["space"]) == (kept["size"], 100_000)
    assert server.client.patch("/users/local", json={"quota_space": 1_000_000}).status_code == 200
    server.upload(small)


def test_an_upload_in_parts_is_refused_before_its_first_part(
    make_server: Callable[..., LiveServer],
) -> None:
    server = make_server(auth="on", quota_space=1000)
    refused = server.client.post("/uploads", json={"filename": "a.wav", "size": 1001})
    assert (refused.status_code, refused.json()["code"]) == (429, "quota_exceeded")


def test_a_days_minutes_are_counted_and_then_refused(
    make_server: Callable[..., LiveServer], tmp_path: Path
) -> None:
    server = make_server(auth="on", quota_minutes=0.05)
    talk = write_wav(tmp_path / "talk.wav", say("Alpha bravo."))
    server.transcribed(talk)
    long = server.upload(write_wav(tmp_path / "long.wav", say("Alpha bravo charlie delta echo. " * 3)))
    job = server.wait(long["job"]["id"])
    assert (job["state"], job["error"]["code"]) == ("failed", "quota_exceeded")
    assert "minutes of audio" in job["error"]["message"]
    server.client.patch("/users/local", json={"quota_minutes": 10})
    server.client.post(f"/jobs/{job['id']}/retry")
    assert server.wait(job["id"])["state"] == "done"


def test_a_recording_longer_than_a_days_minutes_is_not_put_off_until_tomorrow(
    make_server: Callable[..., LiveServer], tmp_path: Path
) -> None:
    server = make_server(auth="on", quota_minutes=0.1)
    long = write_wav(tmp_path / "long.wav", say("Alpha bravo charlie delta echo. " * 5))
    error = server.wait(server.upload(long)["job"]["id"])["error"]
    assert error["code"] == "quota_exceeded"
    assert error["message"] == (
        "This recording is 0.3 minutes long, more than the 0.1 minutes of audio you may have transcribed in "
        "a day: ask an admin for more, or send it in shorter pieces."
    )


def test_who_may_have_nothing_transcribed_is_not_put_off_until_tomorrow(
    make_server: Callable[..., LiveServer], talk: Path
) -> None:
    server = make_server(auth="on", quota_minutes=0)
    with talk.open("rb") as file:
        refused = server.client.post("/recordings", files={"file": file})
    assert (refused.status_code, refused.json()["code"]) == (429, "quota_exceeded")
    assert refused.json()["detail"] == "You may have no audio transcribed: ask an admin for minutes."


def test_the_interactive_routes_count_the_same_minutes(
    make_server: Callable[..., LiveServer], tmp_path: Path
) -> None:
    server = make_server(auth="on", quota_minutes=0.03)
    talk = write_wav(tmp_path / "talk.wav", say("Alpha bravo."))
    headers = {"Authorization": f"Bearer {server.key('local')}"}

    def ask() -> httpx.Response:
        with talk.open("rb") as file:
            return httpx.post(
                f"{server.origin}/v1/audio/transcriptions",
                headers=headers,
                files={"file": ("talk.wav", file)},
                data={"model": "whisper-1"},
                timeout=60,
            )

    statuses = [ask().status_code for _ in range(4)]
    assert statuses[0] == 200
    assert statuses[-1] == 429


@pytest.mark.parametrize("limit", [1, 2])
def test_one_persons_open_jobs_may_be_limited(
    make_server: Callable[..., LiveServer], tmp_path: Path, limit: int
) -> None:
    server = make_server(auth="on", gpu_workers=0, cpu_workers=0)
    talk = write_wav(tmp_path / "talk.wav", say("Alpha bravo."))
    server.client.patch("/users/local", json={"max_open_jobs": limit})
    for _ in range(limit):
        server.upload(talk)
    with talk.open("rb") as file:
        refused = server.client.post("/recordings", files={"file": ("again.wav", file)})
    assert (refused.status_code, "not finished yet" in refused.json()["detail"]) == (429, True)
