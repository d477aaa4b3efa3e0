"""A form with a recording, as clients of other services send it, kept while it is answered."""

import contextlib
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from auricle.server.destinations import ScratchFile
from auricle.server.incoming import incoming_form
from auricle.server.service import Service


@dataclass(frozen=True, slots=True)
class ScratchForm:
    """A form that has come in: its fields as lists of text, and the recording in a file of its own.

    `filename` and `media_type` are what the sender says; `size` is in bytes.
    """

    path: Path
    filename: str
    media_type: str
    size: int
    fields: Mapping[str, Sequence[str]]


@contextlib.asynccontextmanager
async def receive_scratch(
    request: Request, service: Service, *, file_field: str = "file", head: bytes = b""
) -> AsyncIterator[ScratchForm]:
    """Receive a form; its file, with `head` before it, is removed in the end, however that comes.

    Raises InvalidOption for a body that is no such form or an empty file, LimitExceeded, DiskFull.
    """
    settings = service.settings
    folder = service.place.folder
    await run_in_threadpool(folder.mkdir, parents=True, exist_ok=True)
    scratch = ScratchFile(folder / f"request-{uuid.uuid4().hex}", settings.min_free, head)
    try:
        async with incoming_form(request, scratch, settings.max_upload, file_field=file_field) as form:
            assert form.stored is not None  # noqa: S101 - a form that has come in has its file
            yield ScratchForm(scratch.path, form.filename, form.media_type, form.stored.size, form.fields)
    finally:
        scratch.delete()
