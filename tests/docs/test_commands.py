"""What the pages tell people to type does what they say, against a real `auricle serve`."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import numpy as np
import pytest
import yaml
from typer.main import get_command

from auricle.cli import app
from auricle.settings import Settings
from documentation import ENDLESS, PAGES, ROOT, SHELL, Block, blocks_of, calls_of_auricle, code_of, complaint
from fake_hub import running_hub
from served import Served
from services import Moto, Postgres, Redis, wait_until

BLOCKS = [block for page in PAGES for block in blocks_of(page)]
#: Repositories of the hub that the pages fetch from; each holds the tiny model.
FETCHED = (
    *(f"Systran/faster-whisper-{size}" for size in ("base", "small")),
    "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
)
#: What the commands of a page have to print, besides ending well.
SAID = {
    "README.md": [
        r'"state": ?"done"',
        r"00:00:\d\d,\d{3} --> 00:00:\d\d,\d{3}\n\w+",
        r"\('\w+[.,]?', \d+\.\d+, ",
    ],
    "docs/api.md": [r'"state": ?"done"', r"00:00:\d\d,\d{3} --> "],
    "docs/asr.md": [r"00:00:\d\d,\d{3} --> ", r'"language_code"'],
    "docs/editing.md": [r'"kind": ?"edit"', "We agreed to move the launch"],
}
#: Variables that are no settings: where these are, the key of programs, and what `make audit` is told.
OTHER_VARIABLES = {"AURICLE_CONFIG", "AURICLE_KEY", "AURICLE_AUDIT"}
#: Blocks without commands, which are there to be read.
READ = ("text", "nginx", "caddy", "ini", "sql", "dockerfile")
WITH_COMMANDS = [
    page
    for page in PAGES
    if any(
        block.page == page and block.language in (*SHELL, "python") and not block.reason for block in BLOCKS
    )
]


@dataclass(frozen=True)
class Home:
    """Somebody's home folder, with Auricle set up in it and running."""

    folder: Path
    server: Served

    def environment(self) -> dict[str, str]:
        """Where its shell finds programs; settings come from the file in the home folder alone."""
        known = {name: value for name, value in os.environ.items() if not name.startswith("AURICLE_")}
        path = os.pathsep.join([str(Path(sys.executable).parent), known["PATH"]])
        access = {
            "AWS_ACCESS_KEY_ID": "docs",
            "AWS_SECRET_ACCESS_KEY": "docs",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        return {
            **known,
            **access,
            "HOME": str(self.folder),
            "PATH": path,
            "XDG_CONFIG_HOME": "",
            "XDG_DATA_HOME": "",
        }


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("home")
    settings = {"engine": "faster-whisper", "model": str(tiny_model), "device": "cpu", "min_free": 0}
    (folder / ".curlrc").write_text("fail-with-body\nshow-error\n")
    with running_hub() as hub:
        files = {file.name: file.read_bytes() for file in tiny_model.iterdir()}
        hub.repositories |= dict.fromkeys(FETCHED, files)
        settings |= {"hf_endpoint": hub.address, "models_dir": str(folder / "models")}
        configuration = folder / ".config" / "auricle" / "auricle.toml"
        configuration.parent.mkdir(parents=True)
        configuration.write_text(
            "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
        )
        server = Served(folder, data_dir=folder / ".local/share/auricle", auth="on", **settings)
        server.start()
        try:
            yield Home(folder, server)
        finally:
            server.kill()


@pytest.fixture
def recordings(tmp_path: Path, speech: Path) -> Path:
    """A folder to type in, with the recordings that the pages name."""
    folder = tmp_path / "here"
    (folder / "interviews").mkdir(parents=True)
    shutil.copy(speech / "en_08.flac", folder / "talk.mp3")
    shutil.copy(speech / "en_00.flac", folder / "meeting.flac")
    for name in ("en_01", "en_02"):
        shutil.copy(speech / f"{name}.flac", folder / "interviews" / f"{name}.flac")
    _write_call(folder / "call.wav")
    (folder / "src" / "auricle").mkdir(parents=True)
    (folder / "src" / "auricle" / "samples").symlink_to(ROOT / "src" / "auricle" / "samples")
    (folder / ".venv").mkdir()
    (folder / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    return folder


def _write_call(file: Path) -> None:
    """Two people on two channels for a hundred seconds, most of it silent."""
    samples = np.zeros((100 * 16_000, 2), dtype=np.int16)
    rng = np.random.default_rng(0)
    samples[95 * 16_000 : 96 * 16_000, 0] = rng.integers(-900, 900, 16_000)
    with wave.open(str(file), "wb") as output:
        output.setnchannels(2)
        output.setsampwidth(2)
        output.setframerate(16_000)
        output.writeframes(samples.tobytes())


def typed(blocks: list[Block], replaced: dict[str, str]) -> str:
    """A script that does what these blocks say, one after the other, in one shell."""
    parts = ["set -eo pipefail"]
    for block in blocks:
        text = with_real(block.text, replaced)
        parts.append(f"echo '=== {block.place}' >&2")
        parts.append(
            f"python3 - <<'END_OF_BLOCK'\n{text}END_OF_BLOCK" if block.language == "python" else text
        )
    return "\n".join(parts)


def with_real(text: str, replaced: dict[str, str]) -> str:
    """The text with real addresses and files for those that pages write."""
    for written, real in replaced.items():
        text = text.replace(written, real)
    return text


def elsewhere(request: pytest.FixtureRequest, blocks: list[Block]) -> dict[str, str]:
    """Real addresses for the database and the bucket that pages name, where one does."""
    text = "".join(block.text for block in blocks)
    found = {}
    if "postgresql://" in text:
        postgres: Postgres = request.getfixturevalue("postgres")
        found["postgresql://auricle:secret@db/auricle"] = postgres.new_database()
    if "redis://" in text:
        redis: Redis = request.getfixturevalue("redis_server")
        found["redis://broker:6379/0"] = redis.url
    if "s3://" in text:
        moto: Moto = request.getfixturevalue("moto_server")
        boto3.client("s3", endpoint_url=moto.url).create_bucket(Bucket="recordings")
        found["s3://recordings"] = f"s3://recordings?endpoint={moto.url}"
    return found


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_commands_of_a_page_work(
    request: pytest.FixtureRequest, home: Home, recordings: Path, page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = [
        block
        for block in BLOCKS
        if block.page == page and block.language in (*SHELL, "python") and not block.reason
    ]
    for name, value in home.environment().items():
        monkeypatch.setenv(name, value)
    replaced = {"http://127.0.0.1:8000": home.server.origin, **elsewhere(request, blocks)}
    ended = subprocess.run(
        ["bash", "-c", typed(blocks, replaced)],
        cwd=recordings,
        env=home.environment(),
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-4000:]
    for pattern in SAID.get(str(page.relative_to(ROOT)), []):
        assert re.search(pattern, ended.stdout), (pattern, ended.stdout[-4000:])


@pytest.mark.parametrize(
    "block", [one for one in BLOCKS if one.reason == ENDLESS], ids=lambda block: block.place
)
def test_what_runs_until_somebody_stops_it_gets_ready_and_ends_well(
    request: pytest.FixtureRequest,
    home: Home,
    recordings: Path,
    block: Block,
    certificate: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = {"AURICLE_DATA_DIR": str(recordings / "data"), "AURICLE_PORT": "0", "AURICLE_HEALTH_PORT": "0"}
    environment = home.environment() | own
    for name, value in home.environment().items():
        monkeypatch.setenv(name, value)
    replaced = {"/etc/auricle": str(certificate[0].parent), "--port 8443": "--port 0"}
    script = typed([block], replaced | elsewhere(request, [block]))
    said = recordings / "said"
    with said.open("wb") as output:
        shell = subprocess.Popen(
            ["bash", "-c", script],
            cwd=recordings,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        ready = re.compile(r"Auricle is at http|worker_ready")
        wait_until(lambda: bool(ready.search(said.read_text()) or shell.poll() is not None), "it")
        assert shell.poll() is None, said.read_text()
        os.killpg(shell.pid, signal.SIGINT)
        assert shell.wait(60) == 0, said.read_text()
    finally:
        if shell.poll() is None:
            os.killpg(shell.pid, signal.SIGKILL)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_every_block_can_be_read_by_what_it_is_written_for(block: Block) -> None:
    assert block.language, "say what it is written in, or text"
    if block.language in SHELL:
        read = subprocess.run(["bash", "-n"], input=block.text, text=True, capture_output=True)
        assert read.returncode == 0, read.stderr
    elif block.language == "python":
        compile(block.text, block.place, "exec")
    elif block.language == "json":
        json.loads(block.text)
    elif block.language == "yaml":
        list(yaml.safe_load_all(block.text))
    elif block.language == "toml":
        tomllib.loads(block.text)
    else:
        assert block.language in READ


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_setting_that_a_page_names_is_one(page: Path) -> None:
    named = set(re.findall(r"AURICLE_[A-Z_]*[A-Z]", page.read_text(encoding="utf-8")))
    unknown = {name for name in named if name.removeprefix("AURICLE_").lower() not in Settings.model_fields}
    assert unknown <= OTHER_VARIABLES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_auricle_that_a_page_names_is_one_with_these_options(page: Path) -> None:
    program = get_command(app)
    shell = [(block.line, block.text) for block in BLOCKS if block.page == page and block.language in SHELL]
    named = [(line, code) for line, code in code_of(page) if code.startswith("auricle ")]
    for line, text in shell + named:
        for words in calls_of_auricle(text):
            wrong = complaint(program, words)
            assert wrong is None, f"{page.name}:{line}: {wrong}"
