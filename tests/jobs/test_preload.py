"""Models that are in memory before anybody asks for them."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from auricle.errors import InvalidSetting, ModelUnavailable
from auricle.server.service import running
from auricle.settings import Settings, load_settings
from live_server import LiveServer
from worker_process import open_site


def known(folder: Path, **settings: object) -> Settings:
    """A server's settings that reach no network."""
    return Settings(
        data_dir=folder / "data", models_dir=folder / "models", offline=True, device="cpu", **settings
    )


def test_a_server_that_answers_has_its_model_in_memory(
    make_server: Callable[..., LiveServer], tiny_model: Path
) -> None:
    server = make_server(preload_models=str(tiny_model))
    found = httpx.get(f"{server.origin}/health").json()
    assert found["checks"]["model"] == "loaded"


def test_without_it_the_model_is_loaded_when_it_is_needed(make_server: Callable[..., LiveServer]) -> None:
    found = httpx.get(f"{make_server().origin}/health").json()
    assert found["checks"]["model"] == "not loaded yet"


def test_several_models_are_loaded(tmp_path: Path, tiny_model: Path) -> None:
    other = tmp_path / "other"
    other.symlink_to(tiny_model)
    settings = known(tmp_path, model=str(tiny_model), preload_models=f"{tiny_model}, {other}")
    with running(settings) as service:
        assert len(service.place.engines.loaded) == 2


def test_a_model_that_cannot_be_had_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running(known(tmp_path, preload_models="small")) as service:
        assert service.place.engines.loaded == []
    said = capsys.readouterr()
    assert "model_not_preloaded" in said.out + said.err


def test_where_it_is_a_must_nothing_starts_without_it(tmp_path: Path) -> None:
    settings = known(tmp_path, preload_models="small", preload_force=True)
    with (
        pytest.raises(ModelUnavailable, match=r"AURICLE_PRELOAD_FORCE is on, and the model small .*missing"),
        running(settings),
    ):
        pytest.fail("it started")


def test_a_substitute_does_not_count(tmp_path: Path) -> None:
    settings = known(tmp_path, preload_models="base", preload_force=True)
    with (
        pytest.raises(ModelUnavailable, match=r"model base .*No Whisper model could be had"),
        running(settings),
    ):
        pytest.fail("it started")


def test_a_worker_is_ready_when_its_model_is_loaded(tmp_path: Path) -> None:
    site = open_site(tmp_path / "site")
    process = site.start("--queues", "gpu", preload_models="base", preload_force=True)
    assert process.ask("/health/ready").json()["preloading"] is False
    (event,) = process.events("model_preloaded")
    assert event["model"] == "base"
    site.close()


def test_a_worker_that_does_not_recognize_speech_loads_nothing(tmp_path: Path) -> None:
    site = open_site(tmp_path / "site")
    process = site.start("--queues", "cpu", preload_models="base", preload_force=True)
    process.ready()
    assert process.events("model_preloading") == []
    site.close()


def test_names_of_models_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURICLE_PRELOAD_MODELS", " , ")
    with pytest.raises(InvalidSetting, match="has to be names of models, several separated by commas"):
        load_settings()
