"""Errors as the clients of other services read them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from auricle.errors import InvalidOption, UnsupportedOption


class InvalidField(InvalidOption):
    """A field of a form is wrong; `param` is its name as the client wrote it."""

    def __init__(self, sentence: str, param: str) -> None:
        super().__init__(sentence)
        self.param = param


class UnsupportedField(UnsupportedOption):
    """A field of a form cannot be honoured; `param` is its name as the client wrote it."""

    def __init__(self, sentence: str, param: str) -> None:
        super().__init__(sentence)
        self.param = param


class OpenAIFault(BaseModel):
    """What went wrong, as OpenAI says it."""

    message: str = Field(description="A sentence.")
    type: str = Field(description="Of its kind, such as invalid_request_error.")
    param: str | None = Field(description="The field that is wrong.")
    code: str = Field(description="The kind of error, for programs.")


class OpenAIError(BaseModel):
    """An error as OpenAI's clients read it."""

    error: OpenAIFault


class AsrError(BaseModel):
    """An error as whisper-asr-webservice gives it."""

    detail: str = Field(description="What went wrong and what to do about it.")


@dataclass(frozen=True, slots=True)
class _Meaning:
    """How OpenAI speaks of an error: its code and type, and its status where ours differs."""

    code: str
    type: str = "invalid_request_error"
    status: int | None = None


#: By our codes. Others keep theirs.
_MEANINGS: Mapping[str, _Meaning] = {
    "unauthorized": _Meaning("invalid_api_key"),
    "forbidden": _Meaning("insufficient_permissions"),
    "unknown_model": _Meaning("model_not_found", status=404),
    "invalid_request": _Meaning("invalid_request", status=400),
    "audio_unreadable": _Meaning("audio_unreadable", status=400),
    "rate_limited": _Meaning("rate_limit_exceeded", "requests"),
    "busy": _Meaning("rate_limit_exceeded", "requests"),
    "quota_exceeded": _Meaning("insufficient_quota", "insufficient_quota"),
    "internal": _Meaning("server_error", "server_error"),
}


def openai_body(status: int, detail: str, code: str, *, param: str | None = None) -> dict[str, object]:
    """What OpenAI's clients read of an error: of its kind, the sentence, and the field that is wrong."""
    meaning = _meaning(status, code)
    wrong = "model" if param is None and code == "unknown_model" else param
    return {"error": {"message": detail, "type": meaning.type, "param": wrong, "code": meaning.code}}


def openai_error(
    status: int, detail: str, code: str, *, param: str | None = None, retry_after: float | None = None
) -> JSONResponse:
    """The answer for an error; `status` and `code` are ours, `retry_after` is in seconds.

    OpenAI's own clients try again after most errors unless told that it is of no use.
    """
    headers = {} if retry_after is None else {"Retry-After": str(math.ceil(retry_after))}
    if code == "quota_exceeded":
        headers["X-Should-Retry"] = "false"
    return JSONResponse(
        openai_body(status, detail, code, param=param),
        _meaning(status, code).status or status,
        headers=headers,
    )


def asr_error(status: int, detail: str, *, retry_after: float | None = None) -> JSONResponse:
    """The answer for an error as whisper-asr-webservice gives it; `retry_after` is in seconds."""
    headers = {} if retry_after is None else {"Retry-After": str(math.ceil(retry_after))}
    return JSONResponse({"detail": detail}, status, headers=headers)


def _meaning(status: int, code: str) -> _Meaning:
    kind = "server_error" if status >= 500 else "invalid_request_error"
    return _MEANINGS.get(code, _Meaning(code, kind))
