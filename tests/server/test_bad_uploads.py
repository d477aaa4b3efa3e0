"""What must not get in, or not stay: each gets a sentence, and leaves nothing behind."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from auricle.store.schema import Job, Recording
from auricle.testing import silence, write_wav
from live_server import LiveServer
from services import wait_until


def rows(server: LiveServer) -> tuple[int, int]:
    with server.service.database.read() as session:
        recordings = session.scalar(select(func.count()).select_from(Recording))
        return recordings or 0, session.scalar(select(func.count()).select_from(Job)) or 0


def files_left(server: LiveServer) -> list[str]:
    """Everything on the disk below the storage, unfinished files as well."""
    folder = server.settings.data_dir / "blobs"
    return [str(path) for path in folder.rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[LiveServer]:
    """A server that takes files up to 1 MB and does no work."""
    from live_server import live_server

    folder = tmp_path_factory.mktemp("strict")
    with live_server(folder, tiny_model, max_upload=1_000_000, gpu_workers=0, cpu_workers=0) as server:
        yield server


@pytest.fixture(autouse=True)
def _nothing_stays(strict: LiveServer) -> Iterator[None]:
    yield
    wait_until(lambda: files_left(strict) == [], "a storage without leftovers", 10)
    assert rows(strict) == (0, 0)


def post(server: LiveServer, content: bytes, name: str = "a.wav", **fields: str) -> httpx.Response:
    return server.client.post("/recordings", files={"file": (name, content)}, data=fields)


def check(answer: httpx.Response, status: int, code: str, words: str) -> None:
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["code"]) == (status, code), problem
    assert words in problem["detail"]


@pytest.mark.parametrize("name", ["html_named.mp3", "random_bytes.webm", "video_only_no_audio.mp4"])
def test_a_file_that_is_no_recording_is_refused_at_once(
    strict: LiveServer, shared_data: Path, name: str
) -> None:
    answer = post(strict, (shared_data / "broken" / name).read_bytes()[:900_000], name)
    check(answer, 422, "audio_unreadable", "")


def test_every_broken_file_ends_in_a_sentence_or_a_transcript(
    make_server: Callable[..., LiveServer], shared_data: Path
) -> None:
    server = make_server()
    for file in sorted((shared_data / "broken").iterdir()):
        answer = post(server, file.read_bytes(), file.name)
        if answer.status_code != 201:
            assert answer.status_code in (400, 422), (file.name, answer.text)
            assert answer.json()["detail"].endswith((".", ")")), (file.name, answer.text)
            continue
        job = server.wait(answer.json()["job"]["id"])
        assert job["state"] in ("done", "failed"), (file.name, job)
        assert (job["error"] is not None) == (job["state"] == "failed")
        assert "Traceback" not in str(job)


def test_an_empty_file_is_refused(strict: LiveServer) -> None:
    check(post(strict, b""), 400, "invalid_option", "empty")
    check(strict.client.put("/recordings", content=b""), 400, "invalid_option", "empty")


def test_a_file_that_is_announced_too_large_is_refused_before_it_comes(strict: LiveServer) -> None:
    with socket.create_connection(("127.0.0.1", int(strict.origin.rsplit(":", 1)[1]))) as connection:
        head = "PUT /api/v1/recordings HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99000000000\r\n\r\n"
        connection.sendall(head.encode())
        assert b" 413 " in connection.recv(100)


def test_a_file_that_turns_out_too_large_is_stopped(strict: LiveServer) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(1000):
            yield b"x" * 65_536

    answer = strict.client.put("/recordings", content=endless())
    check(answer, 413, "limit_exceeded", "1,000,000 bytes")
    check(post(strict, b"x" * 1_500_000), 413, "limit_exceeded", "1,000,000 bytes")


def test_a_connection_that_breaks_leaves_nothing(strict: LiveServer) -> None:
    port = int(strict.origin.rsplit(":", 1)[1])
    boundary = "b"
    part = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'.encode()
    for head, start in (
        ("PUT /api/v1/recordings HTTP/1.1\r\n", b""),
        (
            f"POST /api/v1/recordings HTTP/1.1\r\nContent-Type: multipart/form-data; boundary={boundary}\r\n",
            part,
        ),
    ):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(f"{head}Host: 127.0.0.1\r\nContent-Length: 500000\r\n\r\n".encode())
            connection.sendall(start + b"RIFF" * 25_000)
            wait_until(lambda: files_left(strict) != [], "the beginning of the file", 10)
    wait_until(lambda: files_left(strict) == [], "a storage without leftovers", 10)


def test_a_content_length_that_lies_is_no_harm(strict: LiveServer, talk: Path) -> None:
    port = int(strict.origin.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port)) as connection:
        head = "PUT /api/v1/recordings HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\n"
        connection.sendall(head.encode() + talk.read_bytes())
        # Ten bytes are no recording, and what follows them is no request.
        assert connection.recv(200).split()[1] in (b"400", b"422")
    assert strict.client.get("/recordings").json()["items"] == []


@pytest.mark.parametrize(
    ("headers", "content"),
    [
        ({"Content-Type": "application/json"}, b"{}"),
        ({"Content-Type": "multipart/form-data"}, b"--x--"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b""),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"garbage"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x\r\n\r\n"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x--\r\n"),
        (
            {"Content-Type": "multipart/form-data; boundary=x"},
            b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nNo file\r\n--x--\r\n',
        ),
        (
            {"Content-Type": "multipart/form-data; boundary=x"},
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nRIFF',
        ),
        ({"Content-Type": "multipart/form-data; boundary=" + "x" * 300}, b"--" + b"x" * 300),
        ({}, b"RIFF"),
    ],
)
def test_a_body_that_is_no_form_with_a_file_is_refused(
    strict: LiveServer, headers: dict[str, str], content: bytes
) -> None:
    answer = strict.client.post("/recordings", content=content, headers=headers)
    check(answer, 400, "invalid_option", "")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"options": "{"}, "options is no JSON"),
        ({"options": "[]"}, "JSON object"),
        ({"options": '{"beam": 1}'}, "Did you mean beam_size?"),
        ({"options": '{"language": "klingon"}'}, "language"),
        ({"options": '{"engine": "pocketsphinx", "beam_size": 3}'}, "pocketsphinx cannot honour beam_size"),
        ({"priority": "urgent"}, "low, normal or high"),
        ({"colour": "red"}, "no field 'colour'"),
        ({"transcribe": "perhaps"}, "true or false"),
    ],
)
def test_a_wish_that_cannot_be_granted_refuses_the_upload(
    strict: LiveServer, talk: Path, fields: dict[str, str], words: str
) -> None:
    answer = post(strict, talk.read_bytes(), **fields)
    assert answer.status_code == 400
    assert words in answer.json()["detail"]


def test_two_files_in_one_form_are_refused(strict: LiveServer, talk: Path) -> None:
    content = talk.read_bytes()
    files = [("file", ("a.wav", content)), ("file", ("b.wav", content))]
    check(strict.client.post("/recordings", files=files), 400, "invalid_option", "one recording a request")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\talk.wav", "talk.wav"),
        ("talk\r\nX-Header: 1.wav", "talk X-Header: 1.wav"),
        ("\u202egnp.exe", "gnp.exe"),
        ("...", "recording"),
        ("a" * 5000, "a" * 200),
        ("会議.wav", "会議.wav"),
        ("a\0b.wav", "ab.wav"),
    ],
)
def test_a_name_is_only_shown_and_never_a_path(
    make_server: Callable[..., LiveServer], talk: Path, name: str, shown: str
) -> None:
    server = make_server(gpu_workers=0, cpu_workers=0)
    answer = server.client.put("/recordings", params={"filename": name[:1000]}, content=talk.read_bytes())
    assert answer.json()["recording"]["filename"] == shown
    assert {blob.key.split("/")[0] for blob in server.service.storage.blobs()} == {"recordings"}
    assert not list(server.settings.data_dir.parent.glob("passwd*"))


def test_the_quotes_that_forms_escape_in_names_are_quotes_again(
    make_server: Callable[..., LiveServer], talk: Path
) -> None:
    server = make_server(gpu_workers=0, cpu_workers=0)
    name = b"my %22best%22 50%25 talk%0D%0A.wav"
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="' + name + b'"\r\n\r\n'
    form = head + talk.read_bytes() + b"\r\n--b--\r\n"
    answer = server.client.post(
        "/recordings", content=form, headers={"Content-Type": "multipart/form-data; boundary=b"}
    )
    assert answer.json()["recording"]["filename"] == 'my "best" 50%25 talk .wav'


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount a small file system")
def test_a_full_disk_refuses_uploads_and_keeps_what_is_there(
    make_server: Callable[..., LiveServer], tmp_path: Path, talk: Path
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(small)], capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        server = make_server(data_dir=small / "data", min_free=10_000_000, gpu_workers=0, cpu_workers=0)
        kept = server.upload(talk)["recording"]["id"]
        check(post(server, b"x" * 35_000_000), 507, "disk_full", "free on the server's disk")

        def unannounced() -> Iterator[bytes]:
            for _ in range(60):
                yield b"x" * 1_000_000
                time.sleep(0.001)

        answer = server.client.put("/recordings", content=unannounced())
        assert answer.status_code == 507, answer.text
        assert server.client.get(f"/recordings/{kept}/download").content == talk.read_bytes()
        assert len(server.client.get("/recordings").json()["items"]) == 1
        filler = small / "filler"
        filler.write_bytes(b"x" * (shutil.disk_usage(small).free - 5_000_000))
        refused = server.client.post("/jobs", json={"recording_id": kept})
        check(refused, 507, "disk_full", "free on the server's disk")
        server.stop()
    finally:
        subprocess.run(["umount", "-l", str(small)], check=False)


def test_other_web_pages_may_not_write(strict: LiveServer, tmp_path: Path) -> None:
    file = write_wav(tmp_path / "a.wav", silence(1)).read_bytes()
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example"},
    ):
        answer = strict.client.put("/recordings", content=file, headers=headers)
        check(answer, 403, "forbidden", "")
    assert strict.client.get("/recordings", headers={"Host": "evil.example"}).status_code == 403
