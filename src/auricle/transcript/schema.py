"""The published JSON Schema of a transcript, for programs that read or make one."""

import json
from importlib.resources import files
from typing import Any


def transcript_schema() -> dict[str, Any]:
    """The schema of `auricle.transcript/1` (draft 2020-12): what `Transcript.to_dict` writes."""
    text = (files("auricle.transcript") / "transcript.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
