"""`make dev`: a server that starts again when its code changes, and the web app with hot reload before it.

The app is at http://127.0.0.1:4200; what it asks goes on to the server on port 8000 (`ui/proxy.conf.json`).
One Ctrl-C ends both.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import node

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "auricle"
#: Where `ui/proxy.conf.json` looks for the server.
PORT = "8000"
#: How often (s) the sources are looked at.
_LOOK_EVERY = 0.5
#: How long (s) a program may take to end before it is killed.
_GRACE = 15


def main() -> None:
    npm, environment = node.npm()
    server = [sys.executable, "-m", "auricle", "serve", "--port", PORT]
    app = [*npm, "run", "--silent", "start"]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with contextlib.suppress(KeyboardInterrupt), started(app, ROOT / "ui", environment) as front:
        while front.poll() is None:
            seen = sources()
            with started(server, ROOT, os.environ):
                await_change(seen, front)
            if front.poll() is None:
                print("The code has changed: the server starts again.", flush=True)
        sys.exit(front.returncode)


@contextlib.contextmanager
def started(
    command: list[str], folder: Path, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs, with all that it starts itself, until this ends."""
    # In a session of its own, so that Ctrl-C reaches this program alone and everything ends in order.
    program = subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True)
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


def await_change(seen: dict[Path, float], front: subprocess.Popen[bytes]) -> None:
    """Wait until the code is other than it was, or the web app has ended.

    A server that has ended by itself is not started before: its mistake is still there.
    """
    while front.poll() is None and sources() == seen:
        time.sleep(_LOOK_EVERY)


if __name__ == "__main__":
    main()
