"""What every request passes: a name for it, and the refusal of what other web pages try."""

import re
import secrets
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auricle.server.problems import problem

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_LOOPBACK = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?", re.IGNORECASE)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def is_loopback(host: str) -> bool:
    """Whether a host name, with or without a port, means this machine."""
    return _LOOPBACK.fullmatch(host) is not None or host == "::1"


class Guard:
    """Names every request, and refuses foreign hosts and writes that come from other web pages.

    A page anywhere on the web can make a browser send requests to this machine, and can point a name of its
    own at it. So the Host has to be a loopback name, and what changes something has to come from our own
    pages or from no page at all: browsers say so in Sec-Fetch-Site or Origin
    (https://words.filippo.io/csrf/).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer["X-Request-ID"] = request_id
                answer.setdefault("X-Content-Type-Options", "nosniff")
                answer.setdefault("Referrer-Policy", "no-referrer")
                answer.setdefault("Cache-Control", "no-store")
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request_id):
            reason = _refusal(scope["method"], headers)
            if reason is None:
                await self._app(scope, receive, named)
            else:
                await problem(403, reason, "forbidden")(scope, receive, named)


def _refusal(method: str, headers: Headers) -> str | None:
    """Why a request is not let in; None where it is."""
    host = headers.get("host", "")
    if not is_loopback(host):
        return f"This server answers only to names of this machine, such as 127.0.0.1, not to {host[:100]!r}."
    if method in _SAFE_METHODS:
        return None
    site = headers.get("sec-fetch-site")
    if site is not None:
        foreign = site not in ("same-origin", "none")
    else:
        origin = headers.get("origin")
        foreign = origin is not None and urlsplit(origin).netloc != host
    return (
        "This request comes from another web site, which may not change anything here." if foreign else None
    )
