"""The server as a process: its socket, its signals and its end."""

import asyncio
import contextlib
import errno
import gc
import signal
import socket
import ssl
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI

from auricle.accounts.links import server_address, setup_address
from auricle.accounts.people import LINK_HOURS, first_admin, make_link, nobody_can_sign_in
from auricle.errors import InvalidSetting
from auricle.server.addressing import behind_proxies
from auricle.server.app import create_app
from auricle.server.events import Watch
from auricle.server.origin import is_loopback
from auricle.server.service import Service, running
from auricle.settings import Settings

#: How long (s) requests that are being answered may take when the server ends.
_GRACE = 10
#: So long (s) before that, what is still being heard is given up: its senders are told so.
_LAST_WORDS = 2
#: New objects (Python: 700) before garbage is looked for. All words of a transcript are kept: to look through
#: those of hours again and again is a third of the work of correcting it.
_NEW_OBJECTS = 10_000


class _Server(uvicorn.Server):
    """Says where it is when it answers, and tells endless answers that it is about to end."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, address: str, first_words: str) -> None:
        super().__init__(config)
        self._app = app
        self._address = address
        self._first_words = first_words

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            sys.stdout.write(
                f"Auricle is at {self._address} — API pages at {self._address}/docs\n{self._first_words}"
            )
            sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        watch: Watch = self._app.state.watch
        service: Service = self._app.state.service
        watch.stop()
        asyncio.get_running_loop().call_later(_GRACE - _LAST_WORDS, service.desk.close)
        await super().shutdown(sockets)
        service.desk.close()


def serve(settings: Settings) -> None:
    """Serve until a signal comes. Raises InvalidSetting for an address that cannot be listened on.

    The errors of opening the database and the storage come before anything is served.
    """
    _refuse_unsafe(settings)
    gc.set_threshold(_NEW_OBJECTS)
    with contextlib.closing(_listening(settings)) as listener, running(settings) as service:
        app = create_app(settings, start=lambda _: contextlib.nullcontext(service))
        config = uvicorn.Config(
            behind_proxies(app, settings),
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_GRACE,
            server_header=False,
            lifespan="on",
            ssl_certfile=settings.tls_cert,
            ssl_keyfile=settings.tls_key,
        )
        at = settings.model_copy(update={"port": listener.getsockname()[1]})
        server = _Server(config, app, server_address(at), _first_words(service, at))
        with _ending(server):
            server.run([listener])


def _refuse_unsafe(settings: Settings) -> None:
    if settings.auth == "off" and not is_loopback(settings.host):
        raise InvalidSetting(
            f"AURICLE_AUTH is off, so nobody has to sign in, but AURICLE_HOST is {settings.host}: anyone who "
            "reaches the server could read everything. Turn AURICLE_AUTH on, or listen on 127.0.0.1."
        )
    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise InvalidSetting("AURICLE_TLS_CERT and AURICLE_TLS_KEY belong together: give both, or neither.")
    if settings.tls_cert is not None and settings.tls_key is not None:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
                settings.tls_cert, settings.tls_key, partial(_refuse_password, settings.tls_key)
            )
        except OSError as error:  # SSLError is one
            raise InvalidSetting(
                f"The certificate {settings.tls_cert} with the key {settings.tls_key} cannot be used: "
                f"{error.strerror or error}. Both have to be PEM files that belong together, without a "
                "password."
            ) from error


def _refuse_password(key: Path) -> str:
    """Called for a key that is encrypted: nobody is asked for the password of a service."""
    raise InvalidSetting(
        f"The key {key} is encrypted. Write it without its password into a file that only the server may "
        f"read: openssl pkey -in {key} -out FILE; then name that in AURICLE_TLS_KEY."
    )


def _first_words(service: Service, settings: Settings) -> str:
    """How the first admin gets in, where nobody can sign in yet: for the terminal, never for a log."""
    if settings.auth == "off":
        return ""
    with service.database.write() as session:
        if not nobody_can_sign_in(session):
            return ""
        token = make_link(session, first_admin(session))
    return (
        "Nobody can sign in yet. Set up the first account here (the link works once, for "
        f"{LINK_HOURS} hours):\n"
        f"  {setup_address(settings, token)}\n"
    )


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
