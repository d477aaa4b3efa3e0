"""Whose is what: keys, people, and that nobody sees what belongs to another."""

import json
import re
from pathlib import Path

import httpx
import pytest

from live_server import LiveServer

AUTH = "on"


@pytest.fixture(scope="module")
def owned(server: LiveServer, meeting: Path) -> dict[str, str]:
    """A transcribed recording of the local user."""
    recording = server.transcribed(meeting)
    return {"recording_id": recording["id"], "job_id": recording["job_id"]}


def test_only_an_admin_looks_after_the_installation(server: LiveServer) -> None:
    with server.member("member") as member:
        for path in (
            "/admin/overview",
            "/admin/workers",
            "/admin/jobs",
            "/admin/usage",
            "/admin/audit",
            "/users",
        ):
            assert member.get(path).status_code == 403
        assert member.post("/users", json={"name": "x"}).status_code == 403
        assert member.post("/keys", params={"user_id": "local"}, json={"name": "x"}).status_code == 403


def test_an_admin_sees_queues_workers_chores_and_who_did_what(
    server: LiveServer, owned: dict[str, str]
) -> None:
    overview = server.client.get("/admin/overview").json()
    assert [queue["name"] for queue in overview["queues"]] == ["gpu", "cpu"]
    assert overview["recordings"] >= 1
    assert overview["jobs"]["done"] >= 1
    (worker,) = server.client.get("/admin/workers").json()["items"]
    assert (worker["alive"], worker["queues"]) == (True, ["cpu", "gpu"])
    chores = {one["name"]: one for one in server.client.get("/admin/chores").json()}
    assert set(chores) == {"retention", "trash", "results", "segments", "uploads", "blobs", "doubts"}
    actions = [one["action"] for one in server.client.get("/admin/audit").json()["items"]]
    assert "key.made" in actions
    usage = server.client.get("/admin/usage").json()["items"]
    local = next(one for one in usage if one["user_id"] == "local")
    assert local["days"][0]["jobs"] >= 1
    assert local["days"][0]["bytes"] > 0
    assert server.client.get("/users/me/usage").json() == local["days"]
    jobs = server.client.get("/admin/jobs", params={"state": "done"}).json()["items"]
    assert owned["job_id"] in [one["id"] for one in jobs]


def test_a_key_works_until_it_is_revoked(server: LiveServer) -> None:
    made = server.client.post("/keys", json={"name": "script", "days": 1}).json()
    assert re.fullmatch(r"auricle_[A-Za-z0-9]{8}_[A-Za-z0-9_-]{43}", made["key"])
    with server.client_for(made["key"]) as client:
        assert client.get("/users/me").json()["id"] == "local"
        listed = next(one for one in client.get("/keys").json()["items"] if one["id"] == made["id"])
        assert "key" not in listed
        assert listed["used_at"] is not None
        assert client.delete(f"/keys/{made['id']}").status_code == 204
        refused = client.get("/users/me")
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized")
    assert refused.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header",
    ["Bearer x", "Bearer auricle_aaaaaaaa_bbbb", "Basic dXNlcjpw", "auricle_a_b", "Bearer auricle__"],
)
def test_a_key_that_is_none_is_refused_and_not_taken_for_the_local_user(
    server: LiveServer, header: str
) -> None:
    answer = httpx.get(f"{server.url}/recordings", headers={"Authorization": header})
    assert answer.status_code == 401


def test_how_long_recordings_stay_is_everybodys_own_choice(server: LiveServer) -> None:
    with server.member("keeper") as keeper:
        assert keeper.get("/users/me").json()["retention_days"] is None
        assert keeper.patch("/users/me", json={"retention_days": 7}).json()["retention_days"] == 7
        assert keeper.patch("/users/me", json={}).json()["retention_days"] == 7
        assert keeper.patch("/users/me", json={"retention_days": None}).json()["retention_days"] is None
        assert keeper.patch("/users/me", json={"retention_days": 0}).status_code == 422


def test_a_name_is_given_once(server: LiveServer) -> None:
    first = server.client.post("/users", json={"name": "twice"})
    assert first.status_code == 201
    for like in ("twice", "TWICE"):
        assert server.client.post("/users", json={"name": like}).status_code == 409
    other = server.client.post("/users", json={"name": "Straße"}).json()["id"]
    assert server.client.patch(f"/users/{other}", json={"name": "Twice"}).status_code == 409
    assert server.client.patch(f"/users/{other}", json={"name": "STRASSE"}).status_code == 200
    names = [one["name"] for one in server.client.get("/users", params={"limit": 200}).json()["items"]]
    assert names == sorted(names)


def test_a_new_name_is_accounted_for(server: LiveServer) -> None:
    person = server.client.post("/users", json={"name": "before"}).json()["id"]
    for name in ("after", "after"):
        assert server.client.patch(f"/users/{person}", json={"name": name}).json()["name"] == "after"
    events = server.client.get("/admin/audit", params={"action": "user.renamed"}).json()["items"]
    (event,) = [one for one in events if one["subject"] == person]
    assert (event["user_id"], event["detail"]) == ("local", {"before": "before", "name": "after"})


@pytest.mark.parametrize("model", ["evil/whisper", "large-v3", "/etc", "../../etc", "~"])
def test_a_member_cannot_make_the_server_fetch_a_model_or_look_into_folders(
    server: LiveServer, meeting: Path, model: str
) -> None:
    with server.member(f"member of {model}") as member:
        with meeting.open("rb") as file:
            refused = member.post(
                "/recordings", files={"file": file}, data={"options": json.dumps({"model": model})}
            )
        assert (refused.status_code, refused.json()["code"]) == (400, "unknown_model")
        assert "is not here" in refused.json()["detail"]
        recording = server.upload(meeting, member, transcribe="false")["recording"]["id"]
        asked = {"recording_id": recording, "options": {"model": model}}
        assert member.post("/jobs", json=asked).status_code == 400
        engine = {"recording_id": recording, "options": {"engine": "openai-api"}}
        assert member.post("/jobs", json=engine).status_code == 403


def test_a_member_may_name_the_model_that_is_here(server: LiveServer, meeting: Path) -> None:
    with server.member("namer") as member:
        recording = server.transcribed(meeting, member, options=json.dumps({"model": "whisper-1"}))
        assert recording["state"] == "done"


def test_nobody_has_endless_keys(server: LiveServer) -> None:
    with server.member("collector") as member:
        made = [member.post("/keys", json={"name": "k"}) for _ in range(100)]
        assert [answer.status_code for answer in made] == [201] * 99 + [409]
        assert member.delete(f"/keys/{made[0].json()['id']}").status_code == 204
        assert member.post("/keys", json={"name": "k"}).status_code == 201


def test_an_admin_sees_what_somebody_takes_and_the_keys_they_have(server: LiveServer, meeting: Path) -> None:
    person = server.client.post("/users", json={"name": "keyed"}).json()
    assert (person["space"], person["has_password"]) == (0, False)
    with server.client_for(server.key(person["id"])) as member:
        server.upload(meeting, member, transcribe="false")
        assert member.get("/keys", params={"user_id": "local"}).status_code == 403
        assert member.get("/keys", params={"user_id": person["id"]}).json() == member.get("/keys").json()
    (key,) = server.client.get("/keys", params={"user_id": person["id"]}).json()["items"]
    assert key["name"] == "tests"
    people = server.client.get("/users", params={"limit": 200}).json()["items"]
    (listed,) = [one for one in people if one["id"] == person["id"]]
    assert listed["space"] == meeting.stat().st_size
