"""The API as Swagger UI and Redoc show it. All they need comes from here, and no script stands in a page."""

from functools import cache
from html import escape
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from auricle.accounts.sessions import find_session
from auricle.server.deps import session_cookie
from auricle.server.service import Service
from auricle.server.ui import STATIC
from auricle.store.schema import User

#: What `make` fetches into `static/docs`.
FILES = ("swagger-ui.css", "swagger-ui-bundle.js", "redoc.standalone.js")

_HTML = Path(__file__).parent / "html"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
#: Swagger UI and Redoc write styles into their pages, and Redoc searches in a worker of its own.
_DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; "
    "style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
#: What the bar on top leads to.
_BAR = {"/": "Library", "/docs": "API", "/redoc": "Reference"}

_STYLE = '<link rel="stylesheet" href="{root}/static/{name}">'
_PROGRAM = '<script src="{root}/static/{name}" defer></script>'
_SCRIPT = '<script src="{root}/static/{name}" type="module"></script>'
_LINK = '<a href="{root}{path}" aria-current="{current}">{name}</a>'
_WHO = '<a class="who" href="{root}/account">{name}</a>'
_NOBODY = '<a class="who" href="{root}/sign-in?next={here}">Sign in</a>'


class _Markup(str):
    """Text that is HTML already; all other text is made so where it is filled in."""


def add_api_pages(app: FastAPI) -> None:
    """Serve /docs (Swagger UI) and /redoc (Redoc)."""
    for path, page in {"/docs": _swagger, "/redoc": _redoc}.items():
        app.add_api_route(path, page, include_in_schema=False, response_model=None)


def _swagger(request: Request) -> Response:
    styles = ("docs/swagger-ui.css", "swagger.css")
    return _docs(request, "/docs", styles=styles, program="docs/swagger-ui-bundle.js", script="swagger.js")


def _redoc(request: Request) -> Response:
    styles = ("redoc.css",)
    return _docs(request, "/redoc", styles=styles, program="docs/redoc.standalone.js", script="redoc.js")


def _docs(request: Request, path: str, *, styles: tuple[str, ...], program: str, script: str) -> Response:
    bar = _bar(request, path, _visitor(request))
    if not all((STATIC / "docs" / name).is_file() for name in FILES):
        return _page(request, "Auricle API", bar + _file(request, "no-docs"))
    body = bar + _file(request, "docs")
    return _page(
        request, "Auricle API", body, styles=styles, program=program, script=script, policy=_DOCS_POLICY
    )


def _page(
    request: Request,
    title: str,
    body: str,
    *,
    styles: tuple[str, ...] = (),
    script: str = "",
    program: str = "",
    policy: str = _POLICY,
) -> HTMLResponse:
    root = _root(request)
    head = [_fill(_STYLE, root=root, name=name) for name in ("frame.css", *styles)]
    if program:
        head.append(_fill(_PROGRAM, root=root, name=program))
    if script:
        head.append(_fill(_SCRIPT, root=root, name=script))
    content = _file(request, "page", title=title, head=_Markup("\n".join(head)), body=_Markup(body))
    return HTMLResponse(content, headers={"Content-Security-Policy": policy})


def _bar(request: Request, here: str, user: User | None) -> _Markup:
    """What stands on top: the way to the other pages, and who is signed in."""
    who = _Markup()
    if _service(request).settings.auth == "on":
        form, values = (_WHO, {"name": user.name}) if user else (_NOBODY, {"here": here})
        who = _fill(form, root=_root(request), **values)
    links = [
        _fill(
            _LINK,
            root=_root(request),
            path=path,
            name=_BAR[path],
            current="page" if path == here else "false",
        )
        for path in _BAR
    ]
    return _file(request, "bar", links=_Markup("".join(links)), who=who)


def _file(request: Request, template: str, /, **values: object) -> _Markup:
    """One of the files beside this module, with its gaps filled."""
    return _fill(_template(template), root=_root(request), **values)


def _fill(template: str, /, **values: object) -> _Markup:
    """Markup with values in its gaps; they are shown as they are, whatever they contain."""
    shown = {
        name: value if isinstance(value, _Markup) else escape(str(value)) for name, value in values.items()
    }
    return _Markup(template.format(**shown))


@cache
def _template(name: str) -> str:
    return (_HTML / f"{name}.html").read_text(encoding="utf-8")


def _root(request: Request) -> str:
    root: str = request.scope.get("root_path", "")
    return root.rstrip("/")


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


def _visitor(request: Request) -> User | None:
    """Who is signed in; None where AURICLE_AUTH is off."""
    service = _service(request)
    token = request.cookies.get(session_cookie(request))
    if token is None or service.settings.auth == "off":
        return None
    with service.database.read() as session:
        found = find_session(session, token)
    return found[1] if found else None
