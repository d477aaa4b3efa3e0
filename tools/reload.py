"""Run an `auricle` command that starts again when its code changes.

python tools/reload.py worker --queues gpu
"""

import contextlib
import os
import signal
import sys
import time

import dev

#: How often (s) the sources are looked at.
_LOOK_EVERY = 0.5


def main() -> None:
    command = [sys.executable, "-m", "auricle", *sys.argv[1:]]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            seen = dev.sources()
            with dev.started(command, dev.ROOT, os.environ):
                while dev.sources() == seen:
                    time.sleep(_LOOK_EVERY)
            print("The code has changed: the command starts again.", flush=True)


if __name__ == "__main__":
    main()
