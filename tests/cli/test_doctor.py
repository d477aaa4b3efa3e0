"""`auricle doctor`: it always answers, and says what to do."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from auricle.cli.doctor import doctor
from auricle.settings import PREFIX

MODEL = Path(__file__).parent.parent / "fixtures" / "whisper-fixture-ct2"

app = typer.Typer()
app.command()(doctor)


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith((PREFIX, "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AURICLE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("AURICLE_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("AURICLE_DEVICE", "cpu")


def examined(status: int) -> dict[str, dict[str, Any]]:
    result = CliRunner().invoke(app, ["--json"], catch_exceptions=False)
    assert result.exit_code == status
    document = json.loads(result.stdout)
    assert document["ok"] is (status == 0)
    return {check["name"]: check for check in document["checks"]}


def test_a_complete_installation_is_ok_and_its_model_really_decodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURICLE_MODEL", str(MODEL))
    checks = examined(status=0)
    assert {"Python", "CPU", "Memory", "CUDA", "Engines", "Codecs", "Free disk"} <= checks.keys()
    for name in (
        "Settings",
        "Python",
        "CPU",
        "Engines",
        "Models",
        "Codecs",
        "Speech detector",
        "Data folder",
    ):
        assert checks[name]["status"] == "ok", checks[name]
    assert checks["Decoding"]["status"] == "ok", checks["Decoding"]
    assert "works on cpu in int8" in checks["Decoding"]["message"]


def test_without_a_model_it_says_how_to_get_one(tmp_path: Path) -> None:
    checks = examined(status=0)
    assert checks["Models"]["status"] == checks["Decoding"]["status"] == "warning"
    assert "auricle models pull" in checks["Models"]["advice"]


def test_a_model_that_is_damaged_is_broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    for file in MODEL.iterdir():
        (damaged / file.name).write_bytes(file.read_bytes()[:1000])
    monkeypatch.setenv("AURICLE_MODEL", str(damaged))
    assert examined(status=1)["Decoding"]["status"] == "broken"


def test_a_wrong_setting_is_a_finding_and_the_rest_is_still_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AURICLE_THREADS", "-1")
    monkeypatch.setenv("HOME", str(Path.cwd()))
    checks = examined(status=1)
    assert checks["Settings"]["status"] == "broken"
    assert "AURICLE_THREADS (environment) is -1" in checks["Settings"]["message"]
    assert checks["Codecs"]["status"] == "ok"


def test_a_data_folder_that_cannot_be_written_is_broken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("AURICLE_DATA_DIR", str(tmp_path / "file" / "data"))
    checks = examined(status=1)
    assert checks["Data folder"]["status"] == "broken"
    assert "AURICLE_DATA_DIR" in checks["Data folder"]["advice"]


def test_looking_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "models").mkdir()
    before = sorted(tmp_path.rglob("*"))
    examined(status=0)
    assert sorted(tmp_path.rglob("*")) == before


def test_the_remote_engine_without_an_address_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURICLE_ENGINE", "openai-api")
    assert "AURICLE_ENGINE_URL" in examined(status=1)["Engines"]["advice"]


def test_in_a_pipe_each_check_is_a_plain_line() -> None:
    result = CliRunner().invoke(app, [], catch_exceptions=False)
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    assert "ok       Codecs: All " in result.stdout
    assert result.stdout.splitlines()[-1].startswith("Auricle can work here")
