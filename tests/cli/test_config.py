"""`auricle config`: what people and scripts get to see."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from auricle.cli.config import app
from auricle.errors import InvalidSetting
from auricle.settings import PREFIX, Settings, load_settings
from auricle.settings.examples import env_example, toml_example


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith((PREFIX, "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def printed(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def row(setting: str) -> list[str]:
    [line] = [line for line in printed("show").splitlines() if line.startswith(f"{setting} ")]
    return line.split()


def test_show_lists_every_setting_with_value_unit_and_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURICLE_PART_LENGTH", "300")
    Path("auricle.toml").write_text("offline = true\n")
    assert [line.split()[0] for line in printed("show").splitlines()] == ["setting", *Settings.model_fields]
    assert row("part_length") == ["part_length", "300", "s", "environment"]
    assert row("offline") == ["offline", "true", "auricle.toml"]
    assert row("max_streams") == ["max_streams", "64", "streams", "default"]
    assert row("language") == ["language", "detected", "default"]


def test_show_cuts_nothing_off_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("AURICLE_PROMPT", "word " * 100)
    assert ("word " * 100).strip() in printed("show")


def test_show_keeps_a_value_of_several_lines_on_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURICLE_PROMPT", "Ada\nGrace [red]")
    assert row("prompt") == ["prompt", "Ada", "Grace", "[red]", "environment"]


def test_show_never_prints_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURICLE_HF_TOKEN", "hf_verysecret")
    assert row("hf_token") == ["hf_token", "********", "environment"]
    assert "hf_verysecret" not in printed("show", "--json")


def test_show_as_json_has_values_as_numbers_and_nothing_as_null(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURICLE_HF_TOKEN", "hf_verysecret")
    document = json.loads(printed("show", "--json"))
    assert list(document) == list(Settings.model_fields)
    assert document["part_length"] == {"value": 600.0, "unit": "s", "source": "default", "secret": False}
    assert document["hf_token"] == {
        "value": "********",
        "unit": None,
        "source": "environment",
        "secret": True,
    }
    assert document["model"]["value"] is None
    assert document["offline"]["value"] is False


def test_check_says_that_all_is_right_and_which_file_was_read() -> None:
    assert printed("check") == "The configuration is right.\n"
    Path("auricle.toml").write_text("threads = 2\n")
    assert printed("check") == "The configuration is right, auricle.toml included.\n"


def test_check_fails_with_status_2_and_everything_that_is_wrong() -> None:
    Path("auricle.toml").write_text('threads = -2\ndevice = "tpu"\n')
    error = CliRunner().invoke(app, ["check"]).exception
    assert isinstance(error, InvalidSetting)
    assert error.exit_status == 2
    assert "threads (auricle.toml) is -2" in str(error)
    assert "device (auricle.toml) is tpu" in str(error)


def test_check_of_a_file_looks_at_that_file_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURICLE_THREADS", "wrong")
    Path("other.toml").write_text("threads = 2\n")
    assert printed("check", "other.toml") == "other.toml is right.\n"


@pytest.mark.parametrize(("form", "example"), [("env", env_example()), ("toml", toml_example())])
def test_example_prints_a_file_to_start_from(form: str, example: str) -> None:
    assert printed("example", "--format", form) == example


def test_an_example_in_place_changes_nothing() -> None:
    Path("auricle.toml").write_text(printed("example"))
    assert load_settings() == Settings()
