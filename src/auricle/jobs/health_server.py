"""The few addresses at which a worker says how it is; the server has them among its own.

Whoever reaches them learns the state; details are for this machine, and for keys that may see them.
"""

import errno
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any, NamedTuple

from auricle.errors import InvalidSetting

#: A client that does not finish its request within this time (s) is cut off.
_PATIENCE = 10.0
#: What a proxy adds: who sent the request is then not who is connected.
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


class Answer(NamedTuple):
    status: int
    body: bytes
    media_type: str = "application/json"


#: Makes an answer; it is told whether it may show details.
Page = Callable[[bool], Answer]


def answer(good: bool, document: Mapping[str, Any]) -> Answer:
    """A JSON document; 503 is what probes take for bad."""
    return Answer(200 if good else 503, json.dumps(document, ensure_ascii=False).encode())


def refused() -> Answer:
    """What is told to those whom details are not for."""
    detail = "This is for the worker's own machine, and for API keys with the scope metrics."
    return answer(False, {"detail": detail})._replace(status=403)


@contextmanager
def serving(host: str, port: int, pages: Mapping[str, Page], may_see: Callable[[str], bool]) -> Iterator[int]:
    """Answer GET requests for these paths while the block runs; gives the port, which 0 leaves open.

    `may_see` says whether an API key is one that details may be shown to. Raises InvalidSetting where the
    address cannot be listened on.
    """
    server = _open(host, port, _handler(pages, may_see))
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


def _handler(pages: Mapping[str, Page], may_see: Callable[[str], bool]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _PATIENCE

        def do_GET(self) -> None:
            page = pages.get(self.path.partition("?")[0])
            found = (
                page(self._is_inside())
                if page
                else answer(False, {"paths": sorted(pages)})._replace(status=404)
            )
            self.send_response(found.status)
            self.send_header("Content-Type", found.media_type)
            self.send_header("Content-Length", str(len(found.body)))
            self.end_headers()
            self.wfile.write(found.body)

        def _is_inside(self) -> bool:
            scheme, _, key = self.headers.get("Authorization", "").partition(" ")
            if scheme.lower() == "bearer":
                return may_see(key.strip())
            passed_on = any(name in self.headers for name in _FORWARDED)
            return ip_address(self.client_address[0]).is_loopback and not passed_on

        def log_message(self, *_: Any) -> None:
            """Probes come every few seconds: nobody wants to read of them."""

    return Handler
