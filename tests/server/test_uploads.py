"""Large files in parts: in any order, side by side, and after the connection broke."""

import contextlib
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import httpx
import numpy as np
import pytest
from sqlalchemy import update

from auricle.jobs.chores import run_due_chores
from auricle.store.database import open_database
from auricle.store.schema import Chore, Upload, now
from auricle.store.upgrade import upgrade
from auricle.testing import noise, say, write_wav
from live_server import LiveServer
from services import Moto

MIB = 1 << 20


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A recording of 9 MiB: three parts of 4 MiB, the last one shorter."""
    quiet = np.concatenate([say("Alpha bravo."), noise(4 * 60 + 55, 0.001)])
    return write_wav(tmp_path_factory.mktemp("large") / "large.wav", quiet).read_bytes()


def begin(server: LiveServer, content: bytes) -> dict:
    answer = server.client.post("/uploads", json={"filename": "large.wav", "size": len(content)})
    assert answer.status_code == 201, answer.text
    return answer.json()


def part_of(content: bytes, upload: dict, number: int) -> bytes:
    return content[(number - 1) * upload["part_size"] : number * upload["part_size"]]


def send(server: LiveServer, upload: dict, content: bytes, number: int) -> httpx.Response:
    path = f"/uploads/{upload['id']}/parts/{number}"
    return server.client.put(path, content=part_of(content, upload, number))


def expire_all(server: LiveServer) -> None:
    """The time of every upload is over, and it is looked after."""
    past = now() - timedelta(seconds=1)
    with server.service.database.write() as session:
        session.execute(update(Upload).values(expires_at=past))
        session.merge(Chore(name="uploads", every=3600, due_at=past))
    run_due_chores(server.service.place)


@pytest.fixture
def idle(make_server: Callable[..., LiveServer]) -> LiveServer:
    return make_server(gpu_workers=0, cpu_workers=0)


def test_parts_side_by_side_become_one_recording(idle: LiveServer, large: bytes) -> None:
    upload = begin(idle, large)
    assert (upload["parts"], upload["received"], upload["urls"]) == (3, [], None)
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda number: send(idle, upload, large, number), (3, 1, 2)))
    assert [answer.status_code for answer in answers] == [200] * 3
    assert idle.client.get(f"/uploads/{upload['id']}").json()["received_bytes"] == len(large)
    done = idle.client.post(f"/uploads/{upload['id']}/complete", json={"title": "Long", "tags": ["x"]})
    assert done.status_code == 201, done.text
    recording = done.json()["recording"]
    assert (recording["title"], recording["tags"], recording["size"]) == ("Long", ["x"], len(large))
    assert idle.client.get(f"/recordings/{recording['id']}/download").content == large
    again = idle.client.post(f"/uploads/{upload['id']}/complete")
    assert (again.status_code, again.json()["job"]["id"]) == (200, done.json()["job"]["id"])
    assert send(idle, upload, large, 1).status_code == 409


def test_an_upload_goes_on_after_the_connection_broke(idle: LiveServer, large: bytes) -> None:
    upload = begin(idle, large)
    send(idle, upload, large, 1)
    with socket.create_connection(("127.0.0.1", int(idle.origin.rsplit(":", 1)[1]))) as connection:
        head = f"PUT /api/v1/uploads/{upload['id']}/parts/2 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        connection.sendall(f"{head}Content-Length: {4 * MIB}\r\n\r\n".encode() + large[4 * MIB : 5 * MIB])
    state = idle.client.get(f"/uploads/{upload['id']}").json()
    assert state["received"] == [1]
    refused = idle.client.post(f"/uploads/{upload['id']}/complete")
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "The upload is not complete: send part 2, 3.",
    )
    for number in (2, 3):
        assert send(idle, upload, large, number).status_code == 200
    assert idle.client.post(f"/uploads/{upload['id']}/complete").status_code == 201


@pytest.mark.parametrize("size", [10, 4 * MIB + 1])
def test_a_part_of_the_wrong_size_is_refused(idle: LiveServer, large: bytes, size: int) -> None:
    upload = begin(idle, large)
    answer = idle.client.put(f"/uploads/{upload['id']}/parts/1", content=b"x" * size)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_option")
    assert idle.client.get(f"/uploads/{upload['id']}").json()["received"] == []


def test_parts_there_are_not_and_uploads_nobody_began_are_refused(idle: LiveServer, large: bytes) -> None:
    upload = begin(idle, large)
    assert idle.client.put(f"/uploads/{upload['id']}/parts/4", content=b"x").status_code == 404
    assert idle.client.put(f"/uploads/{upload['id']}/parts/0", content=b"x").status_code == 422
    assert idle.client.get("/uploads/nobody").status_code == 404
    too_large = idle.client.post("/uploads", json={"filename": "a", "size": 10**15})
    assert too_large.status_code == 413


def test_an_upload_that_was_given_up_or_expired_is_gone(idle: LiveServer, large: bytes) -> None:
    for end in ("delete", "expire"):
        upload = begin(idle, large)
        send(idle, upload, large, 1)
        if end == "delete":
            assert idle.client.delete(f"/uploads/{upload['id']}").status_code == 204
        else:
            expire_all(idle)
        assert idle.client.get(f"/uploads/{upload['id']}").status_code == 404
        left = [path for path in (idle.settings.data_dir / "blobs").rglob("*") if path.is_file()]
        assert left == []


def test_parts_that_are_no_recording_are_refused_when_they_are_complete(idle: LiveServer) -> None:
    upload = begin(idle, b"x" * 100)
    idle.client.put(f"/uploads/{upload['id']}/parts/1", content=b"x" * 100)
    answer = idle.client.post(f"/uploads/{upload['id']}/complete")
    assert (answer.status_code, answer.json()["code"]) == (422, "audio_unreadable")
    assert idle.client.delete(f"/uploads/{upload['id']}").status_code == 204
    assert list(idle.service.storage.blobs()) == []


@pytest.fixture(params=["disk", "s3"])
def two_servers(
    request: pytest.FixtureRequest,
    make_server: Callable[..., LiveServer],
    any_database: str,
    tmp_path: Path,
) -> list[LiveServer]:
    """Servers that share a database and a storage, of every kind; one alone where the database is SQLite."""
    storage = (tmp_path / "blobs").as_uri()
    if request.param == "s3":
        storage = request.getfixturevalue("bucket")
    where = {"database_url": any_database, "storage_url": storage, "gpu_workers": 0, "cpu_workers": 0}
    with contextlib.closing(open_database(any_database)) as database:
        upgrade(database)
    count = 1 if any_database.startswith("sqlite") else 2
    return [make_server(data_dir=tmp_path / f"server-{n}", **where) for n in range(count)]


@pytest.fixture
def bucket(moto_server: Moto, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The address of an empty bucket."""
    import boto3

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    name = f"uploads-{abs(hash(tmp_path)) % 10**10}"
    boto3.client("s3", endpoint_url=moto_server.url).create_bucket(Bucket=name)
    return f"s3://{name}/prefix?endpoint={moto_server.url}"


def sent(server: LiveServer, content: bytes) -> dict:
    """An upload whose parts are all there."""
    upload = begin(server, content)
    for number in range(1, upload["parts"] + 1):
        assert send(server, upload, content, number).status_code == 200
    return upload


def stored(server: LiveServer, recording: str) -> bytes:
    """The file of a recording, wherever it lies."""
    answer = server.client.get(f"/recordings/{recording}/download", follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer.content


def test_many_that_complete_an_upload_at_once_all_get_its_recording(
    two_servers: list[LiveServer], large: bytes
) -> None:
    server = two_servers[0]
    # Room for the file, but not for a second one.
    room = {"quota_space": int(len(large) * 1.5)}
    assert server.client.patch("/users/local", json=room).status_code == 200
    upload = sent(server, large)
    path = f"/uploads/{upload['id']}/complete"
    clients = [one.client for one in two_servers] * 4
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: clients[n % len(clients)].post(path), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201], answers[0].text
    assert len({answer.json()["job"]["id"] for answer in answers}) == 1
    assert stored(server, answers[0].json()["recording"]["id"]) == large
    assert server.client.get("/users/me").json()["space"] == len(large)


@pytest.mark.parametrize("wishes", [{}, {"priority": "urgent"}, {"options": {"beams": "many"}}])
def test_a_recording_keeps_its_file_though_a_crash_left_its_upload_open(
    idle: LiveServer, large: bytes, wishes: dict
) -> None:
    upload = sent(idle, large)
    path = f"/uploads/{upload['id']}/complete"
    made = idle.client.post(path).json()["recording"]["id"]
    # As an older Auricle that was killed between the two left it.
    with idle.service.database.write() as session:
        session.execute(update(Upload).values(recording_id=None))
    room = {"quota_space": len(large)}
    assert idle.client.patch("/users/local", json=room).status_code == 200
    again = idle.client.post(path, json=wishes)
    assert again.status_code in ((400, 422) if wishes else (200,)), again.text
    assert idle.client.post(path).json()["recording"]["id"] == made
    assert stored(idle, made) == large
    with idle.service.database.write() as session:
        session.execute(update(Upload).values(recording_id=None))
    assert idle.client.delete(f"/uploads/{upload['id']}").status_code == 204
    assert stored(idle, made) == large


def test_an_upload_that_is_refused_is_completed_later_without_sending_it_again(
    two_servers: list[LiveServer], large: bytes, talk: Path
) -> None:
    server = two_servers[0]
    assert server.client.patch("/users/local", json={"max_open_jobs": 1}).status_code == 200
    other = server.upload(talk)["job"]["id"]
    upload = sent(server, large)
    path = f"/uploads/{upload['id']}"
    for wishes, status in (
        ({"priority": "urgent"}, 422),
        ({"on_duplicate": "foo"}, 422),
        ({"options": {"beams": "many"}}, 400),
        ({}, 429),
    ):
        assert server.client.post(f"{path}/complete", json=wishes).status_code == status
        there = server.client.get(path).json()
        assert there["received"] == list(range(1, upload["parts"] + 1))
        assert there["received_bytes"] == len(large)
    server.client.post(f"/jobs/{other}/cancel")
    done = server.client.post(f"{path}/complete", json={"priority": "high"})
    assert done.status_code == 201, done.text
    assert stored(server, done.json()["recording"]["id"]) == large


def test_a_refused_upload_that_expires_leaves_nothing(idle: LiveServer) -> None:
    upload = sent(idle, b"x" * 100)
    assert idle.client.post(f"/uploads/{upload['id']}/complete").status_code == 422
    expire_all(idle)
    assert list(idle.service.storage.blobs()) == []


def test_a_duplicate_that_came_in_parts_is_recognised_and_may_be_had_back(
    idle: LiveServer, large: bytes
) -> None:
    def complete(upload: dict, **wishes: str) -> httpx.Response:
        return idle.client.post(f"/uploads/{upload['id']}/complete", json=wishes)

    first = complete(sent(idle, large)).json()
    second = sent(idle, large)
    assert complete(second).json()["duplicate_of"] == first["recording"]["id"]
    third = sent(idle, large)
    for _ in range(2):
        back = complete(third, on_duplicate="return")
        assert (back.status_code, back.json()["recording"]["id"]) == (200, first["recording"]["id"])
    assert idle.client.get(f"/uploads/{third['id']}").json()["recording_id"] == first["recording"]["id"]
    assert idle.client.get("/users/me").json()["space"] == 2 * len(large)
    assert len(list(idle.service.storage.blobs())) == 2


def test_many_that_ask_for_the_older_recording_at_once_all_get_it(idle: LiveServer, large: bytes) -> None:
    first = idle.client.post(f"/uploads/{sent(idle, large)['id']}/complete").json()["recording"]["id"]
    path = f"/uploads/{sent(idle, large)['id']}/complete"
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: idle.client.post(path, json={"on_duplicate": "return"}), range(8)))
    assert [(one.status_code, one.json()["recording"]["id"]) for one in answers] == [(200, first)] * 8
    assert stored(idle, first) == large


def test_on_s3_parts_go_straight_to_the_bucket_or_through_the_server(
    make_server: Callable[..., LiveServer], bucket: str, large: bytes
) -> None:
    server = make_server(storage_url=bucket)
    upload = begin(server, large)
    assert httpx.put(upload["urls"][0], content=part_of(large, upload, 1)).status_code == 200
    assert send(server, upload, large, 2).status_code == 200
    path = f"/uploads/{upload['id']}/complete"
    refused = server.client.post(path, json={"on_duplicate": "return"})
    assert (refused.status_code, refused.json()["code"]) == (400, "unsupported_option")
    accepted = server.client.post(path).json()
    assert server.wait(accepted["job"]["id"])["state"] == "done"
    recording = server.client.get(f"/recordings/{accepted['recording']['id']}").json()
    assert recording["sha256"] is not None, "the first stage reads it as a whole"
    download = server.client.get(f"/recordings/{recording['id']}/download")
    assert download.status_code == 307
    assert httpx.get(download.headers["location"]).content == large
    played = server.client.get(f"/recordings/{recording['id']}/preview", headers={"Range": "bytes=0-3"})
    assert (played.status_code, played.content) == (206, large[:4])
