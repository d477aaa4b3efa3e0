"""The same upload sent again with its Idempotency-Key: after a lost answer, at once, and by mistake."""

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from auricle.jobs.create import fingerprint
from auricle.jobs.options import read_options
from auricle.store.database import open_database
from auricle.store.schema import Job
from auricle.store.upgrade import upgrade
from auricle.testing import silence, write_wav
from live_server import LiveServer


@pytest.fixture
def idle(make_server: Callable[..., LiveServer], any_database: str) -> LiveServer:
    with contextlib.closing(open_database(any_database)) as database:
        upgrade(database)
    return make_server(database_url=any_database, gpu_workers=0, cpu_workers=0)


@pytest.fixture
def other(tmp_path: Path) -> bytes:
    """Another recording than `talk`."""
    return write_wav(tmp_path / "other.wav", silence(0.7)).read_bytes()


def post(server: LiveServer, content: bytes, key: str = "once", **fields: str) -> httpx.Response:
    return server.client.post(
        "/recordings", files={"file": content}, data=fields, headers={"Idempotency-Key": key}
    )


def put(server: LiveServer, content: bytes, key: str = "once", **fields: str) -> httpx.Response:
    return server.client.put("/recordings", params=fields, content=content, headers={"Idempotency-Key": key})


def count(server: LiveServer) -> tuple[int, int]:
    """How many recordings and how many files there are."""
    recordings = server.client.get("/recordings").json()["items"]
    return len(recordings), len(list(server.service.storage.blobs()))


@pytest.mark.parametrize("transcribe", ["true", "false"])
def test_many_that_send_the_same_at_once_get_the_same_recording(
    idle: LiveServer, talk: Path, transcribe: str
) -> None:
    content = talk.read_bytes()
    assert idle.client.get("/recordings").json()["items"] == []
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(idle, content, transcribe=transcribe), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201], answers[0].text
    assert len({answer.json()["recording"]["id"] for answer in answers}) == 1
    jobs = {answer.json()["job"] and answer.json()["job"]["id"] for answer in answers}
    assert len(jobs) == 1
    assert (jobs == {None}) == (transcribe == "false")
    assert count(idle) == (1, 1)


@pytest.mark.parametrize("send", [post, put])
@pytest.mark.parametrize("transcribe", ["true", "false"])
def test_another_request_with_the_same_key_is_refused_and_stores_nothing(
    idle: LiveServer, talk: Path, other: bytes, send: Callable[..., httpx.Response], transcribe: str
) -> None:
    content = talk.read_bytes()
    assert send(idle, content, transcribe=transcribe).status_code == 201
    assert send(idle, content, transcribe=transcribe).status_code == 200
    opposite = "false" if transcribe == "true" else "true"
    requests = [(other, {"transcribe": transcribe}), (content, {"transcribe": opposite})]
    if transcribe == "true":
        requests += [(content, {"options": '{"language": "de"}'}), (content, {"priority": "low"})]
    for body, fields in requests:
        answer = send(idle, body, **fields)
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict"), fields
        assert "take a new one" in answer.json()["detail"]
    assert count(idle) == (1, 1)
    assert send(idle, other, key="another", transcribe=transcribe).status_code == 201
    assert count(idle) == (2, 2)


def test_a_file_that_just_fits_may_be_sent_again(idle: LiveServer, talk: Path) -> None:
    content = talk.read_bytes()
    room = {"quota_space": int(len(content) * 1.5), "max_open_jobs": 1}
    assert idle.client.patch("/users/local", json=room).status_code == 200
    assert [post(idle, content).status_code for _ in range(2)] == [201, 200]


def test_what_an_older_auricle_was_sent_is_known_by_its_key(idle: LiveServer, talk: Path) -> None:
    first = post(idle, talk.read_bytes()).json()
    with idle.service.database.write() as session:
        job = session.scalars(select(Job)).one()
        options = read_options(job.options, idle.settings)
        job.idempotency_hash = fingerprint(job.recording_id, options, job.priority, None)
    again = post(idle, talk.read_bytes())
    assert (again.status_code, again.json()["recording"]["id"]) == (200, first["recording"]["id"])
