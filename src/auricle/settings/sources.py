"""Where settings come from: flags, the environment, .env, auricle.toml and defaults, in this order."""

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from auricle.errors import InvalidSetting
from auricle.settings.description import allowed, shown
from auricle.settings.fields import PREFIX, Settings

#: The environment variable that names a configuration file; not a setting itself.
CONFIG_VARIABLE = f"{PREFIX}CONFIG"
#: Where people keep the API key that their programs send, in the shell they also call auricle from.
_KEY_VARIABLE = f"{PREFIX}KEY"
#: Origins that are no file.
FLAG, ENVIRONMENT, DEFAULT = "flag", "environment", "default"


@dataclass(frozen=True, slots=True)
class _Layer:
    """What one source says: values by setting, and the names in it that are no setting.

    `variables`: it spells settings as environment variables.
    """

    origin: str
    values: Mapping[str, Any]
    unknown: Sequence[str] = ()
    variables: bool = False

    def spelled(self, name: str) -> str:
        return f"{PREFIX}{name.upper()}" if self.variables else name


def load_settings(**flags: Any) -> Settings:
    """The settings of this process; `flags` win, and a flag of None was not given.

    Raises InvalidSetting, which lists every wrong value and every unknown name.
    """
    return _validated(_layers(flags))


def provenance(**flags: Any) -> dict[str, str]:
    """Where the value of each setting comes from: flag, environment, a file's path, or default."""
    layers = _layers(flags)
    return {name: _origin(name, layers) for name in Settings.model_fields}


def origins_of(settings: Settings) -> dict[str, str]:
    """Where the values of settings come from that this process began with: as `provenance` says, or flag.

    A value that no source says now was given as a flag.
    """
    try:
        said, sources = load_settings(), provenance()
    except InvalidSetting:
        said, sources = Settings(), dict.fromkeys(Settings.model_fields, DEFAULT)
    return {
        name: source if getattr(said, name) == getattr(settings, name) else FLAG
        for name, source in sources.items()
    }


def check_file(path: Path) -> None:
    """Raise InvalidSetting if a configuration file alone is wrong; `.env` in its name means that form."""
    _text(path)  # a .env that is missing is no mistake elsewhere, but here it was asked for
    _validated([_variables_file(path) if ".env" in path.name else _toml_file(path)])


def config_file() -> Path | None:
    """The TOML file that is read: AURICLE_CONFIG, else the working directory's, else the user's."""
    named = os.environ.get(CONFIG_VARIABLE) or _text_variables(Path(".env")).get(CONFIG_VARIABLE)
    if named:
        return Path(named).expanduser()
    config_home = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    places = (Path("auricle.toml"), config_home / "auricle" / "auricle.toml")
    return next((place for place in places if place.exists()), None)


def _layers(flags: Mapping[str, Any]) -> list[_Layer]:
    given = {name: value for name, value in flags.items() if value is not None}
    known, unknown = _sorted_out(given)
    # An empty flag is asked for, so it clears what the sources below it say.
    cleared = {name: None if value == "" else value for name, value in known.items()}
    layers = [_Layer(FLAG, cleared, unknown), _environment(), _variables_file(Path(".env"))]
    toml = config_file()
    return [*layers, _toml_file(toml)] if toml is not None else layers


def _environment() -> _Layer:
    values = EnvSettingsSource(Settings)()
    return _Layer(ENVIRONMENT, values, _unknown_variables(os.environ), variables=True)


def _variables_file(path: Path) -> _Layer:
    """A file of NAME=value lines. Those of other programs may stand in it too."""
    variables = _text_variables(path)
    found = DotEnvSettingsSource(Settings, env_file=path if variables else None, env_file_encoding="utf-8")()
    values = {name: value for name, value in found.items() if name in Settings.model_fields}
    return _Layer(str(path), values, _unknown_variables(variables), variables=True)


def _toml_file(path: Path) -> _Layer:
    try:
        document = tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError as error:
        raise InvalidSetting(f"{path} is not valid TOML: {error}.") from error
    known, unknown = _sorted_out(document)
    return _Layer(str(path), {name: value for name, value in known.items() if value != ""}, unknown)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidSetting(f"The configuration file {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InvalidSetting(f"The configuration file {path} is not text in UTF-8.") from error


def _text_variables(path: Path) -> dict[str, str]:
    """The variables of a `.env` file; a file that does not exist has none."""
    if not path.exists():
        return {}
    text = _text(path)
    for line in parse_stream(StringIO(text)):
        ours = (line.key or "").upper().startswith(PREFIX)
        if line.error or (ours and line.value is None):
            raise InvalidSetting(f"Line {line.original.line} of {path} is not of the form NAME=value.")
    return {name: value or "" for name, value in dotenv_values(stream=StringIO(text)).items()}


def _sorted_out(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    known = {name: value for name, value in values.items() if name in Settings.model_fields}
    return known, [name for name in values if name not in known]


def _unknown_variables(variables: Iterable[str]) -> list[str]:
    ours = [name for name in variables if name.upper().startswith(PREFIX)]
    others = [name for name in ours if name.upper() not in (CONFIG_VARIABLE, _KEY_VARIABLE)]
    return [name for name in others if name[len(PREFIX) :].lower() not in Settings.model_fields]


def _origin(name: str, layers: Sequence[_Layer]) -> str:
    return next((layer.origin for layer in layers if name in layer.values), DEFAULT)


def _validated(layers: Sequence[_Layer]) -> Settings:
    problems = [_unknown_name(name, layer) for layer in layers for name in layer.unknown]
    values = {name: value for layer in reversed(layers) for name, value in layer.values.items()}
    try:
        settings = Settings(**values)
    except ValidationError as error:
        problems += [_wrong_value(details, layers) for details in error.errors()]
    if problems:
        raise InvalidSetting("\n".join(problems))
    return settings


def _unknown_name(name: str, layer: _Layer) -> str:
    known = [layer.spelled(field) for field in Settings.model_fields]
    close = difflib.get_close_matches(name.upper() if layer.variables else name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else "`auricle config show` lists all settings."
    return f"There is no setting {name} ({layer.origin}); {hint}"


def _wrong_value(details: ErrorDetails, layers: Sequence[_Layer]) -> str:
    name = str(details["loc"][0])
    origin = _origin(name, layers)
    spelled = next((layer.spelled(name) for layer in layers if layer.origin == origin), name)
    # A validator of ours says itself what is allowed where that depends on other settings.
    reason = str(details.get("ctx", {}).get("error", "")) or allowed(name)
    return f"{spelled} ({origin}) is {shown(name, details['input'])}, but has to be {reason}."
