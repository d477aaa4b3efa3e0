"""The application: every route, and what stands before them."""

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from typing import Any

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware.cors import CORSMiddleware

from auricle import __version__
from auricle.server import (
    admin,
    admin_jobs,
    admin_models,
    editing,
    events,
    exchange,
    information,
    installation,
    jobs,
    observability,
    recordings,
    searching,
    sessions,
    transcripts,
    uploads,
    users,
)
from auricle.server.answers import PROBLEM
from auricle.server.api_pages import add_api_pages
from auricle.server.bodies import BoundedBodies
from auricle.server.dialects import asr, models, openai
from auricle.server.document import complete
from auricle.server.guard import Guard
from auricle.server.problems import add_problems
from auricle.server.request_log import RequestLog
from auricle.server.service import Service, running
from auricle.server.ui import add_ui
from auricle.settings import Settings
from auricle.settings.kinds import listed

_DESCRIPTION = """Recordings into transcripts you can trust, on your own machine.

`POST /api/v1/recordings` takes a file and queues its job, `GET /api/v1/jobs/{id}` says how far it is, and
`GET /api/v1/jobs/{id}/transcript?format=srt` gives what was said. Errors are problem details (RFC 9457),
lists come in pages, and every write is safe to repeat. Sign in, or send an API key (`auricle keys create`).

`POST /v1/audio/transcriptions` is OpenAI's, `POST /asr` whisper-asr-webservice's: clients of theirs only need
this server's address and a key.
"""

_ROUTERS = (
    recordings.router,
    uploads.router,
    jobs.router,
    events.router,
    transcripts.router,
    editing.router,
    searching.router,
    exchange.router,
    users.router,
    sessions.router,
    admin.router,
    admin_jobs.router,
    admin_models.router,
    installation.router,
    information.router,
)
#: Routes that speak as other services do, at the paths where their clients look for them.
_DIALECTS = (openai.router, asr.router, models.router)


#: What pages of other sites, where the settings name them, may read beside the body.
_EXPOSED = ["ETag", "Location", "Retry-After", "X-Request-ID", "Content-Disposition", "X-Auricle-Warnings"]

#: What each group of routes is about, in the order people read them.
_TAGS = {
    "recordings": "Take files in; find, play, change and delete them.",
    "uploads": "Large files, in parts that go on after a break.",
    "jobs": "What is being done: ask, watch, stop, try again.",
    "transcripts": "Read in every format, edit, compare and restore versions, import.",
    "search": "Titles, speakers, and what is said.",
    "exchange": "Many things at once, in and out.",
    "users": "People, their keys, and what they use.",
    "admin": "Queues, workers, and who did what.",
    "openai": "Transcripts as OpenAI gives them.",
    "asr": "Transcripts as whisper-asr-webservice gives them.",
    "models": "Which models may be named; fetch and delete them.",
    "information": "What this installation is and can do.",
    "health": "For those who look after it, and for Prometheus.",
}


class _Application(FastAPI):
    """Hands out the document that describes it as a whole."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            complete(super().openapi())
        return super().openapi()


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

    app = _Application(
        title="Auricle",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        openapi_tags=[{"name": name, "description": about} for name, about in _TAGS.items()],
        lifespan=lifespan,
        responses={"default": PROBLEM},
        generate_unique_id_function=lambda route: route.name,
    )
    add_problems(app)
    for router in _ROUTERS:
        app.include_router(router, prefix="/api/v1")
    for router in _DIALECTS:
        app.include_router(router)
    app.include_router(observability.router)
    add_api_pages(app)
    add_ui(app)
    app.add_middleware(BoundedBodies)
    app.add_middleware(Guard, settings=settings)
    origins = listed(settings.cors_origins)
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=_EXPOSED,
        )
    app.add_middleware(RequestLog)
    return app
