"""`make dev`: a server that starts again when its code changes, and the web app with hot reload before it.

The app is at http://127.0.0.1:4200 (DEV_PORT); what it asks goes on to the server on port 8000 (AURICLE_PORT;
`ui/proxy.conf.mjs`). One Ctrl-C ends both.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import node

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "auricle"
#: How often (s) the sources are looked at.
_LOOK_EVERY = 0.5
#: How long (s) a program may take to end before it is killed.
_GRACE = 15


def main() -> None:
    port, app_port = free_port("AURICLE_PORT", 8000), free_port("DEV_PORT", 4200)
    npm, environment = node.npm()
    server = [sys.executable, "-m", "auricle", "serve", "--port", str(port)]
    # In a container, others than the container itself have to reach it.
    host = ["--host", os.environ["DEV_HOST"]] if os.environ.get("DEV_HOST") else []
    app = [*npm, "run", "--silent", "start", "--", "--port", str(app_port), *host]
    ports = {"AURICLE_PORT": str(port), "DEV_PORT": str(app_port)}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(
        f"Starting the server on port {port}, and the web app with hot reload: it will be at "
        f"{address(app_port)}. Ctrl-C ends both.",
        flush=True,
    )
    with (
        contextlib.suppress(KeyboardInterrupt),
        started(app, ROOT / "ui", {**environment, **ports}) as front,
    ):
        while front.poll() is None:
            seen = sources()
            with started(server, ROOT, os.environ, stdout=subprocess.PIPE) as back:
                assert back.stdout is not None
                words = (back.stdout, address(port), address(app_port))
                threading.Thread(target=pass_on, args=words, daemon=True).start()
                await_change(seen, front, back)
            if front.poll() is None:
                print("The code has changed: the server starts again.", flush=True)
        sys.exit(front.returncode)


def free_port(name: str, default: int) -> int:
    """The port in an environment variable; ends the program where nothing can listen on it."""
    given = os.environ.get(name, str(default))
    if not given.isdecimal() or not 0 < int(given) < 65536:
        sys.exit(f"{name} is {given!r}, but has to be a port: 1 to 65535.")
    try:
        socket.create_server(("127.0.0.1", int(given))).close()
    except OSError as error:
        sys.exit(
            f"Nothing can listen on port {given} ({os.strerror(error.errno or 0)}), perhaps because another "
            f"`make dev` or `make run` does: end that, or choose another port, as in "
            f"`{name}={int(given) + 1} make dev`."
        )
    return int(given)


def address(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def pass_on(words: IO[bytes], server: str, app: str) -> None:
    """Say what the server says; the link to set up the first account leads to the app that reloads."""
    for line in words:
        print(line.decode().replace(f"{server}/setup#", f"{app}/setup#"), end="", flush=True)


@contextlib.contextmanager
def started(
    command: list[str], folder: Path, environment: Mapping[str, str], *, stdout: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs, with all that it starts itself, until this ends."""
    # In a session of its own, so that Ctrl-C reaches this program alone and everything ends in order.
    program = subprocess.Popen(command, cwd=folder, env=environment, stdout=stdout, start_new_session=True)
    try:
        yield program
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGTERM)
        try:
            program.wait(_GRACE)
        except subprocess.TimeoutExpired:
            os.killpg(program.pid, signal.SIGKILL)


def sources() -> dict[Path, float]:
    """When each file of the server's code was last changed."""
    found = {}
    for file in SOURCE.rglob("*.py"):
        with contextlib.suppress(FileNotFoundError):  # editors replace files
            found[file] = file.stat().st_mtime
    return found


def await_change(
    seen: dict[Path, float], front: subprocess.Popen[bytes], back: subprocess.Popen[bytes]
) -> None:
    """Wait until the code is other than it was, or the web app has ended.

    A server that has ended by itself is not started before: its mistake is still there.
    """
    said = False
    while front.poll() is None and sources() == seen:
        if back.poll() is not None and not said:
            print("The server has ended; it starts again when its code changes.", flush=True)
            said = True
        time.sleep(_LOOK_EVERY)


if __name__ == "__main__":
    main()
