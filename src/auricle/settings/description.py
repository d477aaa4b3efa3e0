"""The settings described for people: in error messages, on the terminal, in the documentation."""

import re
from types import NoneType, UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from auricle.settings.fields import Settings

#: Up to the last @: a password may hold one, or a slash, where it was not percent-encoded.
_PASSWORD = re.compile(r"(://)[^/\s].*@")
#: What a value of these kinds may look like, for error messages and the documentation.
_ALLOWED = {
    "Size": "a number of bytes, or a size such as 25MB, 1.5GB or 10GiB",
    "Folder": "a folder",
    "Address": "an address that starts with http:// or https://",
    "Model": "the name of a model, a Hugging Face id, or a folder",
    "DatabaseUrl": (
        "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME (special characters percent-encoded)"
    ),
    "StorageUrl": "file:///FOLDER or s3://BUCKET/PREFIX",
    "BrokerUrl": "redis://..., amqp://... or sqs://...",
    "Origins": "https://HOST, several separated by commas",
    "Networks": "IP addresses or networks such as 10.0.0.0/8, separated by commas",
    "BasePath": "a path such as /auricle",
    "Rate": "a number per second, minute, hour or day, such as 300/minute, or off",
    "Aliases": "NAME=MODEL, several separated by commas",
    "Names": "names of models, several separated by commas",
    "File": "a file",
    "LanguageCode": "an ISO 639 code such as en or de",
}


def is_secret(name: str) -> bool:
    """Whether the value of the setting `name` may not be shown."""
    return SecretStr in _kinds(Settings.model_fields[name].annotation)


def shown(name: str, value: object) -> str:
    """A value of the setting `name` for people: words for none, stars for secrets and passwords."""
    if value is None or value is PydanticUndefined:
        return str(_extra(name)["shown"])
    if is_secret(name):
        return "********"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _PASSWORD.sub(r"\1********@", str(value))


def unit(name: str) -> str:
    """What the number of the setting `name` counts; empty for settings that are no numbers."""
    return str(_extra(name)["unit"])


def group(name: str) -> str:
    """The heading that the setting `name` stands under."""
    return str(_extra(name)["group"])


def allowed(name: str) -> str:
    """What the setting `name` may be, as the end of a sentence."""
    kinds = _kinds(Settings.model_fields[name].annotation)
    choices = [str(choice) for kind in kinds for choice in get_args(kind)]
    if choices:
        return f"one of {', '.join(choices)}"
    if bool in kinds:
        return "true or false (or 1, 0, yes, no, on, off)"
    number = "a whole number" if int in kinds else "a number" if float in kinds else ""
    described = _ALLOWED.get(_extra(name)["kind"], number or "a text that is not empty")
    return described + (_bounds(name) if number else "")


def _extra(name: str) -> dict[str, Any]:
    return cast(dict[str, Any], Settings.model_fields[name].json_schema_extra)


def _kinds(annotation: Any) -> list[Any]:
    """The types an annotation allows, without None and without what validates them."""
    if get_origin(annotation) is Annotated:
        return _kinds(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [kind for part in get_args(annotation) for kind in _kinds(part) if kind is not NoneType]
    return [annotation]


def _bounds(name: str) -> str:
    words = {"ge": "at least", "gt": "above", "le": "at most"}
    limits = [
        f"{word} {getattr(limit, attribute):,}"
        for limit in Settings.model_fields[name].metadata
        for attribute, word in words.items()
        if hasattr(limit, attribute)
    ]
    return f", {' and '.join(limits)}" + (f" {unit(name)}" if unit(name) == "s" else "") if limits else ""
