"""Whether an engine could be opened, known without opening it."""

from pathlib import Path

import pytest

from auricle.engines.availability import engine_problem, gpu_problem, has_gpu
from auricle.engines.devices import cuda_problem
from auricle.settings import Settings


def settings(tmp_path: Path, **ours: object) -> Settings:
    return Settings(**{"models_dir": tmp_path, "device": "cpu", **ours})


def test_a_model_that_is_here_is_no_problem(tmp_path: Path, tiny_model: Path) -> None:
    for engine in ("auto", "faster-whisper"):
        assert engine_problem(settings(tmp_path, engine=engine, model=str(tiny_model), offline=True)) is None


def test_a_model_that_can_be_fetched_is_no_problem(tmp_path: Path) -> None:
    assert engine_problem(settings(tmp_path, model="small")) is None


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        ({"model": "small", "offline": True}, "The model small is not complete in"),
        ({"model": "smal"}, "There is no model 'smal'. Did you mean small"),
        ({"engine": "auto", "offline": True}, "PocketSphinx is used, which hears far less well: The model"),
        ({"engine": "openai-api", "model": "x"}, "AURICLE_ENGINE_URL"),
        ({"engine": "openai-api", "engine_url": "http://127.0.0.1:1/v1", "offline": True}, "AURICLE_OFFLINE"),
        ({"engine": "pocketsphinx", "threads": 2}, "AURICLE_THREADS is 2"),
    ],
)
def test_what_stands_in_the_way_is_said(tmp_path: Path, ours: dict[str, object], said: str) -> None:
    assert said in (engine_problem(settings(tmp_path, **ours)) or "nothing")


@pytest.mark.parametrize(
    "ours", [{"engine": "pocketsphinx"}, {"engine": "openai-api", "engine_url": "http://127.0.0.1:1/v1"}]
)
def test_engines_without_a_model_of_ours_have_no_problem(tmp_path: Path, ours: dict[str, object]) -> None:
    assert engine_problem(settings(tmp_path, **ours)) is None


def test_a_gpu_nobody_wants_is_no_problem(tmp_path: Path) -> None:
    for ours in ({"device": "cpu"}, {"device": "auto", "engine": "pocketsphinx"}):
        assert gpu_problem(settings(tmp_path, **ours)) is None
        assert not has_gpu(settings(tmp_path, **ours))


def test_a_gpu_that_is_asked_for_is_there_or_missed(tmp_path: Path) -> None:
    wanted = settings(tmp_path, device="cuda")
    assert gpu_problem(wanted) == cuda_problem()
    assert has_gpu(wanted) is (cuda_problem() is None)
