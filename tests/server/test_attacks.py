"""What people with bad intentions send: none of it is answered with a crash, or costs others anything."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from live_server import LiveServer, live_server

HALF = "\ud800"
HUGE = 10**30


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("attacked"), tiny_model, auth="on") as running:
        yield running


@pytest.fixture(scope="module")
def recording(server: LiveServer, meeting: Path) -> dict[str, Any]:
    return server.transcribed(meeting)


def cursor(*position: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def as_json(document: object) -> dict[str, Any]:
    """With escapes for what is no text, which httpx refuses to send by itself."""
    return {"content": json.dumps(document), "headers": {"Content-Type": "application/json"}}


@pytest.mark.parametrize(
    "path",
    [
        f"/jobs?cursor={cursor(HALF)}",
        f"/keys?cursor={cursor(HALF)}",
        f"/recordings?sort=title&cursor={cursor('title', HALF, 'a')}",
        f"/recordings/ID/transcripts?cursor={cursor(HUGE)}",
        f"/recordings/ID/transcripts/{HUGE}",
        f"/recordings/ID/transcripts/compare?a={HUGE}&b=1",
        f"/jobs/JOB/segments?after={cursor([1, [1, HUGE]])}",
        f"/jobs/JOB/segments?after={base64.urlsafe_b64encode(b'[[1e999,[1,1]]]').decode()}",
        "/recordings?since=0001-01-01T00:00:00%2B14:00",
        "/recordings?until=9999-12-31T23:59:59-14:00",
    ],
)
def test_numbers_and_texts_that_nothing_can_hold_are_the_askers_mistake(
    server: LiveServer, recording: dict[str, Any], path: str
) -> None:
    whole = path.replace("ID", recording["id"]).replace("JOB", recording["job_id"])
    assert server.client.get(whole).status_code in (200, 400, 422)


def test_quotas_that_no_number_of_the_database_can_be_are_refused(server: LiveServer) -> None:
    path = f"/users/{server.client.post('/users', json={'name': 'rich'}).json()['id']}"
    for name in ("quota_space", "max_open_jobs"):
        assert server.client.patch(path, json={name: HUGE}).status_code in (400, 422)
    endless = {"content": '{"quota_minutes": Infinity}', "headers": {"Content-Type": "application/json"}}
    assert server.client.patch(path, **endless).status_code == 422


def test_half_a_character_in_the_options_of_a_job_leaves_no_job_that_nobody_can_list(
    server: LiveServer, recording: dict[str, Any]
) -> None:
    asked = as_json({"recording_id": recording["id"], "options": {"prompt": HALF}})
    assert server.client.post("/jobs", **asked).status_code == 400
    assert server.client.get("/jobs").status_code == 200
    assert server.client.get("/admin/jobs").status_code == 200


def test_an_origin_that_is_no_address_is_refused_like_any_other(server: LiveServer) -> None:
    for origin in ("http://[::1", "null", "", "//127.0.0.1"):
        answer = server.client.post("/jobs", json={}, headers={"Origin": origin})
        assert answer.status_code == 403, origin


def test_a_body_without_end_is_refused_before_it_fills_the_memory(server: LiveServer) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * (1 << 20)

    with server.client_for(None) as anybody:
        answer = anybody.post("/session", content=endless(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert answer.headers["X-Request-ID"]


def test_the_header_of_a_part_cannot_grow_without_end(server: LiveServer) -> None:
    def endless() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="'
        for _ in range(40):
            yield b"a" * 1024

    form = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = server.client.post("/recordings", content=endless(), headers=form)
    assert answer.status_code == 400
    assert "header" in answer.json()["detail"]


def test_a_hundred_thousand_tags_hold_nobody_up(server: LiveServer, talk: Path) -> None:
    tags = ",".join(f"t{number}" for number in range(100_000))
    files = {"file": (talk.name, talk.read_bytes())}
    answer = server.client.post("/recordings", files=files, data={"tags": tags, "transcribe": "false"})
    assert answer.status_code == 400
    assert "100 tags" in answer.json()["detail"]


def test_a_key_that_ends_makes_none_that_lives_longer(server: LiveServer) -> None:
    short = server.client.post("/keys", json={"name": "short", "days": 1}).json()
    with server.client_for(short["key"]) as stolen:
        for days in (None, 30):
            made = stolen.post("/keys", json={"name": "longer", "days": days}).json()
            assert made["expires_at"] == short["expires_at"]


def test_the_name_of_a_key_is_one_line_without_commands_for_a_terminal(server: LiveServer) -> None:
    with server.member("prankster") as member:
        made = member.post("/keys", json={"name": "a\x1b]0;b\x07\nabcdefgh  admin"}).json()
        assert made["name"] == "a ]0;b abcdefgh admin"
        assert member.post("/keys", json={"name": "\x1b\n"}).status_code == 400


def test_half_a_character_in_an_edit_or_an_import_changes_nothing(
    server: LiveServer, recording: dict[str, Any]
) -> None:
    path = f"/recordings/{recording['id']}/transcript"
    transcript = server.client.get(path).json()
    segment = transcript["segments"][0]
    edit = as_json({"operations": [{"op": "edit_segment", "id": segment["id"], "text": HALF}]})
    assert server.client.patch(path, **edit).status_code == 400
    imported = as_json({**transcript, "segments": [{**segment, "text": HALF, "words": []}]})
    assert server.client.post(f"{path}/import", **imported).status_code == 400
    assert server.client.get(path).json() == transcript


def test_uploads_that_are_never_completed_count_towards_the_space(server: LiveServer, talk: Path) -> None:
    size = talk.stat().st_size
    with server.member("hoarder") as member:
        me = member.get("/users/me").json()["id"]
        server.client.patch(f"/users/{me}", json={"quota_space": size + 10})
        upload = member.post("/uploads", json={"filename": talk.name, "size": size}).json()
        assert member.post("/uploads", json={"filename": talk.name, "size": size}).status_code == 429
        assert member.get("/users/me").json()["space"] == size
        member.put(f"/uploads/{upload['id']}/parts/1", content=talk.read_bytes())
        assert member.post(f"/uploads/{upload['id']}/complete").status_code == 201
        assert member.get("/users/me").json()["space"] == size


def test_a_revoked_key_reads_no_further_events(make_server: Callable[..., LiveServer], talk: Path) -> None:
    server = make_server(auth="on", gpu_workers=0, cpu_workers=0)
    job = server.upload(talk)["job"]["id"]
    made = server.client.post("/keys", json={"name": "stolen", "scopes": ["read"]}).json()
    with server.client_for(made["key"]) as thief, thief.stream("GET", "/events") as answer:
        lines = answer.iter_lines()
        assert any(line.startswith("data:") for line in lines)
        server.client.delete(f"/keys/{made['id']}")
        server.client.post(f"/jobs/{job}/cancel")
        assert not any(line.startswith("data:") for line in lines)


def test_a_network_of_ipv6_is_one_address_to_whoever_guesses_passwords(
    make_server: Callable[..., LiveServer],
) -> None:
    server = make_server(auth="on", trusted_proxies="127.0.0.1", plain_http=True)
    with server.client_for(None) as guesser:

        def guess(number: int, network: str) -> int:
            address = {"X-Forwarded-For": f"{network}::{number:x}"}
            wrong = {"name": "nobody", "password": f"guess number {number}"}
            return guesser.post("/session", json=wrong, headers=address).status_code

        assert [guess(number, "2001:db8:0:1") for number in range(11)] == [401] * 10 + [429]
        assert guess(1, "2001:db8:0:2") == 401


@pytest.mark.parametrize("header", ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP"])
def test_what_a_proxy_on_this_machine_passes_on_does_not_come_from_here(
    server: LiveServer, header: str
) -> None:
    assert httpx.get(f"{server.origin}/metrics").status_code == 200
    assert httpx.get(f"{server.origin}/metrics", headers={header: "127.0.0.1"}).status_code == 401
