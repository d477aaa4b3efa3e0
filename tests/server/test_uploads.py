"""Large files in parts: in any order, side by side, and after the connection broke."""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import numpy as np
import pytest
from sqlalchemy import update

from auricle.jobs.chores import run_due_chores
from auricle.store.schema import Chore, Upload, now
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
    assert again.json()["job"]["id"] == done.json()["job"]["id"]
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
            past = now() - timedelta(seconds=1)
            with idle.service.database.write() as session:
                session.execute(update(Upload).values(expires_at=past))
                session.merge(Chore(name="uploads", every=3600, due_at=past))
            run_due_chores(idle.service.place)
        assert idle.client.get(f"/uploads/{upload['id']}").status_code == 404
        left = [path for path in (idle.settings.data_dir / "blobs").rglob("*") if path.is_file()]
        assert left == []


def test_parts_that_are_no_recording_are_refused_when_they_are_complete(idle: LiveServer) -> None:
    upload = begin(idle, b"x" * 100)
    idle.client.put(f"/uploads/{upload['id']}/parts/1", content=b"x" * 100)
    answer = idle.client.post(f"/uploads/{upload['id']}/complete")
    assert (answer.status_code, answer.json()["code"]) == (422, "audio_unreadable")
    assert list(idle.service.storage.blobs()) == []


def test_on_s3_parts_go_straight_to_the_bucket_or_through_the_server(
    make_server: Callable[..., LiveServer], moto_server: Moto, large: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    boto3.client("s3", endpoint_url=moto_server.url).create_bucket(Bucket="uploads")
    server = make_server(storage_url=f"s3://uploads/prefix?endpoint={moto_server.url}")
    upload = begin(server, large)
    assert httpx.put(upload["urls"][0], content=part_of(large, upload, 1)).status_code == 200
    assert send(server, upload, large, 2).status_code == 200
    accepted = server.client.post(f"/uploads/{upload['id']}/complete").json()
    assert server.wait(accepted["job"]["id"])["state"] == "done"
    recording = server.client.get(f"/recordings/{accepted['recording']['id']}").json()
    assert recording["sha256"] is not None, "the first stage reads it as a whole"
    download = server.client.get(f"/recordings/{recording['id']}/download")
    assert download.status_code == 307
    assert httpx.get(download.headers["location"]).content == large
    played = server.client.get(f"/recordings/{recording['id']}/preview", headers={"Range": "bytes=0-3"})
    assert (played.status_code, played.content) == (206, large[:4])
