"""Answers of a server, held against its OpenAPI document: status, media type, headers, and JSON."""

import re
from functools import cache
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from auricle.server.app import create_app
from auricle.settings import Settings


@cache
def document() -> dict[str, Any]:
    """The document; no setting changes it."""
    return create_app(Settings()).openapi()


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """What addresses of each path look like; those with fewer parameters come first, and are tried first."""
    paths = sorted(document()["paths"], key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"\{(\w+)\}", _pattern, path)), path) for path in paths]


def _pattern(parameter: re.Match[str]) -> str:
    return ".+" if parameter[1] == "model_id" else "[^/]+"


@cache
def _validator(path: str, method: str, status: str, media_type: str) -> Draft202012Validator:
    content = document()["paths"][path][method]["responses"][status]["content"][media_type]
    return Draft202012Validator({**content["schema"], "components": document()["components"]})


def hold_to_document(answer: httpx.Response) -> None:
    """Fail where an answer is none that the document shows for its route; the body of JSON is read."""
    asked = answer.request
    method = asked.method.lower()
    found = (path for pattern, path in _patterns() if pattern.fullmatch(asked.url.path))
    path = next((one for one in found if method in document()["paths"][one]), None)
    if path is None:
        return
    route = document()["paths"][path][method]
    what = f"{asked.method} {asked.url.path}: {answer.status_code}"
    status = str(answer.status_code) if str(answer.status_code) in route["responses"] else "default"
    shown = route["responses"][status]
    assert status != "default" or answer.status_code >= 400, f"{what} is not in the document"
    for name, header in shown.get("headers", {}).items():
        assert not header.get("required") or name in answer.headers, f"{what} is without {name}"
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    if answer.status_code == 204:
        # Its type means nothing: there is nothing of it.
        return
    content = shown.get("content", {})
    wildcard = f"{media_type.partition('/')[0]}/*"
    assert media_type in content or wildcard in content or not (content or media_type), (
        f"{what} is {media_type or 'without a type'}, the document has {list(content)}"
    )
    if media_type.endswith("json") and media_type in content:
        answer.read()
        for error in _validator(path, method, status, media_type).iter_errors(answer.json()):
            raise AssertionError(f"{what}: {error.json_path}: {error.message}")
