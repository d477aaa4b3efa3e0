"""OpenAI's audio routes: what its clients send, and what they expect back."""

import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response, StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from auricle.audio.probe import probe
from auricle.errors import AuricleError, Cancelled
from auricle.jobs.options import preparation
from auricle.server.answers import failed
from auricle.server.deps import ServiceDep, TranscribeDep
from auricle.server.dialects.errors import OpenAIError, openai_body
from auricle.server.dialects.form import ScratchForm, receive_scratch
from auricle.server.dialects.openai_answer import Telling, openai_answer
from auricle.server.dialects.openai_fields import form_schema
from auricle.server.dialects.openai_models import heard
from auricle.server.dialects.openai_request import Task, Wanted, read_request
from auricle.server.dialects.waiting import transcript_of, while_connected, with_pulse
from auricle.server.interactive import Event, Finished, Heard, Queued, hear
from auricle.server.problems import status_of
from auricle.server.service import Service

log = structlog.get_logger(__name__)

router = APIRouter(tags=["openai"], responses={"default": failed(OpenAIError)})

#: A stream says at least this often (s) that it lives, before proxies take it for dead.
PULSE = 15.0


async def _received(request: Request, service: ServiceDep, _: TranscribeDep) -> AsyncIterator[ScratchForm]:
    async with receive_scratch(request, service) as form:
        yield form


#: The form of a request, until its answer has been sent.
_FormDep = Annotated[ScratchForm, Depends(_received)]


@router.post(
    "/v1/audio/transcriptions",
    responses=heard(),
    response_class=Response,
    openapi_extra=form_schema("transcribe"),
)
async def transcribe(request: Request, service: ServiceDep, user: TranscribeDep, form: _FormDep) -> Response:
    """Write down what is said in a file, as OpenAI's route of this name does; see docs/openai.md."""
    return await _answer(request, service, user.id, form, "transcribe")


@router.post(
    "/v1/audio/translations",
    responses=heard(),
    response_class=Response,
    openapi_extra=form_schema("translate"),
)
async def translate(request: Request, service: ServiceDep, user: TranscribeDep, form: _FormDep) -> Response:
    """Write in English what is said in a file, as OpenAI's route of this name does."""
    return await _answer(request, service, user.id, form, "translate")


async def _answer(
    request: Request, service: Service, owner_id: str, form: ScratchForm, task: Task
) -> Response:
    wanted = await run_in_threadpool(_understood, service, form, task)
    title = form.filename.rpartition("/")[2] or "audio"
    events = hear(service, owner_id, form.path, wanted.options, filename=title)
    if not wanted.stream:
        transcript = await while_connected(request, transcript_of(events))
        return await run_in_threadpool(openai_answer, transcript, wanted, title)
    # What goes wrong before anything is told is still answered with a status of its own.
    told = with_pulse(events, PULSE)
    first = await while_connected(request, anext(told))
    return _EventStream(_told(first, told, wanted))


def _understood(service: Service, form: ScratchForm, task: Task) -> Wanted:
    """What is wanted; nobody has to wait in the queue to hear that it cannot be."""
    wanted = read_request(form.fields, service.settings, task)
    probe(form.path, preparation(wanted.options, service.settings).limits)
    return wanted


class _EventStream(StreamingResponse):
    """Server-sent events, until the last one or until the client goes."""

    media_type = "text/event-stream"

    def __init__(self, frames: AsyncGenerator[str, None]) -> None:
        super().__init__(frames, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._frames = frames

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(Cancelled):
            async with contextlib.aclosing(self._frames):
                await while_connected(Request(scope, receive), self.stream_response(send))


async def _told(
    first: Event | None, events: AsyncGenerator[Event | None, None], wanted: Wanted
) -> AsyncGenerator[str, None]:
    """The events as frames of text. An error that comes after the first one becomes a frame too."""
    telling = Telling(wanted)
    async with contextlib.aclosing(events):
        try:
            for frame in _frames(first, telling):
                yield frame
            async for event in events:
                for frame in _frames(event, telling):
                    yield frame
            yield "data: [DONE]\n\n"
        except AuricleError as error:
            yield _frame(openai_body(status_of(error), str(error), error.code))
        except Exception as error:
            log.error("stream_crashed", exc_info=error)
            yield _frame(openai_body(500, "Something went wrong here: the log says what.", "internal"))


def _frames(event: Event | None, telling: Telling) -> list[str]:
    # Comments: clients skip them, and proxies see that the connection lives.
    if event is None:
        return [": listening\n\n"]
    if isinstance(event, Queued):
        return [f": queued {event.position}\n\n"]
    if isinstance(event, Heard):
        return [_frame(one) for one in telling.heard(event.segments)]
    if isinstance(event, Finished):
        return [_frame(one) for one in telling.finished(event.transcript)]
    raise AssertionError(f"Nobody asked for {event}.")


def _frame(document: dict[str, Any]) -> str:
    return f"data: {json.dumps(document, ensure_ascii=False)}\n\n"
