"""The few addresses at which a worker says how it is; the server has them among its own."""

import errno
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from auricle.errors import InvalidSetting

#: A client that does not finish its request within this time (s) is cut off.
_PATIENCE = 10.0


class Answer(NamedTuple):
    status: int
    body: bytes
    media_type: str = "application/json"


def answer(good: bool, document: Mapping[str, Any]) -> Answer:
    """A JSON document; 503 is what probes take for bad."""
    return Answer(200 if good else 503, json.dumps(document, ensure_ascii=False).encode())


@contextmanager
def serving(host: str, port: int, pages: Mapping[str, Callable[[], Answer]]) -> Iterator[int]:
    """Answer GET requests for these paths while the block runs; gives the port, which 0 leaves open.

    Raises InvalidSetting where the address cannot be listened on.
    """
    server = _open(host, port, _handler(pages))
    thread = threading.Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def _open(host: str, port: int, handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

    try:
        return Server((host, port), handler)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise InvalidSetting(
                f"Port {port}, where this worker would answer about its health, is in use: give it another "
                "with --health-port or AURICLE_HEALTH_PORT; 0 takes a free one."
            ) from error
        raise InvalidSetting(
            f"Nothing can listen on {host}, port {port} ({error.strerror}): set AURICLE_HOST to an address "
            "of this machine, and --health-port or AURICLE_HEALTH_PORT to a port you may use."
        ) from error


def _handler(pages: Mapping[str, Callable[[], Answer]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _PATIENCE

        def do_GET(self) -> None:
            page = pages.get(self.path.partition("?")[0])
            found = page() if page else answer(False, {"paths": sorted(pages)})._replace(status=404)
            self.send_response(found.status)
            self.send_header("Content-Type", found.media_type)
            self.send_header("Content-Length", str(len(found.body)))
            self.end_headers()
            self.wfile.write(found.body)

        def log_message(self, *_: Any) -> None:
            """Probes come every few seconds: nobody wants to read of them."""

    return Handler
