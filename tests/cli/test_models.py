"""`auricle models` as somebody at a shell sees it, against a hub on this machine."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from auricle.cli.models import app
from auricle.errors import NotFound
from fake_hub import COMMIT, FakeHub, running_hub, tiny_repository

SNAPSHOT = f"models--Systran--faster-whisper-tiny/snapshots/{COMMIT}"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeHub]:
    for name in [name for name in os.environ if name.startswith("AURICLE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setenv("AURICLE_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with running_hub() as hub:
        monkeypatch.setenv("AURICLE_HF_ENDPOINT", hub.address)
        yield hub


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_pull_prints_where_the_model_is(hub: FakeHub, tmp_path: Path) -> None:
    result = run("pull", "tiny")
    assert result.exit_code == 0
    assert result.stdout == f"tiny: {tmp_path / 'models' / SNAPSHOT}\n"


def test_the_exit_status_of_pull_counts_the_failures_and_the_rest_is_fetched(hub: FakeHub) -> None:
    result = run("pull", "basee", "nobody/nothing", "tiny")
    assert result.exit_code == 2
    assert result.stdout.startswith("tiny: ")
    assert "basee: There is no model 'basee'. Did you mean base" in result.stderr
    assert "nobody/nothing: The model hub has no model" in result.stderr


def test_pull_tells_in_plain_lines_how_far_a_large_file_is(hub: FakeHub) -> None:
    hub.repositories["Systran/faster-whisper-tiny"] = tiny_repository() | {"model.bin": bytes(5_000_000)}
    lines = run("pull", "tiny").stderr.splitlines()
    assert lines[-1] == "tiny: model.bin 100 % of 5 MB"
    assert len(lines) <= 10


def test_pull_all_fetches_what_auricle_may_choose_and_what_is_set(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = hub.repositories["Systran/faster-whisper-tiny"]
    hub.repositories |= {
        "Systran/faster-whisper-base": files,
        "Systran/faster-whisper-small": files,
        "mobiuslabsgmbh/faster-whisper-large-v3-turbo": files,
    }
    monkeypatch.setenv("AURICLE_MODEL", "tiny")
    result = run("pull", "--all")
    assert result.exit_code == 0
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == [
        "tiny",
        "base",
        "small",
        "large-v3-turbo",
    ]


def test_pull_all_leaves_the_model_of_a_remote_engine_to_it(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURICLE_ENGINE", "openai-api")
    monkeypatch.setenv("AURICLE_MODEL", "whisper-1")
    assert "whisper-1" not in run("pull", "--all").output


def test_pull_of_nothing_is_a_mistake_in_the_call(hub: FakeHub) -> None:
    assert run("pull").exit_code == 2


def test_pull_uses_the_token_of_the_settings(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURICLE_HF_TOKEN", "hf_made_up")
    result = run("pull", "tiny")
    assert "Bearer hf_made_up" in hub.tokens
    assert "hf_made_up" not in result.output


def test_offline_makes_no_request(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURICLE_OFFLINE", "1")
    result = run("pull", "tiny")
    assert result.exit_code == 1
    assert "model.bin" in result.stderr
    assert hub.requests == []


def test_list_shows_known_models_and_those_that_are_here(hub: FakeHub, tmp_path: Path) -> None:
    hub.repositories["someone/tiny-ct2"] = hub.repositories["Systran/faster-whisper-tiny"]
    run("pull", "tiny", "someone/tiny-ct2")
    rows = {row["name"]: row for row in json.loads(run("list", "--json").stdout)}
    assert rows["tiny"]["state"] == rows["someone/tiny-ct2"]["state"] == "installed"
    assert rows["tiny"]["path"] == str(tmp_path / "models" / SNAPSHOT)
    assert rows["tiny"]["revision"] == COMMIT
    assert rows["tiny"]["size"] > len(tiny_repository()["model.bin"])
    assert rows["large-v3"] == {
        "name": "large-v3",
        "repository": "Systran/faster-whisper-large-v3",
        "state": "absent",
        "size": 0,
        "revision": None,
        "path": None,
    }


def test_list_in_a_pipe_is_one_whole_line_per_model(hub: FakeHub, tmp_path: Path) -> None:
    run("pull", "tiny")
    [line] = [line for line in run("list").stdout.splitlines() if line.split()[0] == "tiny"]
    assert line.split() == ["tiny", "installed", "1", "MB", str(tmp_path / "models" / SNAPSHOT)]


def test_where_prints_the_folder_and_nothing_else(hub: FakeHub, tmp_path: Path) -> None:
    run("pull", "tiny")
    assert run("where", "tiny").stdout == f"{tmp_path / 'models' / SNAPSHOT}\n"


def test_where_says_how_to_get_a_model_that_is_not_here(hub: FakeHub) -> None:
    result = run("where", "tiny")
    assert isinstance(result.exception, NotFound)
    assert "auricle models pull tiny" in str(result.exception)
    assert hub.requests == []


def test_verify_without_names_checks_every_model(hub: FakeHub, tmp_path: Path) -> None:
    hub.repositories["someone/tiny-ct2"] = hub.repositories["Systran/faster-whisper-tiny"]
    run("pull", "tiny", "someone/tiny-ct2")
    assert run("verify").exit_code == 0
    (tmp_path / "models" / SNAPSHOT / "model.bin").resolve().write_bytes(b"damaged")
    result = run("verify")
    assert result.exit_code == 1
    assert "tiny: damaged: model.bin" in result.stderr
    assert result.stdout == "someone/tiny-ct2: 4 files, all as published\n"


def test_what_verify_advises_mends_the_model(hub: FakeHub, tmp_path: Path) -> None:
    run("pull", "tiny")
    (tmp_path / "models" / SNAPSHOT / "model.bin").resolve().write_bytes(b"damaged")
    assert "`auricle models pull tiny --force`" in run("verify").stderr
    assert run("pull", "tiny", "--force").exit_code == 0
    assert run("verify").exit_code == 0


def test_remove_frees_the_disk_and_counts_what_it_could_not(hub: FakeHub, tmp_path: Path) -> None:
    run("pull", "tiny")
    result = run("remove", "tiny", "base")
    assert result.exit_code == 1
    assert result.stdout == "tiny: 1 MB freed\n"
    assert "base: The model base is not in" in result.stderr
    assert list((tmp_path / "models").rglob("model.bin")) == []
