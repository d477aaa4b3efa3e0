"""Models an admin fetches, loads and unloads, from a hub on this machine."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from auricle.store.schema import AuditEvent
from fake_hub import COMMIT, FakeHub
from live_server import LiveServer
from model_cache import TINY, put_into

SIZE = sum(path.stat().st_size for path in TINY.iterdir())


@pytest.fixture
def server(make_server: Callable[..., LiveServer], models_dir: Path, hub: FakeHub) -> LiveServer:
    """A server with a model cache and a hub of its own; its configured model is a folder."""
    return make_server(models_dir=models_dir, hf_endpoint=hub.address)


def models(server: LiveServer) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in server.client.get("/admin/models").json()}


def ask(server: LiveServer, model: str, what: str) -> Any:
    return server.client.post(f"/admin/models/{model}/{what}")


def fetched(server: LiveServer, model: str) -> dict[str, Any]:
    """A model when its download has ended."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = models(server)[model]
        if found["fetching"] is None or found["fetching"]["error"]:
            return found
        time.sleep(0.02)
    raise AssertionError("The download did not end.")


def audited(server: LiveServer) -> list[tuple[str, str]]:
    with server.service.database.read() as session:
        events = session.scalars(
            select(AuditEvent).where(AuditEvent.action.startswith("model.")).order_by(AuditEvent.id)
        )
        return [(event.action, event.subject) for event in events]


def test_models_that_are_here_come_before_those_that_could_be(server: LiveServer, models_dir: Path) -> None:
    put_into(models_dir)
    found = models(server)
    assert list(found)[:3] == [TINY.name, "pocketsphinx", "tiny"]
    own, tiny, large = found[TINY.name], found["tiny"], found["large-v3"]
    assert (own["configured"], own["state"], own["repository"]) == (True, "installed", None)
    assert (tiny["configured"], tiny["state"], tiny["revision"]) == (False, "installed", COMMIT)
    assert tiny["size"] == SIZE + len(COMMIT)
    assert (large["state"], large["size"], large["repository"]) == (
        "absent",
        None,
        "Systran/faster-whisper-large-v3",
    )
    assert "large" not in found


def test_a_model_is_fetched_in_the_background(server: LiveServer, hub: FakeHub) -> None:
    begun = ask(server, "Systran/faster-whisper-tiny", "fetch")
    assert (begun.status_code, begun.json()["id"]) == (202, "tiny")
    assert fetched(server, "tiny")["state"] == "installed"
    assert audited(server) == [("model.fetched", "tiny")]
    again = ask(server, "tiny", "fetch")
    assert (again.status_code, again.json()["state"]) == (200, "installed")
    assert hub.downloads("vocabulary.json") == 1


def test_a_download_that_stops_says_why_and_goes_on_when_asked_again(
    server: LiveServer, hub: FakeHub
) -> None:
    hub.refusals = [(403, {})]
    ask(server, "tiny", "fetch")
    stopped = fetched(server, "tiny")
    assert "accepted its terms" in stopped["fetching"]["error"]
    assert audited(server) == []
    ask(server, "tiny", "fetch")
    assert fetched(server, "tiny")["state"] == "installed"


def test_progress_is_counted_over_all_files(server: LiveServer, hub: FakeHub) -> None:
    hub.damaged = {"model.bin"}
    ask(server, "tiny", "fetch")
    fetching = fetched(server, "tiny")["fetching"]
    assert (fetching["done"], fetching["total"]) == (SIZE, SIZE)
    assert "arrived damaged" in fetching["error"]


def test_what_cannot_be_fetched_is_said_at_once(
    make_server: Callable[..., LiveServer], models_dir: Path, hub: FakeHub, tmp_path: Path
) -> None:
    server = make_server(models_dir=models_dir, hf_endpoint=hub.address, offline=True)
    offline = ask(server, "tiny", "fetch")
    assert (offline.status_code, "AURICLE_OFFLINE" in offline.json()["detail"]) == (503, True)
    wrong = ask(server, "larg-v3", "fetch")
    assert (wrong.status_code, "Did you mean large-v3" in wrong.json()["detail"]) == (400, True)
    assert hub.requests == []


def test_a_model_is_loaded_and_unloaded(server: LiveServer, models_dir: Path) -> None:
    put_into(models_dir)
    assert models(server)["tiny"]["loaded"] is False
    assert ask(server, "tiny", "load").json()["loaded"] is True
    assert ask(server, "Systran/faster-whisper-tiny", "load").json()["loaded"] is True
    (key,) = server.service.place.engines.loaded
    with server.service.place.engines.lease(key, _not_again):
        assert models(server)["tiny"]["in_use"] is True
        refused = ask(server, "tiny", "unload")
        assert (refused.status_code, "in use" in refused.json()["detail"]) == (409, True)
    assert models(server)["tiny"]["in_use"] is False
    assert ask(server, "tiny", "unload").json()["loaded"] is False
    assert server.service.place.engines.loaded == []
    assert audited(server) == [
        ("model.loaded", "tiny"),
        ("model.loaded", "tiny"),
        ("model.unloaded", "tiny"),
    ]


def _not_again() -> Any:
    raise AssertionError("It is loaded already.")


def test_a_job_uses_the_model_that_was_loaded(server: LiveServer, models_dir: Path, meeting: Path) -> None:
    put_into(models_dir)
    for model, options in ((TINY.name, "{}"), ("tiny", '{"model": "tiny"}')):
        ask(server, model, "load")
        loaded = server.service.place.engines.loaded
        assert len(loaded) == 1
        server.transcribed(meeting, options=options)
        assert server.service.place.engines.loaded == loaded
        ask(server, model, "unload")


@pytest.mark.parametrize("act", ["load", "unload"])
def test_a_model_that_is_not_here_is_not_touched(server: LiveServer, act: str) -> None:
    assert ask(server, "nobody/nothing", act).status_code == 404
    assert ask(server, "no such model", act).status_code == 400
    absent = ask(server, "base", act)
    assert absent.status_code == (409 if act == "load" else 200)
    assert server.service.place.engines.loaded == []


def test_folders_elsewhere_are_out_of_reach(server: LiveServer, tmp_path: Path) -> None:
    own = shutil.copytree(TINY, tmp_path / "own")
    for name in (str(own), os.path.relpath(own)):
        assert ask(server, name, "load").status_code in (400, 404)
    assert server.service.place.engines.loaded == []


def test_where_other_processes_recognize_speech_they_load_models(
    make_server: Callable[..., LiveServer], tmp_path: Path
) -> None:
    pytest.importorskip("celery")
    server = make_server(broker_url="redis://127.0.0.1:1/0")
    answer = ask(server, TINY.name, "load")
    assert (answer.status_code, "Other processes" in answer.json()["detail"]) == (409, True)
    assert server.client.get("/admin/system").json()["device"]["name"] is None
