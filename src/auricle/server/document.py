"""The OpenAPI document as it is handed out: what FastAPI makes of the routes, made valid and whole."""

import re
from typing import Any

from pydantic.json_schema import models_json_schema

from auricle.server.answers import MODELS
from auricle.transcript.schema import transcript_schema

_REF = "#/components/schemas/"
_EVENTS = {
    "type": "string",
    "description": "Events named `job`. The data of each is a JobModel in JSON; pass the last `id` as "
    "Last-Event-ID to go on after a break.",
}


def complete(document: dict[str, Any]) -> None:
    """Change a document that FastAPI has made: summaries, event streams, and what routes refer to."""
    for methods in document["paths"].values():
        for route in methods.values():
            route["summary"] = _beginning(route.get("description", ""))
            for answer in route["responses"].values():
                for content in answer.get("content", {}).values():
                    # OpenAPI 3.2 has it; this is 3.1, whose tools refuse it.
                    if content.pop("itemSchema", None) is not None:
                        content["schema"] = _EVENTS
    _, models = models_json_schema(
        [(model, "serialization") for model in MODELS], ref_template=_REF + "{model}"
    )
    document["components"]["schemas"] |= models.get("$defs", {}) | _transcript()


def _beginning(explanation: str) -> str:
    first = re.split(r"[.:;]\s|[.:;]$", explanation, maxsplit=1)[0]
    return " ".join(first.split())


def _transcript() -> dict[str, Any]:
    """The published schema of transcripts, as components; numbers of a kind stand where they are used."""
    schema = transcript_schema()
    parts: dict[str, Any] = schema.pop("$defs")
    # Generated clients take their names from titles.
    del schema["$schema"], schema["$id"], schema["title"]
    plain = {name: part for name, part in parts.items() if part["type"] != "object"}
    names = {name: _name(name) for name in parts if name not in plain}

    def resolved(value: Any) -> Any:
        if isinstance(value, list):
            return [resolved(one) for one in value]
        if not isinstance(value, dict):
            return value
        if value.get("const") is True:
            # What openapi-python-client makes of a constant that is no text, Python cannot read.
            return {key: one for key, one in value.items() if key != "const"} | {"type": "boolean"}
        name = str(value.get("$ref", "")).removeprefix("#/$defs/")
        rest = {key: resolved(one) for key, one in value.items() if key != "$ref"}
        if name in plain:
            return plain[name] | rest
        return rest | ({"$ref": _REF + names[name]} if name in names else {})

    return {"Transcript": resolved(schema)} | {names[name]: resolved(parts[name]) for name in names}


def _name(part: str) -> str:
    return "Transcript" + part.title().replace("_", "")
