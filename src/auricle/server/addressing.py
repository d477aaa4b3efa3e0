"""Under which path and behind which proxies the server is reached."""

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from auricle.settings import Settings
from auricle.settings.kinds import listed


class BasePath:
    """Serves everything under a path, whether the proxy before it strips that path or passes it on."""

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app = app
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            path = scope["path"]
            inside = path == self._path or path.startswith(self._path + "/")
            scope = {**scope, "root_path": self._path, "path": path if inside else self._path + path}
        await self._app(scope, receive, send)


def behind_proxies(app: ASGIApp, settings: Settings) -> ASGIApp:
    """The application as seen by who really asks: trusted proxies are believed, nobody else is."""
    if settings.base_path:
        app = BasePath(app, settings.base_path)
    proxies = list(listed(settings.trusted_proxies))
    if proxies:
        # The types of ASGI are written differently in both libraries.
        app = ProxyHeadersMiddleware(app, trusted_hosts=proxies)  # type: ignore[arg-type, assignment]
    return app
