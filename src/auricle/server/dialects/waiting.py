"""Answers that are made only while somebody waits for them."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Coroutine
from typing import Any, TypeVar

from fastapi import Request

from auricle.errors import Cancelled
from auricle.server.interactive import Event, Finished, surely
from auricle.transcript import Transcript

#: How often (s) the connection is looked at.
_GLANCE = 0.5

_T = TypeVar("_T")


async def while_connected(request: Request, work: Coroutine[Any, Any, _T]) -> _T:
    """What `work` answers; it is cancelled, and Cancelled raised, when the client leaves.

    The request's body has to have been read.
    """
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait([task], timeout=_GLANCE))[0]:
            if await request.is_disconnected():
                raise Cancelled("The client left before its answer was ready.")
        return task.result()
    finally:
        task.cancel()
        await surely(asyncio.wait([task]))


async def with_pulse(events: AsyncGenerator[_T, None], pulse: float) -> AsyncGenerator[_T | None, None]:
    """The events, and None whenever `pulse` (s) has gone by without one."""
    async with contextlib.aclosing(events):
        while True:
            coming = asyncio.ensure_future(anext(events))
            try:
                while not (await asyncio.wait([coming], timeout=pulse))[0]:
                    yield None
                yield coming.result()
            except StopAsyncIteration:
                return
            finally:
                coming.cancel()
                await surely(asyncio.wait([coming]))


async def transcript_of(events: AsyncGenerator[Event, None]) -> Transcript:
    """What a file that is being heard says, once all of it is known (see `interactive.hear`)."""
    async with contextlib.aclosing(events):
        async for event in events:
            if isinstance(event, Finished):
                return event.transcript
    raise AssertionError("The last event is the transcript.")
