"""Files that go out: whole, in ranges, or by an address of the storage itself."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse

from auricle.errors import NotFound
from auricle.exports import Exported, Format
from auricle.store import Storage

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_BLOCK = 1 << 18


def disposition(filename: str, *, inline: bool = False) -> str:
    """A Content-Disposition that keeps every letter of a name (RFC 6266)."""
    plain = re.sub(r"[^ !#$&+.0-9A-Z^_`a-z{}~-]", "_", filename)
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def file_stem(title: str) -> str:
    """A title as the name of a file, without an ending: no system takes part of it for a folder."""
    return "".join("_" if one in '<>:"/\\|?*' else one for one in title)[:150] or "transcript"


def send_blob(
    request: Request, storage: Storage, key: str, media_type: str, *, attachment: str | None = None
) -> Response:
    """A stored file, or the range of it that is asked for (RFC 9110, section 14); NotFound where it is gone.

    A blob never changes, so its key is its ETag.
    """
    if attachment is not None and request.method == "GET":
        address = storage.download_url(key, attachment, media_type)
        if address is not None:
            return RedirectResponse(address, 307)
    blob = next((one for one in storage.blobs(key) if one.key == key), None)
    if blob is None:
        raise NotFound("The file is not there any more.")
    etag = f'"{hashlib.sha256(key.encode()).hexdigest()[:32]}"'
    headers = {"Accept-Ranges": "bytes", "ETag": etag, "Cache-Control": "private, no-cache"}
    if attachment is not None:
        headers["Content-Disposition"] = disposition(attachment)
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    asked = request.headers.get("range") if request.headers.get("if-range", etag) == etag else None
    span = _span(asked, blob.size)
    if span is None:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{blob.size}"})
    start, stop = span
    status = 200
    if asked and (start, stop) != (0, blob.size):
        status = 206
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{blob.size}"
    headers["Content-Length"] = str(stop - start)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=media_type)
    content = blocks(lambda: storage.open(key, start, stop))
    return StreamingResponse(content, status, headers=headers, media_type=media_type)


def _span(asked: str | None, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last; None where nothing of what is asked for exists."""
    found = _RANGE.fullmatch(asked.strip()) if asked else None
    if found is None or found[0] == "bytes=-":
        # Several ranges, or a unit nobody knows: the whole is a right answer too.
        return 0, size
    first, last = found.groups()
    if not first:
        count = min(int(last), size)
        return (size - count, size) if count else None
    start = int(first)
    stop = min(int(last) + 1, size) if last else size
    return (start, stop) if start < stop else None


def blocks(opened: Callable[[], BinaryIO]) -> Iterator[bytes]:
    """A file in blocks; it is closed when it was sent, or the client has gone.

    It is opened with the first block: a client that has gone before that leaves nothing to close.
    """
    with opened() as file:
        while block := file.read(_BLOCK):
            yield block


def send_export(exported: Exported, form: Format[Any], title: str) -> Response:
    """An exported transcript; what the format could not show stands in X-Auricle-Warnings (JSON)."""
    filename = f"{file_stem(title)}.{form.extension.lstrip('.')}"
    headers = {"Content-Disposition": disposition(filename, inline=True)}
    if exported.warnings:
        headers["X-Auricle-Warnings"] = json.dumps(exported.warnings)
    return Response(exported.content, headers=headers, media_type=form.media_type)
