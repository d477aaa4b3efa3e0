"""The pages for people: set-up, sign-in, one's account, and the API as Swagger UI and Redoc show it.

All they need comes from here, no script stands in a page, and what they do goes through the API.
"""

import re
from functools import cache
from html import escape
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from auricle.accounts.keys import DEFAULT_SCOPES, SCOPES
from auricle.accounts.passwords import LONGEST, SHORTEST
from auricle.accounts.people import LINK_HOURS, nobody_can_sign_in
from auricle.accounts.sessions import find_session
from auricle.server.deps import session_cookie
from auricle.server.service import Service
from auricle.store.schema import User

STATIC = Path(__file__).parent / "static"
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
_BAR = {"/account": "Account", "/docs": "API", "/redoc": "Reference"}
#: Scopes that do something for admins only.
_ADMIN_SCOPES = ("metrics", "admin")
#: A path of ours to go on to after signing in; two slashes in a row would name another host.
_INSIDE = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")

_STYLE = '<link rel="stylesheet" href="{root}/static/{name}">'
_PROGRAM = '<script src="{root}/static/{name}" defer></script>'
_SCRIPT = '<script src="{root}/static/{name}" type="module"></script>'
_LINK = '<a href="{root}{path}" aria-current="{current}">{name}</a>'
_WHO = '<a class="who" href="{root}/account">{name}</a>'
_NOBODY = '<a class="who" href="{root}/sign-in?next={here}">Sign in</a>'
_CHOICE = (
    '<label class="choice"><input type="checkbox" name="scopes" value="{scope}" {checked}>'
    "<span><b>{scope}</b> {meaning}</span></label>"
)


class _Markup(str):
    """Text that is HTML already; all other text is made so where it is filled in."""


class _Static(StaticFiles):
    """Files that a browser keeps but asks about each time, so that an upgrade shows at once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def add_pages(app: FastAPI) -> None:
    """Serve /, /setup, /sign-in, /account, /docs (Swagger UI) and /redoc (Redoc)."""
    pages = {
        "/": _home,
        "/setup": _setup,
        "/sign-in": _sign_in,
        "/account": _account,
        "/docs": _swagger,
        "/redoc": _redoc,
    }
    for path, page in pages.items():
        app.add_api_route(path, page, include_in_schema=False, response_model=None)
    app.mount("/static", _Static(directory=STATIC), name="static")


def _home(request: Request) -> Response:
    service = _service(request)
    if service.settings.auth == "off":
        return _go(request, "/docs")
    if _visitor(request) is not None:
        return _go(request, "/account")
    with service.database.read() as session:
        waiting = nobody_can_sign_in(session)
    if not waiting:
        return _go(request, "/sign-in")
    return _page(request, "Welcome · Auricle", _file(request, "welcome", hours=LINK_HOURS))


def _setup(request: Request) -> Response:
    if _service(request).settings.auth == "off":
        return _nobody_signs_in(request)
    body = _file(request, "setup", shortest=SHORTEST, longest=LONGEST)
    return _page(request, "Set-up · Auricle", body, script="setup.js")


def _sign_in(request: Request) -> Response:
    if _service(request).settings.auth == "off":
        return _nobody_signs_in(request)
    wanted = request.query_params.get("next", "")
    place = wanted if _INSIDE.fullmatch(wanted) else "/account"
    if _visitor(request) is not None:
        return _go(request, place)
    return _page(
        request,
        "Sign in · Auricle",
        _file(request, "sign-in", next=_root(request) + place),
        script="sign-in.js",
    )


def _account(request: Request) -> Response:
    if _service(request).settings.auth == "off":
        return _nobody_signs_in(request)
    user = _visitor(request)
    if user is None:
        return _go(request, "/sign-in?next=/account")
    body = _file(
        request,
        "account",
        name=user.name,
        role="Admin" if user.role == "admin" else "Member",
        scopes=_choices(user),
        shortest=SHORTEST,
        longest=LONGEST,
    )
    return _page(request, "Account · Auricle", _bar(request, "/account", user) + body, script="account.js")


def _nobody_signs_in(request: Request) -> Response:
    return _page(request, "Auricle", _file(request, "open"))


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
    styles: tuple[str, ...] = ("account.css",),
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
    if _service(request).settings.auth == "off":
        shown, who = ["/docs", "/redoc"], _Markup()
    else:
        shown = list(_BAR)
        who = (
            _fill(_WHO, root=_root(request), name=user.name)
            if user
            else _fill(_NOBODY, root=_root(request), here=here)
        )
    links = [
        _fill(
            _LINK,
            root=_root(request),
            path=path,
            name=_BAR[path],
            current="page" if path == here else "false",
        )
        for path in shown
    ]
    return _file(request, "bar", links=_Markup("".join(links)), who=who)


def _choices(user: User) -> _Markup:
    """What a key may be good for, as boxes to tick."""
    offered = [scope for scope in SCOPES if user.role == "admin" or scope not in _ADMIN_SCOPES]
    boxes = (
        _fill(
            _CHOICE,
            scope=scope,
            meaning=SCOPES[scope],
            checked="checked" if scope in DEFAULT_SCOPES else "",
        )
        for scope in offered
    )
    return _Markup("".join(boxes))


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


def _go(request: Request, path: str) -> Response:
    return RedirectResponse(_root(request) + path, 303)


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
