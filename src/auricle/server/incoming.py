"""Files that come in: from the socket to where they belong a block at a time, whoever sends what."""

import asyncio
import contextlib
import hashlib
import queue
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeVar, cast

from fastapi import Request
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from auricle.errors import AuricleError, InvalidOption, LimitExceeded
from auricle.server.destinations import Blob, Destination
from auricle.server.service import Service
from auricle.store import StoredPart

_T = TypeVar("_T")

#: How the OpenAPI document shows a route that takes a file as its body.
RAW_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
#: How much of a file may wait between the socket and the storage, in chunks of the socket's size.
_WAITING = 16
_LARGEST_FIELD = 1 << 20
_MOST_PARTS = 100
#: RFC 2046, section 5.1.1.
_LONGEST_BOUNDARY = 70
#: The room on the disk is looked at again after this many bytes.
_LOOK = 64 << 20


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that has been stored: its key, its size in bytes, and what it holds where that is known."""

    key: str
    size: int
    sha256: str | None


class _Pipe:
    """Takes chunks from the event loop and gives them, after `head`, to the thread that stores them."""

    def __init__(self, head: bytes = b"") -> None:
        self.digest = hashlib.sha256()
        self._chunks: queue.Queue[bytes | BaseException | None] = queue.Queue(_WAITING)
        self._rest = head
        self._over = False

    def read(self, size: int = -1) -> bytes:
        if not self._rest and not self._over:
            item = self._chunks.get()
            if isinstance(item, BaseException):
                raise item
            self._over = item is None
            self._rest = item or b""
        block, self._rest = (self._rest, b"") if size < 0 else (self._rest[:size], self._rest[size:])
        self.digest.update(block)
        return block

    async def send(self, item: bytes | BaseException | None, reader: asyncio.Future[Any]) -> None:
        """Pass a chunk on; None is the end. A reader that has given up gets nothing."""
        while not reader.done():
            try:
                self._chunks.put_nowait(item)
                return
            except queue.Full:
                await asyncio.sleep(0.005)


class Receiver:
    """Stores one file while it comes, of at most `limit` bytes; what breaks on the way leaves nothing.

    `head` is stored before it, and is no part of its size.
    """

    def __init__(self, destination: Destination, limit: int, head: bytes = b"") -> None:
        self._destination = destination
        self._limit = limit
        self._pipe = _Pipe(head)
        self._received = 0
        self._looked = 0
        source = cast("BinaryIO", self._pipe)
        self._storing = asyncio.ensure_future(run_in_threadpool(destination.put, source))

    async def take(self, chunk: bytes) -> None:
        """The next bytes. Raises LimitExceeded, DiskFull, or what the destination says."""
        self._received += len(chunk)
        if self._received > self._limit:
            raise too_large(self._limit)
        if self._received - self._looked > _LOOK:
            self._looked = self._received
            await run_in_threadpool(self._destination.check_room)
        if self._storing.done():
            await self._storing
        if chunk:
            await self._pipe.send(chunk, self._storing)

    async def finish(self) -> Stored:
        """All is there."""
        await self._pipe.send(None, self._storing)
        await self._storing
        if self._received == 0:
            raise InvalidOption("The file is empty (0 bytes).")
        return Stored(self._destination.key, self._received, self._pipe.digest.hexdigest())

    async def give_up(self) -> None:
        """Stop, and take away what is stored already."""
        await self._pipe.send(ConnectionAbortedError("The file did not come to its end."), self._storing)
        await asyncio.wait([self._storing])
        self._storing.exception()
        await run_in_threadpool(self._destination.delete)


def too_large(limit: int) -> LimitExceeded:
    """What is said about a file with too many bytes."""
    return LimitExceeded(f"The file is larger than the {limit:,} bytes allowed (AURICLE_MAX_UPLOAD).")


async def check_room(request: Request, destination: Destination, limit: int) -> None:
    """Refuse a body that is announced as too large, and any where the disk is nearly full."""
    announced = request.headers.get("content-length", "0")
    size = int(announced) if announced.isdecimal() else 0
    if size > limit + _LARGEST_FIELD:
        raise too_large(limit)
    await run_in_threadpool(destination.check_room, size)


def _blob(service: Service, key: str) -> Blob:
    return Blob(service.storage, key, service.settings.min_free)


async def receive_body(
    request: Request, service: Service, key: str, keep: Callable[[Stored], Awaitable[_T]]
) -> _T:
    """Store the body of a request; what `keep` makes of it. Where that raises, nothing stays."""
    blob, limit = _blob(service, key), service.settings.max_upload
    await check_room(request, blob, limit)
    receiver = Receiver(blob, limit)
    try:
        async for chunk in request.stream():
            await receiver.take(chunk)
        return await keep(await receiver.finish())
    except BaseException as error:
        await asyncio.shield(receiver.give_up())
        if isinstance(error, ClientDisconnect):
            raise AuricleError("The connection broke off before the whole file was here.") from error
        raise


async def receive_part(
    request: Request, service: Service, key: str, token: str, number: int, size: int
) -> StoredPart:
    """Store the body of a request as part `number` of an upload; it has to have exactly `size` bytes."""
    await check_room(request, _blob(service, key), service.settings.max_upload)
    pipe = _Pipe()
    source = cast("BinaryIO", pipe)
    storing = asyncio.ensure_future(
        run_in_threadpool(service.storage.uploads.put, key, token, number, source, size)
    )
    try:
        received = 0
        async for chunk in request.stream():
            received += len(chunk)
            if received > size:
                raise InvalidOption(f"Part {number} has more than the {size} bytes it should have.")
            if chunk:
                await pipe.send(chunk, storing)
        await pipe.send(None, storing)
        return await storing
    except BaseException as error:
        await pipe.send(ConnectionAbortedError("The part did not come to its end."), storing)
        await asyncio.shield(asyncio.wait([storing]))
        if isinstance(error, ClientDisconnect):
            raise AuricleError("The connection broke off before the whole part was here.") from error
        raise


@dataclass(slots=True)
class Form:
    """A multipart form: its fields as text, the name and type of its file, and the file once it is stored."""

    fields: dict[str, list[str]]
    filename: str = ""
    media_type: str = ""
    stored: Stored | None = None

    def field(self, name: str) -> str | None:
        """The last value of a field."""
        return self.fields[name][-1] if name in self.fields else None


async def receive_form(
    request: Request, service: Service, key: str, keep: Callable[[Form], Awaitable[_T]]
) -> _T:
    """Read a multipart form with one `file`, which goes straight to the storage; what `keep` makes of it.

    Where anything raises, nothing stays. Raises InvalidOption for a body that is no such form.
    """
    async with incoming_form(request, _blob(service, key), service.settings.max_upload) as form:
        return await keep(form)


def _no_head(_: str) -> bytes:
    return b""


@contextlib.asynccontextmanager
async def incoming_form(
    request: Request,
    destination: Destination,
    limit: int,
    *,
    file_field: str = "file",
    head_of: Callable[[str], bytes] = _no_head,
) -> AsyncIterator[Form]:
    """A multipart form whose file, of at most `limit` bytes, lies at its destination.

    `head_of` says what has to stand before a file of a media type. Where anything raises, also what is done
    with the form, nothing stays there. Raises InvalidOption for a body that is no such form.
    """
    boundary = _boundary(request, file_field)
    await check_room(request, destination, limit)
    reader = _FormReader(destination, limit, file_field, head_of)
    try:
        async for event in _events(request, boundary):
            await reader.take(*event)
        yield await reader.finish()
    except BaseException as error:
        if reader.receiver is not None:
            await asyncio.shield(reader.receiver.give_up())
        if isinstance(error, ClientDisconnect):
            raise AuricleError("The connection broke off before the whole file was here.") from error
        raise


def _boundary(request: Request, file_field: str) -> bytes:
    kind, parameters = parse_options_header(request.headers.get("content-type", ""))
    boundary = parameters.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 0 < len(boundary) <= _LONGEST_BOUNDARY:
        raise InvalidOption(f"Send the file as multipart/form-data, in a part named {file_field}.")
    return boundary


class _FormReader:
    """Puts the parts of a form where they belong."""

    def __init__(
        self, destination: Destination, limit: int, file_field: str, head_of: Callable[[str], bytes]
    ) -> None:
        self.receiver: Receiver | None = None
        self._destination = destination
        self._limit = limit
        self._file_field = file_field
        self._head_of = head_of
        self._form = Form({})
        self._name = ""
        self._value = bytearray()
        self._parts = 0

    async def take(self, kind: str, content: bytes) -> None:
        match kind:
            case "headers":
                self._begin(content)
            case "data" if self.receiver is not None and self._name == self._file_field:
                await self.receiver.take(content)
            case "data":
                self._value += content
                if len(self._value) > _LARGEST_FIELD:
                    raise LimitExceeded(f"The field {self._name} is larger than 1 MiB.")
            case "end" if self._name != self._file_field:
                text = self._value.decode("utf-8", errors="replace")
                self._form.fields.setdefault(self._name, []).append(text)

    async def finish(self) -> Form:
        if self.receiver is None:
            raise InvalidOption(f"The form has no part named {self._file_field}: that is the recording.")
        self._form.stored = await self.receiver.finish()
        return self._form

    def _begin(self, header: bytes) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise InvalidOption(f"The form has more than {_MOST_PARTS} parts.")
        lines = dict(line.split(b":", 1) for line in header.split(b"\n") if b":" in line)
        _, parameters = parse_options_header(lines.get(b"content-disposition", b"").strip())
        self._name = parameters.get(b"name", b"").decode("utf-8", errors="replace")
        self._value.clear()
        if self._name != self._file_field:
            return
        if self.receiver is not None:
            raise InvalidOption("The form has several files: send one recording a request.")
        self._form.filename = _unescaped(parameters.get(b"filename", b"")).decode("utf-8", errors="replace")
        self._form.media_type = lines.get(b"content-type", b"").strip().decode("latin-1")
        head = self._head_of(self._form.media_type)
        self.receiver = Receiver(self._destination, self._limit, head)


def _unescaped(filename: bytes) -> bytes:
    """A name as its sender has it: browsers escape these three, and no other percent sign means anything.

    https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data
    """
    return filename.replace(b"%22", b'"').replace(b"%0D", b"\r").replace(b"%0A", b"\n")


async def _events(request: Request, boundary: bytes) -> AsyncIterator[tuple[str, bytes]]:
    """The form as it comes: the headers of a part (lower-case names, a line each), its data, its end."""
    events: list[tuple[str, bytes]] = []
    header = bytearray()
    name, value = bytearray(), bytearray()

    def on_header_end() -> None:
        header.extend(name.lower() + b":" + value + b"\n")
        name.clear()
        value.clear()

    def on_headers() -> None:
        events.append(("headers", bytes(header)))
        header.clear()

    parser = MultipartParser(
        boundary,
        {
            "on_header_field": lambda content, start, end: name.extend(content[start:end]),
            "on_header_value": lambda content, start, end: value.extend(content[start:end]),
            "on_header_end": on_header_end,
            "on_headers_finished": on_headers,
            "on_part_data": lambda content, start, end: events.append(("data", content[start:end])),
            "on_part_end": lambda: events.append(("end", b"")),
            "on_end": lambda: events.append(("over", b"")),
        },
    )
    over = False
    async for chunk in request.stream():
        try:
            parser.write(chunk)
        except Exception as error:
            raise InvalidOption(f"The form cannot be read: {error}.") from error
        for event in events:
            over = over or event[0] == "over"
            yield event
        events.clear()
    if not over:
        raise InvalidOption("The form breaks off before its end.")
