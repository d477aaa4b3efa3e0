"""The web app: the files that `make` builds, and the page that starts it at every address it knows."""

import secrets
from functools import cache
from html import escape
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from auricle.accounts.people import nobody_can_sign_in
from auricle.server.problems import http_problem
from auricle.server.service import Service

STATIC = Path(__file__).parent / "static"
#: What `make ui` builds.
APP = STATIC / "app"
#: Where the app is at home.
PLACES = (
    "/",
    "/add",
    "/trash",
    "/account",
    "/sign-in",
    "/setup",
    "/recordings/{recording_id}",
    "/admin",
    "/admin/{place}",
)
#: Where programs ask: there the app never stands in for what is not there.
FOR_PROGRAMS = frozenset(
    ("api", "v1", "asr", "detect-language", "static", "health", "metrics", "docs", "redoc", "openapi.json")
)

_NOT_BUILT = Path(__file__).parent / "html" / "no-app.html"
#: Angular's styles carry the nonce; sound that was recorded in the browser is a blob.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; connect-src 'self'; "
    "img-src 'self'; font-src 'self'; media-src 'self' blob:; manifest-src 'self'; base-uri 'self'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_YEAR = 31_536_000
#: How files are compressed, the best first, and what the name of the compressed file ends with.
_ENCODINGS = {"br": ".br", "gzip": ".gz"}


class Static(StaticFiles):
    """Files of ours: those whose name changes with their content are kept, others are asked about each time.

    A file that lies there compressed too goes out so to who takes it.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        taken = _tokens(Headers(scope=scope).get("accept-encoding", ""))
        there = (one for one in _ENCODINGS if one in taken and self.lookup_path(path + _ENCODINGS[one])[1])
        encoding = next(there, None)
        if encoding is not None:
            response = await super().get_response(path + _ENCODINGS[encoding], scope)
            response.headers["Content-Encoding"] = encoding
            response.headers["Content-Type"] = _media_type(path)
        else:
            response = await super().get_response(path, scope)
        response.headers["Vary"] = "Accept-Encoding"
        kept = f"public, max-age={_YEAR}, immutable" if _is_hashed(path) else "no-cache"
        response.headers["Cache-Control"] = kept
        return response


def add_ui(app: FastAPI) -> None:
    """Serve the web app, and the files all pages share under /static.

    A person who follows a wrong address gets the app too, which says that there is nothing; a program gets a
    problem.
    """
    for path in PLACES:
        app.add_api_route(path, _page, include_in_schema=False, response_model=None)
    app.mount("/static", Static(directory=STATIC), name="static")

    @app.exception_handler(404)
    def _nowhere(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - only these have a status
        return _start(request, 404) if _is_visit(request) else http_problem(request.scope, error)


def _is_visit(request: Request) -> bool:
    """Whether a browser looks for a page where programs never ask."""
    scope = request.scope
    # Where files are served, the other one holds their folder too.
    root = scope.get("app_root_path", scope.get("root_path", ""))
    path = str(scope["path"]).removeprefix(root)
    wants_page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
    return wants_page and path.lstrip("/").split("/")[0] not in FOR_PROGRAMS


def _page(request: Request) -> Response:
    return _start(request, 200)


def _start(request: Request, status: int) -> Response:
    """The page that starts the app, told where it is and whether anybody can sign in."""
    if not (APP / "index.html").is_file():
        return HTMLResponse(_NOT_BUILT.read_text(encoding="utf-8"), 503)
    service: Service = request.app.state.service
    root = str(request.scope.get("root_path", "")).rstrip("/")
    nonce = secrets.token_urlsafe(16)
    facts = f'data-auth="{service.settings.auth}" data-nobody="{_nobody_yet(service)}"'
    page = (
        _index((APP / "index.html").stat().st_mtime_ns)
        .replace('<base href="/"', f'<base href="{escape(root)}/"')
        .replace('data-auth="on" data-nobody="false"', facts)
        .replace("<a-root>", f'<a-root ngCspNonce="{nonce}">')
    )
    headers = {"Content-Security-Policy": _POLICY.format(nonce=nonce), "Cache-Control": "no-store"}
    return HTMLResponse(page, status, headers=headers)


def _nobody_yet(service: Service) -> str:
    if service.settings.auth == "off":
        return "false"
    with service.database.read() as session:
        return "true" if nobody_can_sign_in(session) else "false"


@cache
def _index(_changed: int) -> str:
    return (APP / "index.html").read_text(encoding="utf-8")


def _is_hashed(path: str) -> bool:
    """Whether Angular has put a hash of the content into a file's name, as in main-SGQZ6TR7.js."""
    folder, _, name = path.rpartition("/")
    stem = name.rsplit(".", 1)[0].removesuffix(".js").removesuffix(".css")
    return folder.startswith("app") and len(stem.rpartition("-")[2]) == 8 and "-" in stem


def _tokens(header: str) -> set[str]:
    """What a header lists, but for what it refuses."""
    items = (item.replace(" ", "").lower().partition(";") for item in header.split(","))
    return {name for name, _, weight in items if weight not in ("q=0", "q=0.0")}


def _media_type(path: str) -> str:
    kinds = {
        ".js": "text/javascript; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".svg": "image/svg+xml",
        ".webmanifest": "application/manifest+json",
    }
    return kinds.get(Path(path).suffix, "application/octet-stream")
