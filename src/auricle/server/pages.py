"""The pages that show the API to people: Swagger UI and Redoc, from our own files, without inline scripts."""

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"
#: What `make` fetches into `static/docs`.
FILES = ("swagger-ui.css", "swagger-ui-bundle.js", "redoc.standalone.js")

_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; "
    "style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Auricle API</title>
<link rel="icon" href="{root}/static/icon.svg">
{head}
</head>
<body>
{body}
</body>
</html>
"""
_SWAGGER = (
    '<link rel="stylesheet" href="{root}/static/docs/swagger-ui.css">\n'
    '<link rel="stylesheet" href="{root}/static/swagger.css">',
    '<div id="api" data-document="{root}/openapi.json"></div>\n'
    '<script src="{root}/static/docs/swagger-ui-bundle.js"></script>\n'
    '<script src="{root}/static/swagger.js"></script>',
)
_REDOC = (
    '<link rel="stylesheet" href="{root}/static/redoc.css">',
    '<div id="api" data-document="{root}/openapi.json"></div>\n'
    '<script src="{root}/static/docs/redoc.standalone.js"></script>\n'
    '<script src="{root}/static/redoc.js"></script>',
)
_MISSING = (
    "",
    "<h1>The API pages are not installed</h1>\n<p>Run <code>make pages</code> in the source folder and start "
    'Auricle again. The API itself is described in <a href="{root}/openapi.json">openapi.json</a>.</p>',
)


class _Static(StaticFiles):
    """Files that a browser may keep for an hour, and asks about after that."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=3600"
        return response


def add_pages(app: FastAPI) -> None:
    """Serve /docs (Swagger UI) and /redoc (Redoc)."""

    @app.get("/docs", include_in_schema=False)
    def swagger(request: Request) -> HTMLResponse:
        return _page(request, _SWAGGER)

    @app.get("/redoc", include_in_schema=False)
    def redoc(request: Request) -> HTMLResponse:
        return _page(request, _REDOC)

    app.mount("/static", _Static(directory=STATIC), name="static")


def _page(request: Request, parts: tuple[str, str]) -> HTMLResponse:
    installed = all((STATIC / "docs" / name).is_file() for name in FILES)
    head, body = parts if installed else _MISSING
    root = request.scope.get("root_path", "").rstrip("/")
    content = _PAGE.format(root=root, head=head.format(root=root), body=body.format(root=root))
    return HTMLResponse(content, headers={"Content-Security-Policy": _POLICY})
