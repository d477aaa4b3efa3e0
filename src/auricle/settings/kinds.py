"""The kinds of values that settings have, and how one is declared."""

import math
import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]I?)?B?", re.IGNORECASE)
_POWERS = {"K": 1, "M": 2, "G": 3, "T": 4}


def _size(value: object) -> object:
    """Bytes from `25MB` (powers of 1000) or `25MiB` (powers of 1024); other values pass unchanged."""
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return value
    unit = (match[2] or "").upper()
    factor = (1024 if unit.endswith("I") else 1000) ** _POWERS[unit[0]] if unit else 1
    return math.floor(float(match[1]) * factor) if "." in match[1] else int(match[1]) * factor


def _folder(path: Path) -> Path:
    """An absolute path; `~` is the home folder, and other paths start at the working directory."""
    try:
        return path.expanduser().absolute()
    except RuntimeError as error:
        raise ValueError("a folder; the home folder of that user is not known") from error


def _address(value: str) -> str:
    """An http or https address without its final slash."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", value):
        raise ValueError
    return value.rstrip("/")


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _database(value: str) -> str:
    if not re.match(r"(sqlite:///.|postgres(ql)?(\+psycopg)?://.)", value):
        raise ValueError
    from sqlalchemy import make_url  # slow, and most commands need none
    from sqlalchemy.exc import ArgumentError

    try:
        make_url(value)
    except (ArgumentError, ValueError):
        raise ValueError from None  # its own words hold a piece of the password
    return re.sub(r"^postgres(ql)?(\+psycopg)?://", "postgresql://", value)


def _storage(value: str) -> str:
    if not re.match(r"(file:///.|s3://.)", value):
        raise ValueError
    return value


def _broker(value: str) -> str:
    if not re.match(r"(rediss?|amqps?|sqs)://", value):
        raise ValueError
    return value


def _joined(value: object) -> object:
    """A list, as TOML has them, written as in a variable."""
    return ",".join(map(str, value)) if isinstance(value, list) else value


def listed(value: str | None) -> tuple[str, ...]:
    """The items of a setting that holds several, comma-separated."""
    return tuple(item.strip() for item in (value or "").split(",") if item.strip())


def _origins(value: str) -> str:
    for item in listed(value):
        parts = urlsplit(item)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
            raise ValueError
    return value


def _networks(value: str) -> str:
    for item in listed(value):
        try:
            ip_network(item, strict=False)
        except ValueError:
            raise ValueError from None  # its own words speak of Python's classes
    return value


def _base_path(value: str) -> str:
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+/?", value):
        raise ValueError
    return value.rstrip("/")


def _rate(value: str) -> str:
    if not re.fullmatch(r"off|[1-9]\d{0,8}\s*/\s*(second|minute|hour|day)", value):
        raise ValueError
    return re.sub(r"\s", "", value)


def _aliases(value: str) -> str:
    if not all(re.fullmatch(r"[^=\s]+=[^=\s]+", item) for item in listed(value)):
        raise ValueError
    return value


def _names(value: str) -> str:
    if not listed(value):
        raise ValueError
    return value


Size = Annotated[int, BeforeValidator(_size)]
Folder = Annotated[Path, AfterValidator(_folder)]
Address = Annotated[str, AfterValidator(_address)]
LanguageCode = Annotated[str, BeforeValidator(_lower), Field(pattern=r"^[a-z]{2,3}$")]
DatabaseUrl = Annotated[str, AfterValidator(_database)]
StorageUrl = Annotated[str, AfterValidator(_storage)]
BrokerUrl = Annotated[str, AfterValidator(_broker)]
Lowered = BeforeValidator(_lower)
Origins = Annotated[str, BeforeValidator(_joined), AfterValidator(_origins)]
Networks = Annotated[str, BeforeValidator(_joined), AfterValidator(_networks)]
BasePath = Annotated[str, AfterValidator(_base_path)]
Rate = Annotated[str, BeforeValidator(_lower), AfterValidator(_rate)]
Aliases = Annotated[str, BeforeValidator(_joined), AfterValidator(_aliases)]
Names = Annotated[str, BeforeValidator(_joined), AfterValidator(_names)]
File = Annotated[Path, AfterValidator(_folder)]


def setting(default: Any, meaning: str, *, group: str, kind: str = "", unit: str = "", **field: Any) -> Any:
    """A field; `kind` says what is allowed (see `description`), `unit` what its number counts."""
    extra = {"group": group, "kind": kind, "unit": unit, "shown": field.pop("shown", None)}
    chosen = {"default_factory": default} if callable(default) else {"default": default}
    return Field(description=" ".join(meaning.split()), json_schema_extra=extra, **chosen, **field)
