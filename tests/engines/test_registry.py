"""Which engine the settings open, and what they may not ask of it."""

from pathlib import Path

import pytest

from auricle.engines.registry import open_engine
from auricle.errors import InvalidSetting, ModelUnavailable
from auricle.settings import Settings

NOBODY = "http://127.0.0.1:9"


def settings(folder: Path, **values: object) -> Settings:
    return Settings(models_dir=folder, hf_endpoint=NOBODY, hub_timeout=1.0, **values)


def test_a_model_s_folder_is_opened_and_its_place_stays_private(tmp_path: Path, tiny_model: Path) -> None:
    engine = open_engine(settings(tmp_path, model=str(tiny_model)))
    assert (engine.identity.name, engine.identity.model) == ("faster-whisper", tiny_model.name)
    assert (engine.identity.revision or "").startswith("local-")
    engine.close()


@pytest.mark.parametrize("offline", [True, False])
def test_auto_takes_pocketsphinx_where_no_model_can_be_had_and_says_why(
    tmp_path: Path, offline: bool
) -> None:
    engine = open_engine(settings(tmp_path, offline=offline))
    assert engine.identity.name == "pocketsphinx"
    assert "No Whisper model could be had" in engine.identity.warnings[0]
    assert "often wrong" in engine.identity.warnings[-1]


def test_auto_does_not_replace_a_model_that_was_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="small"):
        open_engine(settings(tmp_path, model="small"))


@pytest.mark.parametrize(
    ("engine", "name", "value"),
    [
        ("pocketsphinx", "model", "small"),
        ("pocketsphinx", "device", "cuda"),
        ("openai-api", "compute_type", "int8"),
        ("openai-api", "threads", 2),
        ("openai-whisper", "compute_type", "int8"),
    ],
)
def test_a_setting_that_the_engine_could_only_ignore_is_refused(
    tmp_path: Path, engine: str, name: str, value: object
) -> None:
    with pytest.raises(InvalidSetting, match=f"AURICLE_{name.upper()} is {value}.*{engine}"):
        open_engine(settings(tmp_path, engine=engine, **{name: value}))


def test_a_remote_engine_is_refused_offline(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="OFFLINE"):
        open_engine(settings(tmp_path, engine="openai-api", engine_url=NOBODY, offline=True))
