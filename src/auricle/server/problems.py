"""Errors as problem details (https://www.rfc-editor.org/rfc/rfc9457), or as a dialect has them."""

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.types import Scope

from auricle.errors import AuricleError, QuotaExceeded
from auricle.metrics import metrics
from auricle.server.dialects.errors import InvalidField, UnsupportedField, asr_error, openai_error

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"

#: The status of each kind of error, by its code; 500 where none is named.
STATUS: Mapping[str, int] = {
    "invalid_option": 400,
    "unsupported_option": 400,
    "unknown_model": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "in_trash": 409,
    "cancelled": 409,
    "outdated": 412,
    "limit_exceeded": 413,
    "audio_unreadable": 422,
    "quota_exceeded": 429,
    "rate_limited": 429,
    "busy": 429,
    "model_unavailable": 503,
    "engine_unavailable": 503,
    "engine_failed": 502,
    "storage_unavailable": 503,
    "draining": 503,
    "disk_full": 507,
}
#: After how many seconds (s) a refused request may be worth repeating.
RETRY_AFTER = 10
#: Paths whose clients expect another service's errors.
_OPENAI = "/v1/"
_ASR = ("/asr", "/detect-language")


class Problem(BaseModel):
    """What went wrong (RFC 9457), in a sentence for people and a code for programs."""

    type: str = Field("about:blank", description="A URI for the kind of problem.")
    title: str = Field(description="The meaning of the status.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What went wrong and what to do about it.")
    code: str = Field(description="The kind of error, for programs.")
    retryable: bool = Field(False, description="Whether the same request may succeed later.")
    errors: list[dict[str, Any]] | None = Field(None, description="Which parts of the request are wrong.")


def answer(
    scope: Scope,
    status: int,
    detail: str,
    code: str,
    *,
    retryable: bool = False,
    retry_after: float = RETRY_AFTER,
    errors: Any = None,
    param: str | None = None,
) -> JSONResponse:
    """The answer for one error, in the form that clients of the path that was asked for read.

    `retry_after` (s) is told where the same request may succeed then; `errors` are the parts of the request
    that are wrong, `param` is the one field that is.
    """
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    wait = retry_after if retryable and status in (429, 503) else None
    if path.startswith(_OPENAI):
        response = openai_error(status, detail, code, param=param, retry_after=wait)
    elif path in _ASR:
        response = asr_error(status, detail, retry_after=wait)
    else:
        response = _problem(status, detail, code, retryable=retryable, retry_after=wait, errors=errors)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _problem(
    status: int, detail: str, code: str, *, retryable: bool, retry_after: float | None, errors: Any
) -> JSONResponse:
    body = Problem(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        retryable=retryable,
        errors=errors,
    )
    headers = {} if retry_after is None else {"Retry-After": str(math.ceil(retry_after))}
    return JSONResponse(body.model_dump(exclude_none=True), status, headers=headers, media_type=MEDIA_TYPE)


def status_of(error: AuricleError) -> int:
    """The status of one of our own errors."""
    return STATUS.get(error.code, 500)


def of_error(scope: Scope, error: AuricleError) -> JSONResponse:
    """The answer for one of our own errors."""
    return answer(
        scope,
        status_of(error),
        str(error),
        error.code,
        retryable=error.retryable or error.retry_after is not None,
        retry_after=RETRY_AFTER if error.retry_after is None else error.retry_after,
        param=error.param if isinstance(error, InvalidField | UnsupportedField) else None,
    )


def http_problem(scope: Scope, error: HTTPException) -> JSONResponse:
    """The answer for an error that is nothing but a status."""
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    response = answer(scope, error.status_code, str(error.detail), code)
    response.headers.update(error.headers or {})
    return response


def _said(error: dict[str, Any]) -> str:
    return "there is no such field" if error["type"] == "extra_forbidden" else error["msg"]


def add_problems(app: FastAPI) -> None:
    """Answer every error with a problem; nobody sees a traceback."""

    @app.exception_handler(AuricleError)
    async def _ours(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, AuricleError)  # noqa: S101 - what the handler is registered for
        if isinstance(error, QuotaExceeded):
            metrics().refused("quota")
        return of_error(request.scope, error)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - what the handler is registered for
        errors = [{"where": list(one["loc"]), "message": _said(one)} for one in error.errors()]
        first = errors[0]
        where = ".".join(str(part) for part in first["where"])
        detail = f"{where}: {first['message']}."
        return answer(request.scope, 422, detail, "invalid_request", errors=errors)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)  # noqa: S101 - what the handler is registered for
        return http_problem(request.scope, error)

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, error: Exception) -> JSONResponse:
        log.error("request_crashed", path=request.url.path, exc_info=error)
        return answer(
            request.scope,
            500,
            "Something went wrong here that should not have. The server's log says what; please report it.",
            "internal",
        )
