"""How the OpenAPI document shows the forms of OpenAI's audio routes."""

from dataclasses import fields
from typing import Any

from auricle.engines import SpeechOptions
from auricle.engines.options import meaning_of
from auricle.jobs.options import OWN_OPTIONS
from auricle.server.dialects.openai_request import FORMATS, STREAMED, Task

_MEANINGS = {
    "model": "whisper-1 is the configured engine and model; GET /v1/models lists all names.",
    "response_format": "The form of the answer.",
    "language": "A code such as en or a name such as english; auto detects it, as when not given.",
    "languages": "At most one: the same as language.",
    "temperature": "0 to 1; 0 goes up step by step where a decode fails.",
    "stream": f"Server-sent events while the file is being heard; for {', '.join(STREAMED)}.",
    "timestamp_granularities": "word, segment or both, for verbose_json.",
    "include": "logprobs, for json.",
    "chunking_strategy": "auto, or JSON: type server_vad, threshold, prefix_padding_ms, silence_duration_ms.",
    "keywords": "Words that are likely to occur, one a field: the same as hotwords.",
    "user": "Has no meaning here.",
    "vad_options": "JSON: how speech is told from silence.",
    "word_times": "For verbose_json, the same as timestamp_granularities=word.",
}


def form_schema(task: Task) -> dict[str, Any]:
    """The form of a route, for its `openapi_extra`."""
    options = {one.name: meaning_of(one) for one in fields(SpeechOptions) if one.name != "task"}
    ranges = {name: OWN_OPTIONS[name] for name in ("channels", "start", "end")}
    texts: dict[str, dict[str, Any]] = {
        name: {"type": "string", "description": meaning}
        for name, meaning in (options | ranges | _MEANINGS).items()
    }
    texts["response_format"]["enum"] = list(FORMATS[task])
    file = {"type": "string", "format": "binary", "description": "The recording, in any format."}
    schema = {"type": "object", "required": ["file", "model"], "properties": {"file": file, **texts}}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}
