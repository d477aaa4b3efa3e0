"""What an admin sees of the installation and of everybody's jobs, and what an admin does about them."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from auricle.settings import Settings, load_settings
from auricle.store.schema import AuditEvent, Job, Task, now
from live_server import LiveServer, live_server

AUTH = "on"


@contextlib.contextmanager
def served(settings: Settings) -> Iterator[LiveServer]:
    """A server with settings from where people keep them."""
    server = LiveServer(settings)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def idle(tmp_path: Path, tiny_model: Path) -> Iterator[LiveServer]:
    """A server on which nobody works."""
    with live_server(tmp_path, tiny_model, auth="on", gpu_workers=0, cpu_workers=0) as server:
        yield server


def test_every_setting_is_shown_with_where_it_comes_from(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / ".env").write_text("AURICLE_TRASH_DAYS=7\n")
    (tmp_path / "auricle.toml").write_text('hf_token = "hf_very_secret"\nthreads = 1\n')
    monkeypatch.setenv("AURICLE_AUTH", "off")
    monkeypatch.setenv("AURICLE_ENGINE_URL", "http://me:pass@example.com/v1")
    with served(load_settings(data_dir=tmp_path / "data", model=str(tiny_model))) as server:
        answer = server.client.get("/admin/settings")
    shown = {one["name"]: one for one in answer.json()}
    assert set(shown) == set(Settings.model_fields)
    found = {name: (one["value"], one["source"], one["path"]) for name, one in shown.items()}
    assert found["auth"] == ("off", "environment", None)
    assert found["trash_days"] == ("7", "env_file", str(tmp_path / ".env"))
    assert found["threads"] == ("1", "toml", str(tmp_path / "auricle.toml"))
    assert found["model"] == (str(tiny_model), "flag", None)
    assert found["port"] == ("8000", "default", None)
    assert found["hf_token"][0] == "set"
    assert found["engine_key"][0] == "not set"
    assert found["engine_url"][0] == "http://********@example.com/v1"
    assert "very_secret" not in answer.text
    assert "pass@" not in answer.text
    assert shown["trash_days"]["variable"] == "AURICLE_TRASH_DAYS"
    assert all(one["meaning"] and one["group"] and one["allowed"] for one in shown.values())


def test_the_system_says_what_it_runs_on(server: LiveServer) -> None:
    system = server.client.get("/admin/system").json()
    assert (system["database"], system["broker"], system["storage"]) == ("sqlite", "threads", "disk")
    assert system["data_dir"] == str(server.settings.data_dir)
    assert 0 < system["disk_free"] <= system["disk_total"]
    assert 0 < system["memory_used"] <= system["memory_total"]
    assert 0 < system["memory_limit"] <= system["memory_total"]
    assert system["cpus"] >= 1
    assert system["device"] == {"name": "cpu", "compute_type": "int8", "reason": "AURICLE_DEVICE is cpu."}


def test_jobs_have_an_owner_and_a_length_and_say_nothing_more(server: LiveServer, meeting: Path) -> None:
    with server.member("Anna") as anna:
        accepted = server.upload(
            meeting, anna, title="Very private", options='{"prompt": "Project Falcon", "language": "en"}'
        )
        server.wait(accepted["job"]["id"], anna)
        me = anna.get("/users/me").json()["id"]
    answer = server.client.get("/admin/jobs", params={"owner_id": me, "state": ["done", "dead"]})
    (job,) = answer.json()["items"]
    assert (job["owner"], job["owner_id"], job["id"]) == ("Anna", me, accepted["job"]["id"])
    assert job["duration"] > 0
    assert job["options"] == {"engine": "faster-whisper", "model": job["options"]["model"], "language": "en"}
    assert "private" not in answer.text
    assert "Falcon" not in answer.text
    assert server.client.get("/admin/jobs", params={"owner_id": me, "state": "dead"}).json()["items"] == []
    assert server.client.get("/admin/jobs", params={"state": "none"}).status_code == 422


def test_an_admin_stops_and_retries_the_jobs_of_others(idle: LiveServer, talk: Path) -> None:
    with idle.member("Ben") as ben:
        job = idle.upload(talk, ben)["job"]["id"]
    stopped = idle.client.post(f"/admin/jobs/{job}/cancel").json()
    assert (stopped["state"], stopped["owner"]) == ("cancelled", "Ben")
    assert idle.client.post(f"/admin/jobs/{job}/cancel").json()["state"] == "cancelled"
    again = idle.client.post(f"/admin/jobs/{job}/retry").json()
    assert (again["state"], again["owner"]) == ("queued", "Ben")
    refused = idle.client.post(f"/admin/jobs/{job}/retry")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert idle.client.post("/admin/jobs/nothing/retry").status_code == 404
    assert actions(idle, "job.") == [("job.retried", job), ("job.cancelled", job)]


def test_an_admin_sees_who_does_what_of_the_jobs_of_others(idle: LiveServer, talk: Path) -> None:
    with idle.member("Dora") as dora:
        job = idle.upload(talk, dora)["job"]["id"]
        tasks = idle.client.get(f"/admin/jobs/{job}/tasks").json()["items"]
        assert tasks == dora.get(f"/jobs/{job}/tasks").json()["items"]
    assert [(one["stage"], one["state"], one["attempt"]) for one in tasks] == [("prepare", "queued", 0)]
    assert idle.client.get("/admin/jobs/nothing/tasks").status_code == 404


def test_dead_jobs_are_tried_again_all_at_once(idle: LiveServer, talk: Path) -> None:
    accepted = [idle.upload(talk) for _ in range(3)]
    assert idle.client.post("/admin/jobs/retry-dead").json() == {"retried": 0}
    with idle.service.database.write() as session:
        session.execute(update(Task).values(state="dead", finished_at=now()))
        session.execute(update(Job).values(state="dead", finished_at=now()))
    idle.client.delete(f"/recordings/{accepted[0]['recording']['id']}")
    assert idle.client.post("/admin/jobs/retry-dead").json() == {"retried": 2}
    thrown = idle.client.post(f"/admin/jobs/{accepted[0]['job']['id']}/retry")
    assert (thrown.status_code, "restore it first" in thrown.json()["detail"]) == (404, True)
    states = [one["state"] for one in idle.client.get("/admin/jobs").json()["items"]]
    assert states == ["queued", "queued", "dead"]
    assert [action for action, _ in actions(idle, "jobs.")] == ["jobs.retried"]


def test_the_audit_is_narrowed(idle: LiveServer) -> None:
    with idle.member("Carla") as carla:
        carla.post("/keys", json={"name": "script"})
        me = carla.get("/users/me").json()["id"]
    with idle.service.database.write() as session:
        long_ago = now() - timedelta(days=3)
        session.add(AuditEvent(action="key.made", user_id=me, at=long_ago, subject="old"))
    theirs = audited(idle.client, user_id=me)
    assert [one["subject"] == "old" for one in theirs] == [True, False]
    assert audited(idle.client, action="key.", user_id=me) == theirs
    assert audited(idle.client, action="recording.", user_id=me) == []
    yesterday = f"{now() - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    assert audited(idle.client, user_id=me, since=yesterday) == theirs[1:]
    assert audited(idle.client, user_id=me, since="0001-01-01") == theirs
    assert audited(idle.client, user_id=me, since="9999-12-31") == []
    assert audited(idle.client, action="%") == []
    assert {one["action"] for one in audited(idle.client)} >= {"key.made", "user.added"}


def audited(client: httpx.Client, **how: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/admin/audit", params=how).json()["items"]
    return found


def actions(server: LiveServer, prefix: str) -> list[tuple[str, str]]:
    return [(one["action"], one["subject"]) for one in audited(server.client, action=prefix)]
