"""Every route against everybody who might ask: the table is printed at the end of a test run."""

import itertools
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from auricle.store.schema import ApiKey, now
from live_server import LiveServer, live_server

#: What anybody may ask, signed in or not.
OPEN = {
    ("get", "/health"),
    ("get", "/health/live"),
    ("get", "/health/ready"),
    ("post", "/api/v1/session"),
    ("post", "/api/v1/setup"),
    ("post", "/api/v1/setup/look"),
}
#: What somebody who is known may ask, whatever their key is good for: who they are, and signing out.
KNOWN = {("get", "/api/v1/session"), ("delete", "/api/v1/session")}
IDENTITIES = ("nobody", "wrong key", "revoked", "expired", "metrics only", "read only", "second user")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[LiveServer]:
    with live_server(
        tmp_path_factory.mktemp("locked"), tiny_model, auth="on", trusted_proxies="127.0.0.1"
    ) as running:
        yield running


@pytest.fixture(scope="module")
def ids(server: LiveServer, meeting: Path) -> dict[str, str]:
    """Ids of things that belong to the first user."""
    recording = server.transcribed(meeting)
    upload = server.client.post("/uploads", json={"filename": "a", "size": 100}).json()["id"]
    key = server.client.post("/keys", json={"name": "mine"}).json()["id"]
    return {
        "recording_id": recording["id"],
        "job_id": recording["job_id"],
        "upload_id": upload,
        "key_id": key,
        "session_id": "0" * 64,
        "user_id": "local",
        "number": "1",
        "speaker": "a",
        "model_id": "whisper-1",
    }


@pytest.fixture(scope="module")
def clients(server: LiveServer) -> Iterator[dict[str, httpx.Client]]:
    """A client for every identity; they ask by whole paths, each from an address of its own."""
    revoked, expired = server.key("local"), server.key("local", days=1)
    with server.service.database.write() as session:
        for text, end in ((revoked, {"revoked_at": now()}), (expired, {"expires_at": now()})):
            session.execute(update(ApiKey).where(ApiKey.id == text.split("_")[1]).values(**end))
    with server.service.database.read() as session:
        assert session.get_one(ApiKey, expired.split("_")[1]).expires_at < now() + timedelta(seconds=1)
    second = server.member("second").headers["authorization"].removeprefix("Bearer ")
    keys = {
        "nobody": None,
        "wrong key": server.key("local")[:-4] + "AAAA",
        "revoked": revoked,
        "expired": expired,
        "metrics only": server.key("local", scopes=["metrics"]),
        "read only": server.key("local", scopes=["read"]),
        "second user": second,
    }
    assert tuple(keys) == IDENTITIES
    made = {name: _client(server, key) for name, key in keys.items()}
    yield made
    for client in made.values():
        client.close()


def _client(server: LiveServer, key: str | None) -> httpx.Client:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.Client(base_url=server.origin, headers=headers, timeout=60)


_ADDRESSES = itertools.count(1)


def test_every_route_lets_in_only_those_it_is_for(
    server: LiveServer, ids: dict[str, str], clients: dict[str, httpx.Client], access_table: list[str]
) -> None:
    wrong = []
    access_table.append(f"{'':6} {'':58} " + " ".join(f"{name:>12}" for name in IDENTITIES))
    for path, methods in server.app.openapi()["paths"].items():
        for method in methods:
            answers = {
                name: _ask(client, method, path, ids)
                for name, client in clients.items()
                # Their key is good and the route has no id: they work on what is theirs.
                if name != "second user" or "{" in path or method == "get"
            }
            cells = " ".join(
                f"{answers[name].status_code if name in answers else '-':>12}" for name in IDENTITIES
            )
            access_table.append(f"{method.upper():6} {path:58} {cells}")
            wrong += [
                f"{method} {path}: {name} got {answer.status_code}, not {expected}"
                for name, answer in answers.items()
                if (expected := _expected(name, method, path)) is not None
                and answer.status_code not in expected
            ]
            wrong += _shown(path, answers, ids)
    assert wrong == []
    assert len(access_table) > 60


def _ask(client: httpx.Client, method: str, path: str, ids: dict[str, str]) -> httpx.Response:
    where = re.sub(r"\{(\w+)(:path)?\}", lambda found: ids[found[1]], path)
    # Who sends one wrong key after another is soon told to wait, so every request has an address of its own.
    number = next(_ADDRESSES)
    client.headers["X-Forwarded-For"] = f"203.0.{number // 256}.{number % 256}"
    if path == "/api/v1/events":
        # A stream has no end: its first line is enough.
        with client.stream(method, where) as answer:
            return httpx.Response(answer.status_code, headers=answer.headers, text="")
    return client.request(method, where, params={"a": 1, "b": 1}, **_body(path, method))


def _body(path: str, method: str) -> dict[str, Any]:
    """A body that would be accepted, were the thing one's own."""
    if method not in ("post", "patch", "put"):
        return {}
    bodies: dict[str, object] = {
        "/speakers/{speaker}": {"name": "x"},
        "/speakers/merge": {"speaker": "a", "into": "b"},
        "/transcript": {"operations": [{"op": "delete_segment", "id": 0}]},
    }
    for end, body in bodies.items():
        if path.endswith(end):
            return {"json": body}
    return {"content": b"x" * 100} if path.endswith(("{number}", "import")) else {"json": {}}


def _expected(name: str, method: str, path: str) -> set[int] | None:
    """The statuses somebody may get; None where it depends on more than who asks."""
    route = (method, path)
    if route in OPEN:
        return None
    if name in ("nobody", "wrong key", "revoked", "expired"):
        return {401}
    if route in KNOWN:
        return {200, 204}
    if path == "/metrics":
        return {200} if name == "metrics only" else {403}
    if name == "metrics only" or (name == "read only" and (method != "get" or _is_admins(path))):
        return {403}
    if name == "read only":
        return None
    if path.startswith("/v1/models/"):
        return {200} if method == "get" else {403}
    if "{" in path:
        return {403} if _is_admins(path) else {404}
    return {403} if _is_admins(path) else None


def _is_admins(path: str) -> bool:
    return path.startswith("/api/v1/admin") or path in (
        "/api/v1/users",
        "/api/v1/users/{user_id}",
        "/api/v1/users/{user_id}/setup-link",
    )


def _shown(path: str, answers: dict[str, httpx.Response], ids: dict[str, str]) -> list[str]:
    """Complaints about answers to others that hold something of the first user's."""
    secrets = [ids["recording_id"], ids["job_id"], ids["upload_id"], ids["key_id"]]
    return [
        f"{path}: {name} was shown {secret}"
        for name in ("nobody", "wrong key", "revoked", "expired", "metrics only", "second user")
        for secret in secrets
        if name in answers and answers[name].status_code < 300 and secret in answers[name].text
    ]


def test_nothing_of_the_first_user_changed(
    server: LiveServer, ids: dict[str, str], clients: dict[str, httpx.Client]
) -> None:
    recording = server.client.get(f"/recordings/{ids['recording_id']}").json()
    assert (recording["deleted_at"], recording["state"]) == (None, "done")
    keys = {one["id"]: one for one in server.client.get("/keys", params={"limit": 200}).json()["items"]}
    assert keys[ids["key_id"]]["revoked_at"] is None


def test_ids_in_bodies_are_looked_at_too(
    ids: dict[str, str], clients: dict[str, httpx.Client], server: LiveServer
) -> None:
    second = clients["second user"]
    bulk = {"ids": [ids["recording_id"]], "action": "delete"}
    export = {"recording_ids": [ids["recording_id"]], "formats": ["txt"]}
    assert second.post("/api/v1/recordings/bulk", json=bulk).status_code == 404
    assert second.post("/api/v1/exports", json=export).status_code == 404
    assert second.post("/api/v1/jobs", json={"recording_id": ids["recording_id"]}).status_code == 404
    assert second.get("/api/v1/search", params={"q": "the"}).json()["items"] == []


@pytest.mark.parametrize(
    ("path", "shape"),
    [("/v1/models", "error"), ("/api/v1/recordings", "code")],
)
def test_a_refusal_has_the_form_of_the_dialect(server: LiveServer, path: str, shape: str) -> None:
    answer = httpx.get(server.origin + path)
    assert answer.status_code == 401
    assert shape in answer.json()
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_members_key_is_never_good_for_what_is_an_admins(server: LiveServer) -> None:
    with server.member("climber") as member:
        refused = member.post("/keys", json={"name": "x", "scopes": ["metrics"]})
        assert refused.status_code in (400, 403)
        me = member.get("/users/me").json()["id"]
    server.client.patch(f"/users/{me}", json={"role": "admin"})
    key = server.key(me, scopes=["admin", "metrics"])
    server.client.patch(f"/users/{me}", json={"role": "member"})
    with server.client_for(key) as former:
        assert former.get("/admin/overview").status_code == 403
        far = {"X-Forwarded-For": "192.0.2.7"}
        assert former.get(f"{server.origin}/metrics", headers=far).status_code == 403


def test_a_key_cannot_make_a_mightier_one(server: LiveServer) -> None:
    with server.client_for(server.key("local", scopes=["write"])) as client:
        refused = client.post("/keys", json={"name": "x", "scopes": ["admin"]})
        assert refused.status_code == 403
        assert "may do more than itself: admin" in refused.json()["detail"]
        assert client.post("/keys", json={"name": "x", "scopes": ["write"]}).status_code == 201


@pytest.mark.parametrize("way", ["bearer", "token", "basic", "header"])
def test_a_key_is_taken_however_a_client_can_send_it(server: LiveServer, way: str) -> None:
    key = server.key("local")
    sent: dict[str, Any] = {
        "bearer": {"headers": {"Authorization": f"bearer {key}"}},
        "token": {"headers": {"Authorization": f"Token {key}"}},
        "basic": {"auth": ("anybody", key)},
        "header": {"headers": {"X-API-Key": key}},
    }[way]
    assert httpx.get(f"{server.url}/users/me", **sent).json()["id"] == "local"


def test_without_sign_in_every_authorization_is_ignored(tmp_path: Path, tiny_model: Path) -> None:
    with live_server(tmp_path, tiny_model, auth="off") as server:
        for header in ("Bearer nonsense", "Basic ???", "Whatever"):
            answer = httpx.get(f"{server.url}/users/me", headers={"Authorization": header})
            assert answer.json()["id"] == "local"


def test_a_disabled_person_is_locked_out_at_once(server: LiveServer) -> None:
    with server.member("leaver") as leaver:
        me = leaver.get("/users/me").json()["id"]
        assert server.client.patch(f"/users/{me}", json={"disabled": True}).json()["disabled"] is True
        assert leaver.get("/users/me").status_code == 401
        server.client.patch(f"/users/{me}", json={"disabled": False})
        assert leaver.get("/users/me").status_code == 200


def test_the_last_admin_stays(server: LiveServer) -> None:
    for change in ({"disabled": True}, {"role": "member"}):
        answer = server.client.patch("/users/local", json=change)
        assert (answer.status_code, "the only admin" in answer.json()["detail"]) == (409, True)
