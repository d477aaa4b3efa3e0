"""Real services for tests, each started when it is first asked for, on a free port, with its data in a
temporary folder: PostgreSQL, Redis, RabbitMQ, and moto for S3 and SQS.

A program that is not installed skips the tests that need it; with CI=true it fails them.
"""

import contextlib
import ctypes
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import httpx
import pytest

_PR_SET_PDEATHSIG = 1
_PATIENCE = 60.0


def missing(program: str, package: str) -> NoReturn:
    """Skip, or fail where every test has to run."""
    reason = f"{program} is not installed: apt-get install {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def free_port() -> int:
    """A port nobody listens on.

    It lies below those that Linux gives to outgoing connections: while a service is stopped, one of these
    could otherwise take its port.
    """
    for port in random.sample(range(20_000, 32_000), 100):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    pytest.fail("no port is free")


def wait_until(ready: Callable[[], bool], what: str, patience: float = _PATIENCE) -> None:
    """Look again and again; fails the test where it does not come true."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        with contextlib.suppress(OSError, httpx.HTTPError):
            if ready():
                return
        time.sleep(0.05)
    pytest.fail(f"{what} did not get ready within {patience:g} s")


def answers(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True


def _end_with_parent() -> None:
    """The service ends with the tests, also when these are killed."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _start(command: list[str], log: Path, **options: object) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, preexec_fn=_end_with_parent, **options
        )


class Postgres:
    """A PostgreSQL server; it runs as the user postgres where the tests run as root, which it refuses."""

    def __init__(self, folder: Path) -> None:
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        if not programs:
            missing("PostgreSQL", "postgresql")
        self._programs = programs[-1]
        self._user = {"user": "postgres"} if os.getuid() == 0 else {}
        self._folder = folder
        folder.mkdir(parents=True)
        if self._user:
            shutil.chown(folder, "postgres")
            for parent in folder.parents:
                if parent.owner() == "root" and parent != Path("/"):
                    with contextlib.suppress(PermissionError):
                        parent.chmod(parent.stat().st_mode | 0o011)
        self.port = free_port()
        self._databases = 0
        self._run(
            "initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "data"
        )
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        done = subprocess.run(command, cwd=self._folder, capture_output=True, text=True, **self._user)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        # What is committed survives the death of the server, not of the machine; that is all tests need.
        fast = ["-c", "fsync=off", "-c", "max_connections=200"]
        where = ["-c", f"port={self.port}", "-c", "listen_addresses=127.0.0.1", "-k", str(self._folder)]
        self._server = _start(
            [str(self._programs / "postgres"), "-D", "data", *where, *fast],
            Path(os.devnull),
            cwd=self._folder,
            **self._user,
        )
        ask = [str(self._programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        wait_until(lambda: subprocess.run(ask).returncode == 0, "PostgreSQL")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT ends connections and the server, SIGQUIT ends it as a crash does."""
        self._server.send_signal(how)
        self._server.wait(30)

    def guard(self, user: str) -> None:
        """Ask this user, who has no password, for one."""
        rules = self._folder / "data" / "pg_hba.conf"
        rules.write_text(f"host all {user} 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
        self._run("pg_ctl", "-D", "data", "reload")

    def new_database(self, *options: str) -> str:
        """The address of a database with nothing in it; `options` as createdb takes them."""
        self._databases += 1
        name = f"test_{self._databases}"
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres"]
        self._run("createdb", *where, *options, name)
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"


class Redis:
    """A Redis server that keeps nothing on disk."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("redis-server") is None:
            missing("Redis", "redis-server")
        self._folder = folder
        folder.mkdir(parents=True)
        self.port = free_port()
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._server = _start(command, self._folder / "log", cwd=self._folder)
        wait_until(lambda: answers(self.port), "Redis")

    def stop(self) -> None:
        self._server.kill()
        self._server.wait(10)

    def ask(self, *command: str) -> str:
        """Send a command such as FLUSHALL."""
        done = subprocess.run(
            ["redis-cli", "-p", str(self.port), *command], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()


class RabbitMQ:
    """A RabbitMQ server with a node of its own."""

    def __init__(self, folder: Path) -> None:
        server = shutil.which("rabbitmq-server") or "/usr/sbin/rabbitmq-server"
        if not Path(server).exists():
            missing("RabbitMQ", "rabbitmq-server")
        folder.mkdir(parents=True)
        self.port = free_port()
        self._folder = folder
        self._epmd_port = str(free_port())
        (folder / "enabled_plugins").write_text("[].\n")
        environment = {
            **os.environ,
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"auricle-{self.port}@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(free_port()),
            "ERL_EPMD_PORT": self._epmd_port,
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
        }
        if os.getuid() == 0:
            # The package's script changes to its own user, who has to be able to write here.
            shutil.chown(folder, "rabbitmq")
            folder.chmod(0o777)
            for parent in folder.parents:
                if parent != Path("/"):
                    with contextlib.suppress(PermissionError):
                        parent.chmod(parent.stat().st_mode | 0o011)
        self._server = _start(
            [server], folder.parent / "rabbitmq.log", cwd=folder, env=environment, start_new_session=True
        )
        wait_until(lambda: answers(self.port), "RabbitMQ", 120.0)

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def stop(self) -> None:
        # The package's script changes the user on the way, so its process and the server's differ.
        for pid in (int((self._folder / "pid").read_text()), self._server.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._server.wait(10)
        epmd = ["epmd", "-port", self._epmd_port, "-kill"]
        subprocess.run(epmd, check=False, capture_output=True)


class Moto:
    """S3 and SQS as AWS would answer."""

    def __init__(self) -> None:
        from moto.server import ThreadedMotoServer

        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        self.port: int = self._server.get_host_and_port()[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._server.stop()


@contextlib.contextmanager
def _open_folder() -> Iterator[Path]:
    """A folder that other users can enter. Not one of pytest's: each of its runs closes all of them again."""
    with tempfile.TemporaryDirectory(prefix="auricle-service-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with _open_folder() as folder:
        server = Postgres(folder / "server")
        yield server
        server.stop()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    server = Redis(tmp_path_factory.mktemp("redis") / "server")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[RabbitMQ]:
    with _open_folder() as folder:
        server = RabbitMQ(folder / "server")
        yield server
        server.stop()


@pytest.fixture(scope="session")
def moto_server() -> Iterator[Moto]:
    server = Moto()
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'database.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database()
