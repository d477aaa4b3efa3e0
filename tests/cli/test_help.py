"""What people read before they use the command line, and what the shell completes for them."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from auricle.audio.vad import VadOptions
from auricle.cli import app
from auricle.engines.options import SpeechOptions, meaning_of
from auricle.engines.registry import CAPABILITIES
from auricle.exports import FORMATS
from command_line import Command

DOCUMENTED = Path(__file__).parents[2] / "docs" / "cli.md"


def speech_flags() -> Iterator[tuple[str, str]]:
    """Every option of speech as it is typed, with its meaning."""
    for one in fields(SpeechOptions):
        if one.name != "vad_options":
            yield ("--[no-]" if one.type is bool else "--") + one.name.replace("_", "-"), meaning_of(one)
    for one in fields(VadOptions):
        yield f"--vad-{one.name.replace('_', '-')}", meaning_of(one)


def squeezed(text: str) -> str:
    """Text without spaces, since help is wrapped to the terminal."""
    return "".join(text.split())


@pytest.mark.parametrize("columns", ["60", "80", "120"])
def test_help_says_what_every_option_means_at_any_width(
    auricle: Command, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    ended = auricle("transcribe", "--help")
    assert ended.status == 0
    for flag, meaning in speech_flags():
        assert flag.replace("[no-]", "") in ended.stdout.replace("[no-]", ""), flag
        assert squeezed(meaning) in squeezed(ended.stdout)
    for name in (*FORMATS, *CAPABILITIES):
        assert name in squeezed(ended.stdout)


def test_help_fits_a_terminal_and_speaks_no_python(auricle: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    commands = ["", "transcribe", "doctor", "models", "models list", "models pull", "models remove"]
    commands += ["serve", "worker", "db", "users", "users add", "users reset", "keys", "keys create"]
    commands += ["models verify", "models where", "config", "config show", "config check", "config example"]
    commands += ["stack", "stack up", "stack clean", "stack restore"]
    commands += ["bundle", "bundle create", "bundle verify", "bundle install"]
    for command in commands:
        text = auricle(*command.split(), "--help").stdout
        assert text.startswith(f"Usage: auricle {command}".rstrip())
        assert max(map(len, text.splitlines())) <= 80
        for python in ("<", "list[", "{", "None", "\x1b"):
            assert python not in text, (command, python)


def test_the_documentation_has_every_option_as_help_has_it() -> None:
    documented = DOCUMENTED.read_text(encoding="utf-8").replace("--[no-]", "--")
    for flag, meaning in speech_flags():
        plain = flag.replace("[no-]", "")
        rows = [row for row in documented.splitlines() if row.startswith((f"| `{plain}`", f"| `{plain} "))]
        assert len(rows) == 1, flag
        assert meaning in rows[0]
    for name in (*FORMATS, *CAPABILITIES):
        assert name in documented


def test_every_command_and_its_options_are_in_the_documentation() -> None:
    pages = "\n".join(page.read_text(encoding="utf-8") for page in DOCUMENTED.parent.glob("*.md"))
    pages = pages.replace("--[no-]", "--")
    commands = list(every_command("auricle", get_command(app)))
    assert len(commands) > 25
    for name, command in commands:
        assert name in pages, name
        for option in command.params:
            flags = [flag for flag in option.opts if flag.startswith("--")]
            if flags and name != "auricle":
                assert any(re.search(rf"{flag}\b", pages.replace("--[no-]", "--")) for flag in flags), (
                    name,
                    flags,
                )


def every_command(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """A command and all below it, by their full names."""
    yield name, command
    for word, below in getattr(command, "commands", {}).items():
        yield from every_command(f"{name} {word}", below)


def test_a_mistyped_option_is_told_with_the_way_to_help(auricle: Command) -> None:
    ended = auricle("transcribe", "--formt", "txt", "talk.wav")
    assert (ended.status, ended.stdout) == (2, "")
    assert "--formt" in ended.stderr
    assert "auricle transcribe -h" in ended.stderr


def test_the_version_is_printed(auricle: Command) -> None:
    ended = auricle("--version")
    assert (ended.status, ended.stdout.split()[0]) == (0, "auricle")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("trans", {"transcribe"}),
        ("transcribe --chan", {"--channels"}),
        ("transcribe --channels s", {"split"}),
        ("transcribe --format txt,do", {"txt,docx"}),
        ("transcribe --engine pocket", {"pocketsphinx"}),
        ("transcribe --task t", {"transcribe", "translate"}),
    ],
)
def test_the_shell_completes_words(
    auricle: Command, monkeypatch: pytest.MonkeyPatch, typed: str, offered: set[str]
) -> None:
    monkeypatch.setenv("_AURICLE_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", f"auricle {typed}")
    monkeypatch.setenv("COMP_CWORD", str(len(typed.split())))
    assert set(auricle().stdout.split()) == offered


def test_completion_installs_itself_for_the_shell_that_asks(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Path(sys.executable).with_name("auricle")
    if not program.exists():
        pytest.skip("the auricle command is not installed beside this Python")
    monkeypatch.setenv("HOME", str(here))
    command = f"{shlex.quote(str(program))} --install-completion; echo $?"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=60)
    assert ended.stdout.splitlines()[-1] == "0", ended.stderr
    [script] = (here / ".bash_completions").iterdir()
    assert str(script) in (here / ".bashrc").read_text()
    assert "_AURICLE_COMPLETE" in script.read_text()
