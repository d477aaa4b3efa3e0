"""How a server is, as probes and Prometheus see it, and who may see it."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from auricle.engines import SpeechOptions
from auricle.engines.devices import cuda_problem
from auricle.errors import EngineFailed
from auricle.metrics import metrics
from auricle.testing import FakeEngine, say, write_wav
from conftest import ROOT
from live_server import LiveServer, live_server
from place import open_office
from worker_process import soon

#: As a proxy passes on what somebody elsewhere asks.
ELSEWHERE = {"X-Forwarded-For": "203.0.113.7"}


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[LiveServer]:
    """A server where everybody has to prove who they are."""
    with live_server(tmp_path_factory.mktemp("locked"), tiny_model, auth="on") as running:
        yield running


def ask(server: LiveServer, path: str, key: str | None = None, **headers: str) -> httpx.Response:
    authorization = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.get(server.origin + path, headers=authorization | headers, timeout=60)


def samples(server: LiveServer) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """The metrics, by name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(ask(server, "/metrics").text)
        for sample in family.samples
    }


def sample(server: LiveServer, name: str, **labels: str) -> float:
    return samples(server).get((name, tuple(sorted(labels.items()))), 0.0)


def test_a_healthy_server_says_of_everything_that_it_is_fine(make_server: Callable[..., LiveServer]) -> None:
    answer = ask(make_server(), "/health")
    assert answer.status_code == 200
    found = answer.json()
    assert set(found) == {"status", "version", "uptime", "gpu_available", "worker_running", "checks"}
    assert (found["status"], found["gpu_available"], found["worker_running"]) == ("healthy", False, True)
    assert found["checks"] == {
        "api": "ok",
        "database": "ok",
        "storage": "ok",
        "broker": "ok",
        "model": "not loaded yet",
        "gpu": "none",
    }


def test_a_model_is_loaded_once_it_was_needed(server: LiveServer, meeting: Path) -> None:
    server.transcribed(meeting)
    soon(lambda: ask(server, "/health").json()["checks"]["model"] == "loaded", "the model is seen")


def test_a_model_that_cannot_be_had_is_said(tmp_path: Path) -> None:
    with live_server(tmp_path, Path("small"), offline=True, models_dir=tmp_path / "models") as server:
        found = ask(server, "/health").json()
    assert found["status"] == "degraded"
    assert found["checks"]["model"].startswith("The model small is not complete in")


@pytest.mark.skipif(cuda_problem() is None, reason="this machine has a GPU")
def test_a_gpu_that_is_asked_for_and_cannot_be_used_is_said(make_server: Callable[..., LiveServer]) -> None:
    found = ask(make_server(device="cuda"), "/health").json()
    assert (found["status"], found["gpu_available"]) == ("degraded", False)
    assert found["checks"]["gpu"] == cuda_problem()


def test_without_its_storage_a_server_is_unhealthy(
    make_server: Callable[..., LiveServer], tmp_path: Path
) -> None:
    server = make_server(auth="on", storage_url=(tmp_path / "blobs").as_uri())
    (tmp_path / "blobs").write_text("What is no folder keeps no files.")
    answer = ask(server, "/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "unhealthy")
    assert answer.json()["checks"]["storage"].startswith("Nothing can be stored")
    outside = ask(server, "/health", **ELSEWHERE)
    assert (outside.status_code, outside.json()) == (503, {"status": "unhealthy"})


def test_a_server_whose_work_others_do_has_no_model(make_server: Callable[..., LiveServer]) -> None:
    server = make_server(broker_url="redis://127.0.0.1:1/0")
    found = ask(server, "/health").json()
    assert found["checks"]["model"] == found["checks"]["gpu"] == "with the workers"
    assert "cannot be reached" in found["checks"]["broker"]
    assert (found["status"], found["worker_running"]) == ("degraded", False)


def test_a_server_that_ends_is_not_ready_and_still_alive(make_server: Callable[..., LiveServer]) -> None:
    server = make_server()
    assert ask(server, "/health/ready").status_code == 200
    server.app.state.watch.stop()
    answer = ask(server, "/health/ready")
    assert (answer.status_code, answer.json()["code"]) == (503, "draining")
    assert ask(server, "/health/live").json() == {"status": "live"}


def test_everybody_may_see_the_state_and_nothing_else(locked: LiveServer) -> None:
    key = locked.key("local", scopes=["read", "write", "transcribe"])
    for headers in (ELSEWHERE, {"Host": "auricle.example.org"}, {"Forwarded": "for=203.0.113.7"}):
        assert ask(locked, "/health", **headers).json() == {"status": "healthy"}
        assert ask(locked, "/health", key, **headers).json() == {"status": "healthy"}
        assert ask(locked, "/health/live", **headers).json() == {"status": "live"}
        assert ask(locked, "/health/ready", **headers).status_code == 200
        assert ask(locked, "/metrics", **headers).status_code == 401
        assert ask(locked, "/metrics", key, **headers).status_code == 403


@pytest.mark.parametrize("scope", ["metrics", "admin"])
def test_a_key_with_the_scope_sees_details_and_metrics(locked: LiveServer, scope: str) -> None:
    key = locked.key("local", scopes=[scope])
    assert "checks" in ask(locked, "/health", key, **ELSEWHERE).json()
    assert "auricle_requests_total" in ask(locked, "/metrics", key, **ELSEWHERE).text


def test_a_member_sees_the_state_only(locked: LiveServer) -> None:
    key = locked.key(locked.client.post("/users", json={"name": "member"}).json()["id"])
    assert ask(locked, "/health", key, **ELSEWHERE).json() == {"status": "healthy"}
    assert ask(locked, "/metrics", key, **ELSEWHERE).status_code == 403


def test_this_machine_needs_no_key(locked: LiveServer) -> None:
    assert "checks" in ask(locked, "/health").json()
    assert ask(locked, "/metrics").headers["content-type"].startswith("text/plain; version=0.0.4")


def test_requests_are_counted_by_route_and_never_by_what_people_make_up(server: LiveServer) -> None:
    route = {"route": "/api/v1/jobs/{job_id}", "method": "GET"}
    before = sample(server, "auricle_requests_total", status="404", **route)
    nowhere = {"route": "unmatched", "method": "GET", "status": "404"}
    lost = sample(server, "auricle_requests_total", **nowhere)
    for number in range(5):
        assert server.client.get(f"/jobs/none-{number}").status_code == 404
        assert ask(server, f"/made-up/{number}").status_code == 404
    assert sample(server, "auricle_requests_total", status="404", **route) == before + 5
    assert sample(server, "auricle_request_seconds_count", **route) >= before + 5
    assert sample(server, "auricle_requests_total", **nowhere) == lost + 5
    assert "none-" not in ask(server, "/metrics").text
    assert "made-up" not in ask(server, "/metrics").text


def test_a_made_up_method_is_no_label_of_its_own(server: LiveServer) -> None:
    httpx.request("PROPFIND", f"{server.origin}/api/v1/jobs")
    assert sample(server, "auricle_requests_total", route="unmatched", method="PROPFIND", status="405") == 0
    assert 'method="other"' in ask(server, "/metrics").text


def test_the_request_that_asks_is_in_flight(server: LiveServer) -> None:
    assert sample(server, "auricle_requests_in_flight") >= 1


def test_a_model_in_memory_is_a_number_of_bytes(server: LiveServer, meeting: Path) -> None:
    server.transcribed(meeting)
    assert sample(server, "auricle_models_loaded") >= 1
    assert sample(server, "auricle_model_memory_bytes", memory="host") > 1_000_000
    assert sample(server, "process_resident_memory_bytes") > 30_000_000


def test_a_model_that_is_unloaded_gives_its_bytes_back(tiny_model: Path, tmp_path: Path) -> None:
    before = [metrics().registry.get_sample_value("auricle_models_loaded") or 0.0, memory()]
    with live_server(tmp_path, tiny_model, model_idle=0) as server:
        server.transcribed(write_wav(tmp_path / "talk.wav", say("Alpha bravo.")))
        assert metrics().registry.get_sample_value("auricle_models_loaded") == before[0] + 1
        assert memory() > before[1]
    assert [metrics().registry.get_sample_value("auricle_models_loaded"), memory()] == before


def memory() -> float:
    return metrics().registry.get_sample_value("auricle_model_memory_bytes", {"memory": "host"}) or 0.0


def test_who_is_refused_is_counted(locked: LiveServer) -> None:
    before = sample(locked, "auricle_requests_refused_total", reason="key")
    assert ask(locked, "/api/v1/jobs", "auricle_none_such").status_code == 401
    assert sample(locked, "auricle_requests_refused_total", reason="key") == before + 1


def test_a_quota_that_is_used_up_is_counted(make_server: Callable[..., LiveServer], meeting: Path) -> None:
    server = make_server(quota_space=0)
    before = sample(server, "auricle_requests_refused_total", reason="quota")
    assert server.client.put("/recordings", content=meeting.read_bytes()).status_code == 429
    assert sample(server, "auricle_requests_refused_total", reason="quota") == before + 1


class Tired(FakeEngine):
    """Fails the first time it is asked."""

    def transcribe(self, windows: object, options: SpeechOptions) -> object:
        if not self.rested:
            self.rested = True
            raise EngineFailed("Not now.")
        return super().transcribe(windows, options)

    rested = False


def test_attempts_are_counted_by_how_they_ended(tmp_path: Path) -> None:
    office = open_office(tmp_path / "office", Tired())
    job = office.ask(office.upload(write_wav(tmp_path / "talk.wav", say("Alpha bravo."))))

    def ended(outcome: str) -> float:
        labels = {"stage": "transcribe", "outcome": outcome}
        return metrics().registry.get_sample_value("auricle_tasks_total", labels) or 0.0

    retried, done = ended("retried"), ended("done")
    office.work()
    assert (ended("retried"), ended("done")) == (retried + 1, done)
    office.database.close()
    assert job


def test_every_metric_stands_in_the_documentation(server: LiveServer) -> None:
    page = (ROOT / "docs" / "observability.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(auricle_\w+)` \|", page, re.MULTILINE))
    shown = {
        family.name + ("_total" if family.type == "counter" else "")
        for family in text_string_to_metric_families(ask(server, "/metrics").text)
        if family.name.startswith("auricle_")
    }
    assert documented == shown


def test_every_label_stands_in_the_documentation(server: LiveServer, meeting: Path) -> None:
    server.transcribed(meeting)
    page = (ROOT / "docs" / "observability.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \|", page, re.MULTILINE))
    for name, labels in samples(server):
        family = re.sub(r"_(bucket|sum|count)$", "", name)
        if family in rows:
            known = {label.strip() for label in rows[family].split(",")} | {"le", ""}
            assert {label for label, _ in labels} <= known, name
