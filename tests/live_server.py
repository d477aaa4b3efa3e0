"""Real servers for tests: uvicorn on a free port, worker threads, the tiny model."""

import contextlib
import datetime
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from auricle.accounts.keys import DEFAULT_SCOPES, SCOPES, make_key
from auricle.server.addressing import behind_proxies
from auricle.server.app import create_app
from auricle.server.service import Service
from auricle.settings import Settings
from auricle.store.schema import User
from auricle.testing import say, write_wav
from conforming import hold_to_document


class LiveServer:
    """A server that runs, and a client for it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.app = create_app(settings)
        served = behind_proxies(self.app, settings)
        config = uvicorn.Config(
            served,
            log_config=None,
            access_log=False,
            proxy_headers=False,
            lifespan="on",
            timeout_graceful_shutdown=2,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],), daemon=True)
        self._client: httpx.Client | None = None

    @property
    def url(self) -> str:
        return f"{self.origin}/api/v1"

    @property
    def service(self) -> Service:
        service: Service = self.app.state.service
        return service

    @property
    def client(self) -> httpx.Client:
        """The local user's client: with a key that may do everything, where one is asked for."""
        if self._client is None:
            self._client = self.client_for(None if self.settings.auth == "off" else self.key("local"))
        return self._client

    def key(self, owner: str, **how: Any) -> str:
        """A new key of a person, by their id; good for everything unless `scopes` says otherwise."""
        with self.service.database.write() as session:
            user = session.get_one(User, owner)
            all_of_theirs = SCOPES if user.role == "admin" else DEFAULT_SCOPES
            return make_key(session, user, **{"name": "tests", "scopes": all_of_theirs, **how})[1]

    def client_for(self, key: str | None) -> httpx.Client:
        """A client that sends this API key, and is told only what the OpenAPI document shows."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        hooks = {"response": [hold_to_document]}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, event_hooks=hooks)

    def start(self) -> None:
        self._thread.start()
        end = time.monotonic() + 30
        while not self._server.started:
            assert self._thread.is_alive(), "the server did not start"
            assert time.monotonic() < end, "the server did not start in 30 s"
            time.sleep(0.01)

    def stop(self) -> None:
        if self._client is not None:
            self._client.close()
        if self._thread.ident is not None:
            self.app.state.watch.stop()
            self._server.should_exit = True
            self._thread.join(30)
        self._listener.close()

    def upload(self, file: Path, client: httpx.Client | None = None, **fields: str) -> dict[str, Any]:
        """Upload a recording; returns the answer."""
        with file.open("rb") as content:
            answer = (client or self.client).post(
                "/recordings", files={"file": (file.name, content)}, data=fields
            )
        assert answer.status_code == 201, answer.text
        accepted: dict[str, Any] = answer.json()
        return accepted

    def wait(self, job_id: str, client: httpx.Client | None = None) -> dict[str, Any]:
        """The job once it has ended."""
        end = time.monotonic() + 120
        while time.monotonic() < end:
            job: dict[str, Any] = (client or self.client).get(f"/jobs/{job_id}").json()
            if job["state"] not in ("queued", "running"):
                return job
            time.sleep(0.05)
        raise AssertionError(f"the job did not end: {job}")

    def transcribed(self, file: Path, client: httpx.Client | None = None, **fields: str) -> dict[str, Any]:
        """A recording whose job is done."""
        accepted = self.upload(file, client, **fields)
        job = self.wait(accepted["job"]["id"], client)
        assert job["state"] == "done", job
        recording: dict[str, Any] = (
            (client or self.client).get(f"/recordings/{accepted['recording']['id']}").json()
        )
        return recording

    def member(self, name: str) -> httpx.Client:
        """Another person's client."""
        user = self.client.post("/users", json={"name": name}).json()
        return self.client_for(self.key(user["id"]))


@contextlib.contextmanager
def live_server(data_dir: Path, model: Path, **settings: Any) -> Iterator[LiveServer]:
    """A server on its own data folder; `settings` replace the defaults.

    Nobody has to sign in, unless `auth` is on; requests are not counted, unless `rate_limit` says so.
    """
    known = {
        "engine": "faster-whisper",
        "model": str(model),
        "min_free": 0,
        "threads": 2,
        "device": "cpu",
        "auth": "off",
        "rate_limit": "off",
        "wait": 0,
    }
    server = LiveServer(Settings(data_dir=data_dir, **known | settings))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tiny_model: Path
) -> Iterator[LiveServer]:
    """One server for the tests of a file, with accounts where its `AUTH` is on."""
    auth = getattr(request.module, "AUTH", "off")
    with live_server(tmp_path_factory.mktemp("server"), tiny_model, auth=auth) as running:
        yield running


@pytest.fixture
def make_server(tmp_path: Path, tiny_model: Path) -> Iterator[Callable[..., LiveServer]]:
    """Servers of their own, with other settings."""
    with contextlib.ExitStack() as stack:

        def make(**settings: Any) -> LiveServer:
            folder = settings.pop("data_dir", tmp_path / "server")
            return stack.enter_context(live_server(folder, tiny_model, **settings))

        yield make


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    """Two seconds of sound; what is heard in it does not matter."""
    return write_wav(tmp_path / "talk.wav", say("Alpha bravo."))


@pytest.fixture(scope="module")
def meeting(speech: Path) -> Path:
    """A short recording of words the tiny model knows."""
    return min(speech.glob("*.flac"), key=lambda file: file.stat().st_size)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    at = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(at - datetime.timedelta(hours=1))
        .not_valid_after(at + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = tmp_path / "cert.pem", tmp_path / "key.pem"
    files[0].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files
