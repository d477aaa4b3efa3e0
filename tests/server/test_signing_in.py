"""Signing in and out, as a browser and as somebody with bad intentions."""

import concurrent.futures
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from auricle.accounts.people import first_admin, make_link
from auricle.accounts.tokens import token_hash
from auricle.store.schema import SetupLink, SignIn, now
from live_server import LiveServer, live_server

PASSWORD = "three quiet herons"


@pytest.fixture
def server(tmp_path: Path, tiny_model: Path) -> Iterator[LiveServer]:
    with live_server(tmp_path, tiny_model, auth="on", rate_limit=None) as running:
        yield running


def link(server: LiveServer) -> str:
    """A fresh set-up link's token for the first admin."""
    with server.service.database.write() as session:
        return make_link(session, first_admin(session))


def browser(server: LiveServer, **more: Any) -> httpx.Client:
    """Something that keeps cookies."""
    return httpx.Client(base_url=server.url, timeout=60, **more)


@pytest.fixture
def admin(server: LiveServer) -> Iterator[httpx.Client]:
    """The first admin, who has set a password and is signed in."""
    with browser(server) as client:
        answer = client.post("/setup", json={"token": link(server), "name": "boss", "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        yield client


def test_the_first_admin_chooses_a_name_and_a_password_and_is_in(admin: httpx.Client) -> None:
    assert admin.get("/session").json()["user"] == {"id": "local", "name": "boss", "role": "admin"}
    assert admin.get("/admin/overview").status_code == 200


def test_a_set_up_link_works_once(server: LiveServer) -> None:
    token = link(server)
    wanted = {"token": token, "name": "boss", "password": PASSWORD}
    with browser(server) as client:
        assert client.post("/setup/look", json={"token": token}).json() == {"name": "local", "first": True}
        assert client.post("/setup", json=wanted).status_code == 201
        again = client.post("/setup", json=wanted)
        assert (again.status_code, "was used, has expired" in again.json()["detail"]) == (404, True)


def test_of_many_who_use_a_link_at_once_one_gets_in(server: LiveServer) -> None:
    wanted = {"token": link(server), "password": PASSWORD}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(
            pool.map(lambda _: httpx.post(f"{server.url}/setup", json=wanted).status_code, range(8))
        )
    assert sorted(statuses) == [201] + [404] * 7


def test_an_expired_link_and_one_that_was_replaced_are_void(server: LiveServer) -> None:
    replaced, token = link(server), link(server)
    with server.service.database.write() as session:
        session.get_one(SetupLink, token_hash(token)).expires_at = now()
    for void in (replaced, token, "x", ""):
        answer = httpx.post(f"{server.url}/setup", json={"token": void, "password": PASSWORD})
        assert answer.status_code == 404


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaa", "x" * 1001, ""])
def test_a_poor_password_is_refused_and_the_link_stays_good(server: LiveServer, password: str) -> None:
    token = link(server)
    assert httpx.post(f"{server.url}/setup", json={"token": token, "password": password}).status_code == 400
    assert httpx.post(f"{server.url}/setup", json={"token": token, "password": PASSWORD}).status_code == 201


def test_who_signs_out_is_out(server: LiveServer, admin: httpx.Client) -> None:
    cookie = admin.cookies["auricle"]
    assert admin.delete("/session").status_code == 204
    assert "auricle" not in admin.cookies
    kept = httpx.get(f"{server.url}/session", headers={"Cookie": f"auricle={cookie}"})
    assert kept.status_code == 401


def test_signing_out_everywhere_ends_every_session(server: LiveServer, admin: httpx.Client) -> None:
    with browser(server) as elsewhere:
        elsewhere.post("/session", json={"name": "boss", "password": PASSWORD})
        places = elsewhere.get("/sessions").json()
        assert [place["current"] for place in places].count(True) == 1
        assert len(places) == 2
        assert admin.delete("/sessions").status_code == 204
        assert elsewhere.get("/session").status_code == 401


def test_a_new_password_ends_the_other_sessions(server: LiveServer, admin: httpx.Client) -> None:
    with browser(server) as elsewhere:
        elsewhere.post("/session", json={"name": "boss", "password": PASSWORD})
        wrong = admin.put("/users/me/password", json={"current": "wrong one here", "new": "new words here"})
        assert (wrong.status_code, wrong.json()["detail"]) == (403, "The current password is wrong.")
        assert (
            admin.put(
                "/users/me/password", json={"current": PASSWORD, "new": "four words are new"}
            ).status_code
            == 204
        )
        assert admin.get("/session").status_code == 200
        assert elsewhere.get("/session").status_code == 401
        old = elsewhere.post("/session", json={"name": "boss", "password": PASSWORD})
        assert old.status_code == 401


def test_a_session_that_was_planted_is_not_kept(server: LiveServer, admin: httpx.Client) -> None:
    planted = admin.cookies["auricle"]
    with browser(server, cookies={"auricle": planted}) as victim:
        answer = victim.post("/session", json={"name": "boss", "password": PASSWORD})
        fresh = answer.cookies["auricle"]
    assert fresh != planted
    assert httpx.get(f"{server.url}/session", headers={"Cookie": f"auricle={planted}"}).status_code == 401
    with browser(server, cookies={"auricle": "chosen-by-somebody"}) as victim:
        answer = victim.post("/session", json={"name": "boss", "password": PASSWORD})
        assert answer.cookies["auricle"] != "chosen-by-somebody"


def test_a_session_ends_by_itself(server: LiveServer, admin: httpx.Client) -> None:
    with server.service.database.write() as session:
        session.get_one(SignIn, token_hash(admin.cookies["auricle"])).expires_at = now()
    assert admin.get("/session").status_code == 401


def test_the_cookie_is_for_this_host_and_no_script(server: LiveServer, admin: httpx.Client) -> None:
    answer = admin.post("/session", json={"name": "boss", "password": PASSWORD})
    plain = answer.headers["set-cookie"]
    assert plain.startswith("auricle=")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(plain.split("; "))
    assert "Domain" not in plain


def test_a_wrong_name_and_a_wrong_password_look_the_same(server: LiveServer, admin: httpx.Client) -> None:
    answers = [
        httpx.post(f"{server.url}/session", json={"name": name, "password": "not the right one"})
        for name in ("boss", "nobody at all")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json()["detail"] == answers[1].json()["detail"] == "The name or the password is wrong."


def test_trying_passwords_is_stopped_before_one_is_found(server: LiveServer, admin: httpx.Client) -> None:
    def attempt(number: int) -> httpx.Response:
        return httpx.post(
            f"{server.url}/session", json={"name": "boss", "password": f"guess number {number}"}, timeout=60
        )

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(attempt, range(25)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [401] * 10 + [429] * 15
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert 0 < int(refused.headers["retry-after"]) <= 900
    right = httpx.post(f"{server.url}/session", json={"name": "boss", "password": PASSWORD})
    assert right.status_code == 429
    assert admin.get("/session").status_code == 200


def test_trying_keys_is_slowed_down_but_right_ones_are_not(server: LiveServer) -> None:
    good = {"Authorization": f"Bearer {server.key('local')}"}
    answers = [
        httpx.get(f"{server.url}/users/me", headers={"Authorization": f"Bearer auricle_{n:08}_{'x' * 43}"})
        for n in range(35)
    ]
    assert [answer.status_code for answer in answers] == [401] * 30 + [429] * 5
    assert httpx.get(f"{server.url}/users/me", headers=good).status_code == 200


def test_refusals_and_sign_ins_are_accounted_for(server: LiveServer, admin: httpx.Client) -> None:
    httpx.post(f"{server.url}/session", json={"name": "boss", "password": "wrong"})
    events = admin.get("/admin/audit").json()["items"]
    found = {one["action"]: one for one in events}
    assert {"session.refused", "session.begun", "password.changed", "link.made"} <= found.keys()
    assert found["session.refused"]["subject"] == "boss"
    assert found["session.refused"]["address"] == "127.0.0.1"
    assert found["session.refused"]["request_id"]
    assert PASSWORD not in json.dumps(events)


def test_a_password_is_not_taken_over_an_open_network(server: LiveServer, admin: httpx.Client) -> None:
    far = {"X-Forwarded-For": "192.0.2.7"}
    answer = httpx.post(f"{server.url}/session", headers=far, json={"name": "boss", "password": PASSWORD})
    assert (answer.status_code, "is not encrypted" in answer.json()["detail"]) == (403, True)


def test_an_admin_lets_somebody_in_with_a_link(server: LiveServer, admin: httpx.Client) -> None:
    made = admin.post("/users", json={"name": "anna"}).json()
    path = admin.post(f"/users/{made['id']}/setup-link").json()["path"]
    with browser(server) as anna:
        token = path.partition("#")[2]
        assert anna.post("/setup/look", json={"token": token}).json() == {"name": "anna", "first": False}
        anna.post("/setup", json={"token": token, "password": PASSWORD, "name": "mallory"})
        assert anna.get("/session").json()["user"]["name"] == "anna"
        assert anna.get("/admin/overview").status_code == 403


def test_a_member_who_became_an_admin_is_one_at_once(admin: httpx.Client, server: LiveServer) -> None:
    me = admin.post("/users", json={"name": "anna"}).json()["id"]
    token = admin.post(f"/users/{me}/setup-link").json()["token"]
    with browser(server) as anna:
        anna.post("/setup", json={"token": token, "password": PASSWORD})
        assert anna.get("/admin/overview").status_code == 403
        admin.patch(f"/users/{me}", json={"role": "admin"})
        assert anna.get("/admin/overview").status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b'{"name": 1}', b'{"name": "\\u0000", "password": "\\ud800"}', b"\xff"]
)
def test_nonsense_for_credentials_is_refused(server: LiveServer, body: bytes) -> None:
    answer = httpx.post(f"{server.url}/session", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 401, 422), answer.text
