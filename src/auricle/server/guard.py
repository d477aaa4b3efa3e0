"""What every request passes: the refusal of what other web pages try, and what browsers are told."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auricle.server.origin import is_loopback
from auricle.server.problems import answer
from auricle.settings import Settings
from auricle.settings.kinds import listed

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
#: What browsers are told with every answer that says nothing else: nothing in it is to be run or framed.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
#: A year, as browsers that preload ask for it; only ever said over https.
_STRICT_TRANSPORT = "max-age=31536000"


class Guard:
    """Refuses foreign hosts and writes that come from other web pages.

    A page anywhere on the web can make a browser send requests here, with the cookies it has. So what
    changes something has to come from our own pages, from an origin the settings name, or from no page at
    all: browsers say so in Sec-Fetch-Site or Origin (https://words.filippo.io/csrf/). Where nobody has to
    sign in, the Host has to be a loopback name too: a page can point a name of its own at this machine.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._open = settings.auth == "off"
        self._origins = {origin.lower() for origin in listed(settings.cors_origins)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    answer.setdefault(name, value)
                if self._origins:
                    # Who may read an answer is then decided by Access-Control-Allow-Origin.
                    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
                if scope["scheme"] == "https":
                    answer.setdefault("Strict-Transport-Security", _STRICT_TRANSPORT)
            await send(message)

        headers = Headers(scope=scope)
        reason = self._refusal(scope["method"], headers)
        if self._is_named(headers) and _is_foreign(headers):
            # Named sites come with keys: what their visitors' browsers add is not theirs to use.
            scope["headers"] = [one for one in scope["headers"] if one[0] != b"cookie"]
        if reason is None:
            await self._app(scope, receive, told)
        else:
            await answer(scope, 403, reason, "forbidden")(scope, receive, told)

    def _refusal(self, method: str, headers: Headers) -> str | None:
        """Why a request is not let in; None where it is."""
        host = headers.get("host", "")
        if self._open and not is_loopback(host):
            return (
                "Nobody has to sign in here (AURICLE_AUTH=off), so this server answers only to names of this "
                f"machine, such as 127.0.0.1, not to {host[:100]!r}."
            )
        if method in _SAFE_METHODS or self._is_named(headers) or not _is_foreign(headers):
            return None
        return (
            "This request comes from another web site, which may not change anything here. "
            "AURICLE_CORS_ORIGINS names sites that may."
        )

    def _is_named(self, headers: Headers) -> bool:
        return headers.get("origin", "").lower() in self._origins


def _is_foreign(headers: Headers) -> bool:
    """Whether the page of another site sends this, as far as the browser says."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin, host = headers.get("origin"), headers.get("host", "")
    return origin is not None and origin.lower() not in (f"http://{host}".lower(), f"https://{host}".lower())
