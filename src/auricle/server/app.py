"""The application: every route, and what stands before them."""

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from auricle import __version__
from auricle.server import (
    admin,
    events,
    exchange,
    information,
    jobs,
    observability,
    recordings,
    searching,
    transcripts,
    uploads,
    users,
)
from auricle.server.guard import Guard
from auricle.server.pages import add_pages
from auricle.server.problems import Problem, add_problems
from auricle.server.service import Service, running
from auricle.settings import Settings

_DESCRIPTION = """Recordings into transcripts you can trust, on your own machine.

`POST /api/v1/recordings` takes a file and queues its job, `GET /api/v1/jobs/{id}` says how far it is, and
`GET /api/v1/jobs/{id}/transcript?format=srt` gives what was said. Errors are problem details (RFC 9457),
lists come in pages, and every write is safe to repeat.
"""

_ROUTERS = (
    recordings.router,
    uploads.router,
    jobs.router,
    events.router,
    transcripts.router,
    searching.router,
    exchange.router,
    users.router,
    admin.router,
    information.router,
)


def create_app(
    settings: Settings, *, start: Callable[[Settings], AbstractContextManager[Service]] = running
) -> FastAPI:
    """The service as an ASGI application; `start` opens what it needs when it starts."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        stack = contextlib.ExitStack()
        app.state.service = await run_in_threadpool(stack.enter_context, start(settings))
        try:
            async with events.watching(app):
                yield
        finally:
            await run_in_threadpool(stack.close)

    app = FastAPI(
        title="Auricle",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        lifespan=lifespan,
        responses={"default": {"model": Problem, "description": "What went wrong."}},
    )
    add_problems(app)
    app.include_router(observability.router)
    for router in _ROUTERS:
        app.include_router(router, prefix="/api/v1")
    add_pages(app)
    app.add_middleware(Guard)
    return app
