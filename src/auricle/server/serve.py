"""The server as a process: its socket, its signals and its end."""

import contextlib
import errno
import signal
import socket
import sys
from collections.abc import Iterator
from types import FrameType

import uvicorn
from fastapi import FastAPI

from auricle.errors import InvalidSetting
from auricle.server.app import create_app
from auricle.server.events import Watch
from auricle.server.guard import is_loopback
from auricle.server.service import running
from auricle.settings import Settings

#: How long (s) requests that are being answered may take when the server ends.
_GRACE = 10


class _Server(uvicorn.Server):
    """Says where it is when it answers, and tells endless answers that it is about to end."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, address: str) -> None:
        super().__init__(config)
        self._app = app
        self._address = address

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            sys.stdout.write(f"Auricle is at {self._address} — API pages at {self._address}/docs\n")
            sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        watch: Watch = self._app.state.watch
        watch.stop()
        await super().shutdown(sockets)


def serve(settings: Settings) -> None:
    """Serve until a signal comes. Raises InvalidSetting for an address that cannot be listened on.

    The errors of opening the database and the storage come before anything is served.
    """
    if not is_loopback(settings.host):
        raise InvalidSetting(
            f"AURICLE_HOST is {settings.host}, but nobody has to sign in yet, so anyone who reaches the "
            "server could read everything: it only listens on addresses of this machine, such as 127.0.0.1."
        )
    with contextlib.closing(_listening(settings)) as listener, running(settings) as service:
        app = create_app(settings, start=lambda _: contextlib.nullcontext(service))
        config = uvicorn.Config(
            app, log_config=None, timeout_graceful_shutdown=_GRACE, server_header=False, lifespan="on"
        )
        server = _Server(config, app, _address(listener))
        with _ending(server):
            server.run([listener])


def _listening(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise InvalidSetting(
                f"Port {settings.port} is in use, perhaps by another Auricle: choose another with --port or "
                "AURICLE_PORT; 0 takes a free one."
            ) from error
        raise InvalidSetting(
            f"Nothing can listen on {settings.host}, port {settings.port}: {error.strerror}. Choose others "
            "with --host and --port."
        ) from error


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextlib.contextmanager
def _ending(server: uvicorn.Server) -> Iterator[None]:
    """A signal ends the server and then nothing else: uvicorn raises it once more when it is done."""

    def end(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    before = {one: signal.signal(one, end) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
