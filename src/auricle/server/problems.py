"""Errors as problem details: https://www.rfc-editor.org/rfc/rfc9457."""

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

from auricle.errors import AuricleError, RateLimited

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
    "cancelled": 409,
    "outdated": 412,
    "limit_exceeded": 413,
    "audio_unreadable": 422,
    "quota_exceeded": 429,
    "rate_limited": 429,
    "model_unavailable": 503,
    "engine_unavailable": 503,
    "engine_failed": 502,
    "storage_unavailable": 503,
    "disk_full": 507,
}
#: After how many seconds (s) a refused request may be worth repeating.
RETRY_AFTER = 10


class Problem(BaseModel):
    """What went wrong (RFC 9457), in a sentence for people and a code for programs."""

    type: str = Field("about:blank", description="A URI for the kind of problem.")
    title: str = Field(description="The meaning of the status.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What went wrong and what to do about it.")
    code: str = Field(description="The kind of error, for programs.")
    retryable: bool = Field(False, description="Whether the same request may succeed later.")
    errors: list[dict[str, Any]] | None = Field(None, description="Which parts of the request are wrong.")


def problem(
    status: int,
    detail: str,
    code: str,
    *,
    retryable: bool = False,
    retry_after: float = RETRY_AFTER,
    errors: Any = None,
) -> JSONResponse:
    """The answer for one error."""
    body = Problem(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        retryable=retryable,
        errors=errors,
    )
    headers = {"Retry-After": str(math.ceil(retry_after))} if status in (429, 503) else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body.model_dump(exclude_none=True), status, headers=headers, media_type=MEDIA_TYPE)


def of_error(error: AuricleError) -> JSONResponse:
    """The answer for one of our own errors."""
    status = STATUS.get(error.code, 500)
    wait = error.retry_after if isinstance(error, RateLimited) else RETRY_AFTER
    return problem(status, str(error), error.code, retryable=error.retryable, retry_after=wait)


def add_problems(app: FastAPI) -> None:
    """Answer every error with a problem; nobody sees a traceback."""

    @app.exception_handler(AuricleError)
    async def _ours(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, AuricleError)  # noqa: S101 - what the handler is registered for
        return of_error(error)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - what the handler is registered for
        errors = [{"where": list(one["loc"]), "message": one["msg"]} for one in error.errors()]
        first = errors[0]
        where = ".".join(str(part) for part in first["where"])
        return problem(422, f"{where}: {first['message']}.", "invalid_request", errors=errors)

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)  # noqa: S101 - what the handler is registered for
        phrase = HTTPStatus(error.status_code).phrase
        answer = problem(error.status_code, str(error.detail), phrase.lower().replace(" ", "_"))
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, error: Exception) -> JSONResponse:
        log.error("request_crashed", path=request.url.path, exc_info=error)
        return problem(
            500,
            "Something went wrong here that should not have. The server's log says what; please report it.",
            "internal",
        )
