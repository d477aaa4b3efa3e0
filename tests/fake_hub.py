"""A small Hugging Face hub on this machine, for tests of what really goes over the wire."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

COMMIT = "1" * 40


def tiny_repository() -> dict[str, bytes]:
    """Files that look like a model from outside: `model.bin` large enough to be cut in two."""
    return {
        ".gitattributes": b"*.bin filter=lfs\n",
        "README.md": b"# not needed to transcribe\n",
        "config.json": b'{"lang_ids": []}',
        "model.bin": bytes(range(256)) * 2048,
        "tokenizer.json": b'{"model": {}}',
        "vocabulary.json": b'["a", "b"]',
    }


class FakeHub:
    """Repositories, what was asked for, and what goes wrong.

    repositories: files by name, by repository id.
    requests: "METHOD path" of every request, in order; `tokens` the Authorization header of each.
    cut: bytes of a file after which its next download loses the connection, by file name.
    damaged: names of files that arrive with one byte changed.
    refusals: (status, headers) that the next requests get instead of an answer.
    sizes: sizes that the listing claims instead of the true ones, by file name.
    """

    def __init__(self) -> None:
        self.repositories = {"Systran/faster-whisper-tiny": tiny_repository()}
        self.commit = COMMIT
        self.requests: list[str] = []
        self.tokens: list[str | None] = []
        self.ranges: list[str] = []
        self.cut: dict[str, int] = {}
        self.damaged: set[str] = set()
        self.refusals: list[tuple[int, dict[str, str]]] = []
        self.sizes: dict[str, int] = {}
        self.address = ""

    def downloads(self, name: str) -> int:
        return sum(request.startswith("GET ") and request.endswith(f"/{name}") for request in self.requests)

    def hash_of(self, name: str, content: bytes) -> str:
        if name == "model.bin":
            return hashlib.sha256(content).hexdigest()
        return hashlib.sha1(b"blob " + str(len(content)).encode() + b"\0" + content).hexdigest()  # noqa: S324 git's

    def listing(self, files: dict[str, bytes]) -> list[dict[str, object]]:
        entries: list[dict[str, object]] = []
        for name, content in files.items():
            size, digest = self.sizes.get(name, len(content)), self.hash_of(name, content)
            entry: dict[str, object] = {"rfilename": name, "size": size, "blobId": digest}
            if name == "model.bin":
                entry |= {"blobId": "0" * 40, "lfs": {"sha256": digest, "size": size, "pointerSize": 134}}
            entries.append(entry)
        return entries


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: FakeHub

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = urlsplit(self.path).path
        self.hub.requests.append(f"{self.command} {path}")
        self.hub.tokens.append(self.headers.get("Authorization"))
        if self.hub.refusals:
            status, headers = self.hub.refusals.pop(0)
            return self._send(status, b"{}", headers)
        if path.startswith("/storage/"):
            return self._content(path.rsplit("/", 1)[1])
        for repository, files in self.hub.repositories.items():
            if path == f"/api/models/{repository}/revision/main":
                return self._json(
                    {"id": repository, "sha": self.hub.commit, "siblings": self.hub.listing(files)}
                )
            if path.startswith(f"/{repository}/resolve/"):
                return self._resolve(path, path.rsplit("/", 1)[1], files)
        return self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})

    def _resolve(self, path: str, name: str, files: dict[str, bytes]) -> None:
        if name not in files:
            return self._send(404, b"", {"X-Error-Code": "EntryNotFound"})
        if name == "model.bin":
            port = urlsplit(self.hub.address).port
            return self._send(302, b"", {"Location": f"http://localhost:{port}/storage{path}"})
        return self._content(name)

    def _content(self, name: str) -> None:
        repository = next(files for id_, files in self.hub.repositories.items() if id_ in self.path)
        content = repository[name]
        if name in self.hub.damaged:
            content = bytes([content[0] ^ 1]) + content[1:]
        asked = self.headers.get("Range")
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        if asked:
            self.hub.ranges.append(f"{name} {asked}")
        headers = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if asked else {}
        body = content[start:]
        cut = self.hub.cut.pop(name, None)
        self._send(206 if asked else 200, body, headers, cut=None if cut is None else cut - start)

    def _json(self, body: object) -> None:
        self._send(200, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, headers: dict[str, str], *, cut: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:cut])
        if cut is not None:
            self.close_connection = True


@contextmanager
def running_hub() -> Iterator[FakeHub]:
    hub = FakeHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
