"""A form with a recording, as clients of other services send it, kept while it is answered."""

import contextlib
import struct
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.concurrency import run_in_threadpool

from auricle.errors import InvalidOption
from auricle.server.destinations import ScratchFile
from auricle.server.incoming import incoming_form
from auricle.server.service import Service

#: A WAV file of 16-bit samples, mono, 16 kHz; the sizes say that it goes on to the end.
_WAV_HEAD = struct.pack(
    "<4sI4s4sIHHIIHH4sI",
    *(b"RIFF", 0xFFFFFFFF, b"WAVE"),
    *(b"fmt ", 16, 1, 1, 16_000, 32_000, 2, 16),
    *(b"data", 0xFFFFFFFF),
)


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


def says_raw(media_type: str) -> bool:
    """Whether a file of this type is samples without a header: 16-bit little-endian, mono, 16 kHz."""
    kind, parameters = parse_options_header(media_type)
    rate, channels = parameters.get(b"rate", b"16000"), parameters.get(b"channels", b"1")
    return kind in (b"audio/pcm", b"audio/raw") and (rate, channels) == (b"16000", b"1")


@contextlib.asynccontextmanager
async def receive_scratch(
    request: Request,
    service: Service,
    *,
    file_field: str = "file",
    is_raw: Callable[[str], bool] = says_raw,
) -> AsyncIterator[ScratchForm]:
    """Receive a form; its file is removed in the end, however that comes.

    Where `is_raw` says of its media type that it is samples without a header, it gets one. Raises
    InvalidOption for a body that is no such form or an empty file, LimitExceeded, DiskFull.
    """
    settings = service.settings
    folder = service.place.folder
    await run_in_threadpool(folder.mkdir, parents=True, exist_ok=True)
    scratch = ScratchFile(folder / f"request-{uuid.uuid4().hex}", settings.min_free)
    incoming = incoming_form(
        request,
        scratch,
        settings.max_upload,
        file_field=file_field,
        head_of=lambda media_type: _WAV_HEAD if is_raw(media_type) else b"",
    )
    try:
        async with incoming as form:
            assert form.stored is not None  # noqa: S101 - a form that has come in has its file
            if form.stored.size % 2 and is_raw(form.media_type):
                raise InvalidOption("Raw samples have to be 16-bit, but the file has an odd number of bytes.")
            yield ScratchForm(scratch.path, form.filename, form.media_type, form.stored.size, form.fields)
    finally:
        scratch.delete()
