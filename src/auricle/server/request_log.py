"""A name for every request, one event in the log when it has been answered, and its numbers."""

import asyncio
import re
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auricle.errors import Draining
from auricle.metrics import metrics
from auricle.server.problems import of_error

log = structlog.get_logger(__name__)

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
#: What every answer says where its route says nothing else.
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
#: Routes that are asked for every few seconds; nobody wants to read of that.
_PROBES = ("/health", "/metrics")
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
#: The client went away before there was an answer; nginx calls it so.
_GONE = 499


def route_of(scope: Scope) -> Any:
    """The route that answers a request; None before there is one."""
    # FastAPI's route is as its router has it; the whole path stands beside it, in what the router became.
    return scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")


def template_of(scope: Scope) -> str:
    """The path of a request's route with names in the place of values, as in `/api/v1/jobs/{job_id}`.

    All paths that no route has are `unmatched`, so that there are as many of these as there are routes.
    """
    root: str = scope.get("root_path", "")
    folder = root.removeprefix(scope.get("app_root_path", root))
    return str(getattr(route_of(scope), "path", f"{folder}/*" if folder else "unmatched"))


@dataclass(slots=True)
class _Exchange:
    """One request, and what came of it so far."""

    id: str
    client: str
    scope: Scope
    #: Without the base path; noted at the start, because files in folders move it.
    path: str
    began: float = field(default_factory=time.monotonic)
    answer_began: float | None = None
    status: int = _GONE
    received: int = 0
    is_gone: bool = False

    def facts(self) -> dict[str, Any]:
        """What the log says; not the query, in which clients put keys."""
        return {
            "method": self.scope["method"],
            "path": self.path,
            "route": template_of(self.scope),
            "status": self.status,
            "ms": round((time.monotonic() - self.began) * 1000, 1),
            "received": self.received,
            "user": self.scope["state"].get("user_id"),
        }

    def count(self) -> None:
        """Add it to the metrics."""
        method = self.scope["method"] if self.scope["method"] in _METHODS else "other"
        took = (self.answer_began or time.monotonic()) - self.began
        metrics().answered(template_of(self.scope), method, self.status, took)


class RequestLog:
    """Names every request: by the X-Request-ID it came with, where that is one, or by a new one.

    The name is in the answer, in `scope["state"]`, and, as `request` beside the `client`'s address, in every
    event that is logged meanwhile. What nobody caught is logged here, once, and answered.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        name = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = name
        address = scope.get("client")
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        exchange = _Exchange(name, address[0] if address else "local", scope, path)
        with (
            structlog.contextvars.bound_contextvars(request=exchange.id, client=exchange.client),
            metrics().requests_in_flight.track_inprogress(),
        ):
            try:
                await self._answer(exchange, receive, send)
            finally:
                exchange.count()
                if not template_of(scope).startswith(_PROBES):
                    log.info("request", **exchange.facts())

    async def _answer(self, exchange: _Exchange, receive: Receive, send: Send) -> None:
        async def counted() -> Message:
            message = await receive()
            exchange.received += len(message.get("body", b""))
            exchange.is_gone = message["type"] == "http.disconnect"
            return message

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.answer_began = time.monotonic()
                # What is said to nobody would look like a fault of the server.
                exchange.status = _GONE if exchange.is_gone else message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = exchange.id
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(exchange.scope, counted, named)
        except Exception as error:
            # Here, and not where Starlette answers it, so that the event and the answer carry the name.
            answer = await _problem(exchange.scope, error)
            if exchange.answer_began is None:
                await answer(exchange.scope, counted, named)
        except asyncio.CancelledError:
            # The server ends and has waited long enough: nobody above has anything left to do.
            if exchange.answer_began is None:
                await of_error(exchange.scope, Draining())(exchange.scope, counted, named)


async def _problem(scope: Scope, error: Exception) -> ASGIApp:
    """The application's own answer to what nobody caught, which logs it too."""
    answer: ASGIApp = await scope["app"].exception_handlers[Exception](Request(scope), error)
    return answer
