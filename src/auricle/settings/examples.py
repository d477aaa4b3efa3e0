"""The settings as files to start from, and as a page of the documentation: all written from `Settings`."""

import json
import textwrap
from collections.abc import Callable, Iterator
from itertools import groupby

from auricle.settings.description import allowed, group, shown, unit
from auricle.settings.fields import PREFIX, Settings

_WIDTH = 98
_REMEDY = (
    "A line below that starts with # and no space is a setting at its default: take the # away to change it."
)
_SOURCES = """# Settings

A setting is looked for in these places; the first that has it wins:

1. flags of the command line, such as `--model small`,
2. environment variables, such as `AURICLE_MODEL=small`,
3. the file `.env` in the working directory, with lines such as `AURICLE_MODEL=small`,
4. the file `auricle.toml`, with lines such as `model = "small"`: the one that `AURICLE_CONFIG` names (in the
   environment or in `.env`), else the one in the working directory, else `~/.config/auricle/auricle.toml`
   (`XDG_CONFIG_HOME` counts),
5. the default.

An empty value means that the setting is not set there; an empty flag clears what the places after it say.
Names are checked as well: a variable that starts with `AURICLE_` and is no setting is refused, so that a
mistyped one is not overlooked; `AURICLE_KEY` is free for the key that your programs send. Relative paths
start at the working directory and `~` is the home folder.
Sizes are bytes, or carry a unit: `25MB` is 25,000,000 bytes and `25MiB` is 26,214,400.

`auricle config show` prints every setting with its value and where it comes from, `auricle config check`
finds mistakes, and `auricle config example` prints a file to start from. Admins see the settings a server
runs with in the [web app](web.md), under Admin, Settings.
"""


def env_example() -> str:
    """A `.env` file with every setting at its default, commented out."""
    return _example("environment variables; a copy named .env is read from the working directory", _env_line)


def toml_example() -> str:
    """An `auricle.toml` with every setting at its default, commented out."""
    return _example(
        "TOML; a copy named auricle.toml is read from the working directory or ~/.config/auricle", _toml_line
    )


def settings_page() -> str:
    """The page of the documentation that lists every setting."""
    lines = [_SOURCES]
    for heading, names in _groups():
        lines += [f"## {heading}\n", "| setting | default | allowed | meaning |", "| --- | --- | --- | --- |"]
        for name in names:
            counted = f" {unit(name)}" if unit(name) else ""
            cells = (f"`{PREFIX}{name.upper()}`", f"{shown(name, _default(name))}{counted}", allowed(name))
            lines.append(f"| {' | '.join(cells)} | {Settings.model_fields[name].description} |")
        lines.append("")
    return "\n".join(lines)


def _example(form: str, line: Callable[[str], str]) -> str:
    lines = [*_commented(f"The settings of Auricle as {form}. {_REMEDY}")]
    for heading, names in _groups():
        lines += ["", f"# == {heading} =="]
        for name in names:
            lines += ["", *_comment(name), f"#{line(name)}"]
    return "\n".join(lines) + "\n"


def _groups() -> Iterator[tuple[str, list[str]]]:
    return ((heading, list(names)) for heading, names in groupby(Settings.model_fields, key=group))


def _comment(name: str) -> list[str]:
    counted = f" {unit(name)}" if unit(name) else ""
    facts = f"Allowed: {allowed(name)}. Default: {shown(name, _default(name))}{counted}."
    return [*_commented(str(Settings.model_fields[name].description)), *_commented(facts)]


def _commented(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="# ")


def _default(name: str) -> object:
    return Settings.model_fields[name].default


def _env_line(name: str) -> str:
    return f"{PREFIX}{name.upper()}={_written(name)}"


def _toml_line(name: str) -> str:
    value = _default(name)
    plain = isinstance(value, bool | int | float)
    return f"{name} = {_written(name) if plain else json.dumps(_written(name))}"


def _written(name: str) -> str:
    """The default as it stands in a file; empty where there is none."""
    return "" if _default(name) is None else shown(name, _default(name))
