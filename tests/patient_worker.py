"""`auricle worker` with an engine that waits: each window says that it was begun, and goes on when allowed.

AURICLE_TEST_GATE is a folder. For every window the engine makes a file `begun-PID-NUMBER` there, from 1 on,
and it hears the window once there is a file `open` that allows as many windows.
"""

import itertools
import os
import time
from pathlib import Path

from auricle.cli import main
from auricle.jobs import work
from auricle.testing import FakeEngine

gate = Path(os.environ.pop("AURICLE_TEST_GATE"))
numbers = itertools.count(1)


def wait(_: int) -> None:
    number = next(numbers)
    (gate / f"begun-{os.getpid()}-{number}").touch()
    while not ((gate / "open").exists() and number <= int((gate / "open").read_text())):
        time.sleep(0.02)


if __name__ == "__main__":
    work.open_engine = lambda _: FakeEngine(on_window=wait)  # type: ignore[assignment]
    main()
