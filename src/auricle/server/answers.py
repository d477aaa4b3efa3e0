"""How the OpenAPI document shows answers that FastAPI cannot tell from a route: errors, files, headers."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from auricle.exports import FORMATS, Option, described
from auricle.server.dialects.errors import AsrError, OpenAIError
from auricle.server.problems import MEDIA_TYPE, Problem

Responses = dict[int | str, dict[str, Any]]

#: What is named here and is the answer of no route.
MODELS: tuple[type[BaseModel], ...] = (Problem, OpenAIError, AsrError)
#: The parameters of a format's options bear its name in this field.
OPTION_OF = "x-formats"

_TEXT = {"schema": {"type": "string"}}
_FILE = {"schema": {"type": "string", "format": "binary"}}
_KINDS = {"yes/no": "boolean", "number": "number", "whole number": "integer"}


def _header(description: str, *, always: bool = False, kind: str = "string") -> dict[str, Any]:
    return {"description": description, "required": always, "schema": {"type": kind}}


_RETRY_AFTER = {
    "Retry-After": _header("With 429 and 503: after how many seconds it may succeed.", kind="integer")
}
_DISPOSITION = {"Content-Disposition": _header("The file's name.", always=True)}
#: What a dialect has to say beside its answer.
WARNINGS = {"X-Auricle-Warnings": _header("What a reader should know: a JSON list of sentences.")}


def etag(description: str) -> dict[str, Any]:
    """The header that says which state of something this is."""
    return {"ETag": _header(description, always=True)}


def failed(model: type[BaseModel], media_type: str = "application/json") -> dict[str, Any]:
    """An error, in the form that clients of a route read."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {
        "description": "What went wrong.",
        "headers": _RETRY_AFTER,
        "content": {media_type: {"schema": schema}},
    }


#: An error of ours.
PROBLEM = failed(Problem, MEDIA_TYPE)
#: An answer that says which state of something it shows, or has made.
TAGGED: Responses = {200: {"headers": etag("Pass it as If-Match with the next change.")}}


def again(model: type[BaseModel]) -> Responses:
    """The answer to a request that an earlier one has done already."""
    return {200: {"model": model, "description": "It was there already."}}


def texts(*media_types: str) -> dict[str, Any]:
    """Answers that are text."""
    return dict.fromkeys(media_types, _TEXT)


def files(*media_types: str) -> dict[str, Any]:
    """Answers that are bytes."""
    return dict.fromkeys(media_types, _FILE)


def archive(description: str) -> Responses:
    """A ZIP file, made for the one who asks."""
    return {200: {"description": description, "headers": _DISPOSITION, "content": files("application/zip")}}


def stored_file(*media_types: str, elsewhere: bool = False) -> Responses:
    """A stored file or a range of it; `elsewhere`: or the address at which the storage itself gives it."""
    tag = etag("Never changes; pass it as If-None-Match.")
    content = files(*media_types)
    spans = {"Content-Range": _header("Which bytes these are, and of how many.", always=True)}
    shown: Responses = {
        200: {"description": "The file.", "headers": tag, "content": content},
        206: {"description": "The range that was asked for.", "headers": tag | spans, "content": content},
        304: {"description": "You have it: If-None-Match.", "headers": tag},
        416: {"description": "The file has no such range.", "headers": tag | spans},
    }
    if elsewhere:
        there = {"Location": _header("Good for a short time, without a key.", always=True)}
        shown[307] = {"description": "The storage itself gives the file.", "headers": there}
    return shown


def transcript() -> dict[str, Any]:
    """A transcript in any format, and the options of all formats as parameters."""
    # Text comes first: what generated clients take for the type of the answer then fits most formats.
    content: dict[str, Any] = {}
    for form in FORMATS.values():
        kind = form.media_type.partition(";")[0]
        content[kind] = _TEXT if kind.startswith("text/") else _FILE
    content["application/json"] = {"schema": {"$ref": "#/components/schemas/Transcript"}}
    headers = etag("Pass it as If-Match with a change.") | _DISPOSITION | WARNINGS
    answer = {"description": "The transcript.", "headers": headers, "content": content}
    return {"responses": {"200": answer}, "parameters": _parameters()}


def _parameters() -> list[dict[str, Any]]:
    named: dict[str, dict[str, Option]] = {}
    for form in FORMATS.values():
        for one in described(form.options):
            named.setdefault(one.name, {})[form.name] = one
    return [
        {
            "name": name,
            "in": "query",
            "description": f"{next(iter(of.values())).help} For {', '.join(of)}.",
            "schema": _schema(list(of.values())),
            OPTION_OF: list(of),
        }
        for name, of in named.items()
    ]


def _schema(options: Sequence[Option]) -> dict[str, Any]:
    """What fits an option that several formats may have, each in its own way."""
    kinds = {one.kind for one in options}
    if kinds == {"yes/no"}:
        return {"type": "boolean"}
    choices = dict.fromkeys(choice for one in options for choice in one.choices)
    if choices:
        return {"type": "string", "enum": list(choices)}
    (kind,) = kinds
    lows = [one.low for one in options if one.low is not None]
    highs = [one.high for one in options if one.high is not None]
    bounds = {"minimum": min(lows), "maximum": max(highs)} if lows and highs else {}
    return {"type": _KINDS.get(kind, "string"), **bounds}
