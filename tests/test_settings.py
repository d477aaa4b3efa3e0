"""Settings: where they come from, what they may be, and what is said when they are wrong."""

import os
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

from auricle.errors import InvalidSetting
from auricle.settings import (
    PREFIX,
    Settings,
    allowed,
    check_file,
    config_file,
    load_settings,
    provenance,
    shown,
)
from auricle.settings.examples import env_example, toml_example

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty working directory and home folder, and no setting in the environment."""
    for name in os.environ:
        if name.startswith((PREFIX, "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "home"


def refusal(**flags: object) -> str:
    with pytest.raises(InvalidSetting) as refused:
        load_settings(**flags)
    return str(refused.value)


def test_without_any_source_the_defaults_hold(home: Path) -> None:
    settings = load_settings()
    assert settings == Settings()
    assert settings.data_dir == home / ".local/share/auricle"
    assert (settings.engine, settings.model, settings.part_length) == ("auto", None, 600.0)
    assert set(provenance().values()) == {"default"}


def test_the_data_folder_follows_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert load_settings().data_dir == tmp_path / "data" / "auricle"


def test_flags_win_over_environment_over_env_file_over_toml(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("auricle.toml").write_text('threads = 1\nbatch_size = 1\nlanguage = "de"\nmodel = "tiny"\n')
    Path(".env").write_text(
        "AURICLE_BATCH_SIZE=2\nAURICLE_LANGUAGE=fr\nAURICLE_MODEL=base\nOTHER_PROGRAM=yes\n"
    )
    monkeypatch.setenv("AURICLE_LANGUAGE", "it")
    monkeypatch.setenv("AURICLE_MODEL", "small")
    settings, sources = load_settings(model="medium"), provenance(model="medium")
    assert (settings.threads, settings.batch_size, settings.language, settings.model) == (
        1,
        2,
        "it",
        "medium",
    )
    assert sources["threads"] == "auricle.toml"
    assert sources["batch_size"] == ".env"
    assert sources["language"] == "environment"
    assert sources["model"] == "flag"
    assert sources["device"] == "default"


def test_a_flag_of_none_was_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURICLE_MODEL", "small")
    assert load_settings(model=None).model == "small"


def test_an_empty_variable_is_not_set_but_an_empty_flag_clears(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("auricle.toml").write_text('prompt = "Names: Ada, Grace."\nhf_token = ""\n')
    monkeypatch.setenv("AURICLE_PROMPT", "")
    monkeypatch.setenv("AURICLE_THREADS", "")
    assert load_settings().prompt == "Names: Ada, Grace."
    assert load_settings().hf_token is None
    assert load_settings().threads == 0
    assert load_settings(prompt="").prompt is None


def test_the_users_toml_is_read_where_the_working_directory_has_none(home: Path) -> None:
    file = home / ".config" / "auricle" / "auricle.toml"
    file.parent.mkdir(parents=True)
    file.write_text("threads = 3\n")
    assert load_settings().threads == 3
    assert provenance()["threads"] == str(file)
    Path("auricle.toml").write_text("threads = 4\n")
    assert load_settings().threads == 4


def test_auricle_config_names_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    Path("auricle.toml").write_text("threads = 4\n")
    other = tmp_path / "other.toml"
    other.write_text("threads = 5\n")
    monkeypatch.setenv("AURICLE_CONFIG", str(other))
    assert config_file() == other
    assert load_settings().threads == 5


def test_auricle_config_may_stand_in_the_env_file(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text("threads = 5\n")
    Path(".env").write_text(f"AURICLE_CONFIG={tmp_path}/other.toml\n")
    assert load_settings().threads == 5


def test_a_named_file_that_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AURICLE_CONFIG", str(tmp_path / "none.toml"))
    assert f"{tmp_path}/none.toml cannot be read: No such file" in refusal()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("device", "tpu", "one of auto, cpu, cuda"),
        ("engine", "kaldi", "one of auto, faster-whisper, pocketsphinx, openai-whisper, openai-api"),
        ("compute_type", "int4", "one of int8, int8_float32"),
        ("threads", "-1", "a whole number, at least 0 and at most 1,024"),
        ("threads", "two", "a whole number"),
        ("batch_size", "0", "a whole number, at least 1 and at most 256"),
        ("batch_size", "1.5", "a whole number"),
        ("hub_timeout", "nan", "a number, above 0 and at most 600 s"),
        ("part_length", "inf", "a number, at least"),
        ("offline", "perhaps", "true or false (or 1, 0, yes, no, on, off)"),
        ("language", "english", "an ISO 639 code such as en or de"),
        ("engine_url", "localhost:8000", "an address that starts with http:// or https://"),
        ("hf_endpoint", "https://", "an address that starts with http:// or https://"),
        ("max_upload", "25 apples", "a number of bytes, or a size such as 25MB"),
        ("max_upload", "0", "a number of bytes, or a size such as 25MB, 1.5GB or 10GiB, at least 1"),
        ("data_dir", "~nobody-of-this-name/x", "a folder"),
    ],
)
def test_a_bad_value_names_the_setting_its_source_the_value_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(f"AURICLE_{name.upper()}", value)
    message = refusal()
    assert message.startswith(f"AURICLE_{name.upper()} (environment) is {value}, but has to be {expected}")
    assert "\n" not in message


def test_all_wrong_values_are_listed_each_with_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("auricle.toml").write_text('device = "tpu"\n')
    Path(".env").write_text("AURICLE_BATCH_SIZE=many\n")
    monkeypatch.setenv("AURICLE_THREADS", "-1")
    monkeypatch.setenv("AURICLE_MODLE", "small")
    lines = refusal(language="english").splitlines()
    assert len(lines) == 5
    for start in (
        "There is no setting AURICLE_MODLE (environment); did you mean AURICLE_MODEL?",
        "device (auricle.toml) is tpu",
        "AURICLE_BATCH_SIZE (.env) is many",
        "AURICLE_THREADS (environment) is -1",
        "language (flag) is english",
    ):
        assert any(line.startswith(start) for line in lines), start


def test_a_secret_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("auricle.toml").write_text("hf_token = 12345678\n")
    monkeypatch.setenv("AURICLE_ENGINE_KEY", "sk-verysecret")
    monkeypatch.setenv("AURICLE_THREADS", "x")
    message = refusal()
    assert "hf_token (auricle.toml) is ********" in message
    assert "12345678" not in message
    assert "sk-verysecret" not in message
    monkeypatch.delenv("AURICLE_THREADS")
    Path("auricle.toml").unlink()
    settings = load_settings()
    assert "sk-verysecret" not in repr(settings)
    assert settings.engine_key is not None
    assert settings.engine_key.get_secret_value() == "sk-verysecret"


def test_a_password_within_an_address_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown("engine_url", "https://me:secret@host/v1") == "https://********@host/v1"
    monkeypatch.setenv("AURICLE_ENGINE_URL", "ftp://me:secret@host/v1")
    assert "secret" not in refusal()


@pytest.mark.parametrize("password", ["a@b:c/d#e", "a/b@c:d", "a b@c:d/e"])
def test_a_password_that_breaks_its_address_is_refused_unseen(
    monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setenv("AURICLE_DATABASE_URL", f"postgresql://auricle:{password}@postgres:5432/auricle")
    message = refusal()
    assert "is postgresql://********@postgres:5432/auricle, but has to be" in message
    assert "special characters percent-encoded" in message


def test_a_part_limit_below_the_part_length_is_refused_even_where_only_one_is_set() -> None:
    assert refusal(part_length=1000) == (
        "part_limit (default) is 900, but has to be at least part_length, which is 1000 s."
    )
    assert load_settings(part_length=1000, part_limit=1000).part_limit == 1000


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ("25000000", 25_000_000),
        ("25MB", 25_000_000),
        ("25 mb", 25_000_000),
        ("1.5GB", 1_500_000_000),
        ("10GiB", 10 * 1024**3),
        ("2000K", 2_000_000),
        ("1T", 10**12),
        ("64 B", 64),
    ],
)
def test_sizes_may_carry_a_unit(monkeypatch: pytest.MonkeyPatch, written: str, size: int) -> None:
    monkeypatch.setenv("AURICLE_MAX_UPLOAD", written)
    assert load_settings().max_upload == size


@pytest.mark.parametrize("written", ["1", "true", "yes", "on", "TRUE"])
def test_yes_has_many_words(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("AURICLE_OFFLINE", written)
    assert load_settings().offline is True


@pytest.mark.parametrize("written", ["0", "false", "no", "off"])
def test_no_has_many_words(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    Path("auricle.toml").write_text("offline = true\n")
    monkeypatch.setenv("AURICLE_OFFLINE", written)
    assert load_settings().offline is False


def test_a_boolean_is_no_number() -> None:
    Path("auricle.toml").write_text("threads = true\n")
    assert "threads (auricle.toml) is true, but has to be a whole number" in refusal()


def test_choices_and_languages_may_be_written_in_capitals() -> None:
    settings = load_settings(device="CPU", language="EN", compute_type="INT8")
    assert (settings.device, settings.language, settings.compute_type) == ("cpu", "en", "int8")


def test_paths_become_absolute_and_home_is_expanded(home: Path) -> None:
    settings = load_settings(data_dir="~/recordings", models_dir="models")
    assert settings.data_dir == home / "recordings"
    assert settings.models_dir == Path.cwd() / "models"


def test_an_address_loses_its_final_slash() -> None:
    assert load_settings(engine_url="http://127.0.0.1:8000/v1/").engine_url == "http://127.0.0.1:8000/v1"


@pytest.mark.parametrize(
    ("file", "name", "meant"),
    [("auricle.toml", "modell", "model"), (".env", "AURICLE_DEVICES", "AURICLE_DEVICE")],
)
def test_an_unknown_name_in_a_file_is_refused_with_the_one_that_was_meant(
    file: str, name: str, meant: str
) -> None:
    Path(file).write_text(f'{name} = "x"\n')
    assert refusal() == f"There is no setting {name} ({file}); did you mean {meant}?"


def test_an_unknown_name_like_no_other_points_to_the_list() -> None:
    assert refusal(zzz=1) == "There is no setting zzz (flag); `auricle config show` lists all settings."


@pytest.mark.parametrize(
    ("file", "content", "complaint"),
    [
        ("auricle.toml", b"threads = = 2\n", "auricle.toml is not valid TOML: Invalid value (at line 1"),
        ("auricle.toml", b'prompt = "caf\xe9"\n', "auricle.toml is not text in UTF-8"),
        (".env", b"AURICLE_PROMPT=caf\xe9\n", ".env is not text in UTF-8"),
        (".env", b"AURICLE_THREADS=2\n==\n", "Line 2 of .env is not of the form NAME=value"),
        (".env", b"AURICLE_OFFLINE\n", "Line 1 of .env is not of the form NAME=value"),
    ],
)
def test_a_file_that_cannot_be_understood_says_where(file: str, content: bytes, complaint: str) -> None:
    Path(file).write_bytes(content)
    assert complaint in refusal()


@pytest.mark.parametrize("file", ["auricle.toml", ".env"])
def test_a_file_that_cannot_be_read_says_why(file: str) -> None:
    Path(file).mkdir()
    assert refusal() == f"The configuration file {file} cannot be read: Is a directory."


def test_a_file_is_checked_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURICLE_THREADS", "wrong, but not in the file")
    Path("good.toml").write_text("threads = 2\n")
    check_file(Path("good.toml"))
    Path("production.env").write_text("AURICLE_DEVICE=tpu\n")
    with pytest.raises(InvalidSetting, match=r"AURICLE_DEVICE \(production.env\) is tpu"):
        check_file(Path("production.env"))
    with pytest.raises(InvalidSetting, match=r"missing\.env cannot be read"):
        check_file(Path("missing.env"))


def test_the_constructor_reads_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURICLE_MODEL", "small")
    Path(".env").write_text("AURICLE_DEVICE=cpu\n")
    assert Settings().model is None
    assert Settings().device == "auto"


def test_the_key_that_programs_send_may_stand_beside_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURICLE_KEY", "auricle_secret")
    assert load_settings() == Settings()


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().model = "small"  # type: ignore[misc]  # what is tested is that it fails


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_explained(name: str) -> None:
    assert len(str(Settings.model_fields[name].description)) > 30
    assert allowed(name)
    assert shown(name, Settings.model_fields[name].default) not in ("", "None")


@pytest.mark.parametrize(("file", "example"), [(".env", env_example), ("auricle.toml", toml_example)])
def test_an_example_with_all_lines_in_use_is_the_defaults(file: str, example: Callable[[], str]) -> None:
    lines = [
        line[1:] for line in example().splitlines() if line.startswith("#") and not line.startswith("# ")
    ]
    assert len(lines) == len(Settings.model_fields)
    Path(file).write_text("\n".join(lines))
    assert load_settings() == Settings()
    assert "default" in provenance().values()
    assert provenance()["threads"] == file


@pytest.mark.parametrize("file", [".env.example", "auricle.toml.example", "docs/settings.md"])
def test_the_files_written_from_the_settings_are_up_to_date(file: str) -> None:
    writers = runpy.run_path(str(ROOT / "tools/settings_examples.py"))["FILES"]
    assert (ROOT / file).read_text(encoding="utf-8") == writers[file](), "run tools/settings_examples.py"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AURICLE_DATABASE_URL", "postgresql://auricle:change-me@db/auricle"),
        ("AURICLE_BROKER_URL", "redis://:change-me@broker:6379/0"),
        ("AURICLE_ENGINE_KEY", "change-me"),
    ],
)
def test_a_secret_of_an_example_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    said = refusal()
    assert said.startswith(f"{name} (environment) is ")
    assert "but has to be one with a secret of your own in place of change-me" in said
