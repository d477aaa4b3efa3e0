"""What the README tells people to type does what it says."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from live_server import LiveServer, live_server

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("readme"), tiny_model, auth="on") as running:
        yield running


@pytest.fixture(scope="module")
def blocks(server: LiveServer) -> list[str]:
    """The commands under "Over HTTP", asking this server: shell, shell, Python."""
    section = (
        (ROOT / "README.md").read_text(encoding="utf-8").partition("## Over HTTP")[2].partition("\n## ")[0]
    )
    auricle = str(Path(sys.executable).with_name("auricle"))
    return [
        block.replace("http://127.0.0.1:8000", server.origin).replace(".venv/bin/auricle", auricle)
        for block in re.findall(r"```(?:sh|python)\n(.*?)```", section, re.DOTALL)
    ]


def run(server: LiveServer, command: list[str], **more: str) -> str:
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "AURICLE_DATA_DIR": str(server.settings.data_dir), **more},
        text=True,
        capture_output=True,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_the_lines_of_curl_make_a_key_and_bring_a_transcript(server: LiveServer, blocks: list[str]) -> None:
    said = run(server, ["bash", "-ec", blocks[0]])
    assert re.search(r'"state": ?"done"', said)
    assert re.search(r"00:00:\d\d,\d{3} --> 00:00:\d\d,\d{3}\n\w+", said)


def test_the_openai_lines_bring_subtitles_a_stream_and_words(server: LiveServer, blocks: list[str]) -> None:
    first = "\n".join(blocks[0].splitlines()[:2])
    subtitles = run(server, ["bash", "-ec", f"{first}\n{blocks[1]}"])
    assert subtitles.startswith("1\n00:00:0")
    said = run(server, [sys.executable, "-c", blocks[2]], AURICLE_KEY=server.key("local"))
    *text, words = said.splitlines()
    assert len(" ".join(text).split()) > 20
    assert len(re.findall(r"\('\w+[.,]?', \d+\.\d+, \d+\.\d+\)", words)) == 5
