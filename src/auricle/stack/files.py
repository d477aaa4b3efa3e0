"""What the compose files say: services, their ports and images, the project's name."""

import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from dotenv import dotenv_values

from auricle.errors import InvalidSetting
from auricle.shipped import shipped

#: `$NAME`, or `${NAME}` with what holds where it has no value; the innermost comes first.
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?:(:?[-?+])([^${}]*))?\})")
_NAME = re.compile(r"(?<!\$)\$(?:(\w+)|\{(\w+))")
#: A colon that stands in no variable.
_COLON = re.compile(r":(?![^{]*\})")


@dataclass(frozen=True, slots=True)
class Stack:
    """Which services are meant: the compose files, the profiles, and the file of variables for them."""

    env_file: Path
    gpu: bool = False
    host_network: bool = False
    dev: bool = False
    profiles: tuple[str, ...] = ()

    def files(self) -> list[Path]:
        """The compose files, those that change others last."""
        chosen = {"gpu": self.gpu, "dev": self.dev, "host": self.host_network}
        names = ["compose.yaml", *(f"compose.{name}.yaml" for name, wanted in chosen.items() if wanted)]
        return [shipped("deploy") / name for name in names]

    def variables(self) -> dict[str, str]:
        """What stands in the file of variables; as for compose, those of the shell win."""
        return _of_file(self.env_file) | os.environ


@dataclass(frozen=True, slots=True)
class Port:
    """A port of this machine that a service takes; `variable` sets it, where one does."""

    service: str
    address: str
    number: int
    variable: str | None


def services(stack: Stack) -> dict[str, dict[str, Any]]:
    """The services that run with these profiles, each as its files say together."""
    every = every_service(stack)
    chosen = {*stack.profiles, *filter(None, stack.variables().get("COMPOSE_PROFILES", "").split(","))}
    return {
        name: service
        for name, service in every.items()
        if not service.get("profiles") or chosen.intersection(service["profiles"])
    }


def every_service(stack: Stack) -> dict[str, dict[str, Any]]:
    """All services of the files, also those of profiles that were not chosen."""
    merged: dict[str, dict[str, Any]] = {}
    for document in _documents(stack):
        for name, service in (document.get("services") or {}).items():
            before, now = merged.get(name, {}), service or {}
            # Of ports, compose takes those of both files, unless the later one says otherwise.
            both = [*before.get("ports", ()), *now.get("ports", ())]
            instead = isinstance(now.get("ports"), _Instead)
            merged[name] = before | now | ({"ports": both} if both and not instead else {})
    return merged


def profiles(stack: Stack) -> tuple[str, ...]:
    """Every profile there is."""
    named = (name for service in every_service(stack).values() for name in service.get("profiles", ()))
    return tuple(dict.fromkeys(named))


def project(stack: Stack) -> str:
    """The name that containers and volumes begin with."""
    named = [document["name"] for document in _documents(stack) if document.get("name")]
    variables = stack.variables()
    default = expanded(str(named[-1]), variables) if named else shipped("deploy").name
    return variables.get("COMPOSE_PROJECT_NAME") or default


def own_services(stack: Stack) -> list[str]:
    """The services that run Auricle itself."""
    return [name for name, service in services(stack).items() if "build" in service]


def own_images(stack: Stack) -> list[str]:
    """The images that are built from Auricle's own sources."""
    return _images(stack, own_services(stack))


def service_images(stack: Stack) -> list[str]:
    """The images of all services that run."""
    return _images(stack, services(stack))


def ports(stack: Stack) -> Iterator[Port]:
    """The ports of this machine that the services take."""
    variables = stack.variables()
    for name, service in services(stack).items():
        # What is published, and where a service listens on the host's own network.
        published = [
            _short(port) if isinstance(port, dict) else str(port) for port in service.get("ports") or ()
        ]
        outer = [["", *_COLON.split(text)][:-1] for text in published]
        for *address, outside in [*outer, *map(_COLON.split, service.get("x-listens", ()))]:
            number = expanded(outside, variables)
            if number.isdecimal():
                where = expanded(":".join(address), variables).strip(":[]")
                yield Port(name, where, int(number), next(iter(names_in(outside)), None))


def names_in(text: str) -> list[str]:
    """The variables that a text of a compose file names."""
    return [plain or braced for plain, braced in _NAME.findall(text)]


def expanded(text: str, variables: Mapping[str, str]) -> str:
    """A text of a compose file with the values of its variables."""
    before = None
    while before != text:
        before = text
        text = _VARIABLE.sub(lambda found: _value(found, variables), text)
    return text


def _images(stack: Stack, names: Collection[str]) -> list[str]:
    variables = stack.variables()
    found = (service for name, service in services(stack).items() if name in names and "image" in service)
    return list(dict.fromkeys(expanded(service["image"], variables) for service in found))


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    plain, braced, operator, rest = found.groups()
    value = variables.get(plain or braced)
    if operator and operator.endswith("+"):
        return rest if value else ""
    if operator and operator.endswith("-") and (value is None or (operator == ":-" and not value)):
        return str(rest)
    return value or ""


def _short(port: Mapping[str, Any]) -> str:
    return f"{port.get('host_ip', '')}:{port.get('published', '')}:{port.get('target', '')}"


def _of_file(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        return {name: value or "" for name, value in dotenv_values(path, interpolate=False).items()}
    except UnicodeDecodeError as error:
        raise InvalidSetting(f"{path} is not text in UTF-8: write it anew as such.") from error
    except OSError as error:
        raise InvalidSetting(f"{path} cannot be read: {error.strerror}.") from error


class _Instead(list[Any]):
    """A list of a later file that replaces the earlier file's (!reset, !override)."""


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML ships no types
    """Reads compose's own tags (!reset, !override)."""


def _untagged(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return _Instead(loader.construct_sequence(node, deep=True))
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return None


_Loader.add_multi_constructor("!", _untagged)


def _documents(stack: Stack) -> list[dict[str, Any]]:
    return [yaml.load(file.read_text(encoding="utf-8"), _Loader) or {} for file in stack.files()]  # noqa: S506 -- a SafeLoader
