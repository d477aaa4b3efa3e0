"""A thread that ends a worker whose task does not end: its lease then brings the task to another."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from auricle.jobs.runner import Holding
from auricle.jobs.threads import Crew
from auricle.settings import Settings

log = structlog.get_logger(__name__)

#: How often (s) it looks.
EVERY = 1.0
#: The exit status of a process that ended itself because it was stuck (EX_SOFTWARE).
STUCK = 70
#: A stage that was told to stop may take this many times as long as one that is handed back in a hurry:
#: it may be loading a model, and another attempt does not wait for it.
_LENIENCE = 10.0


class Watchdog:
    """`beat` is when (time.monotonic) it last looked: while it is recent, this process lives."""

    def __init__(self, crew: Crew, settings: Settings) -> None:
        self._crew = crew
        self._settings = settings
        self.beat = time.monotonic()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look every second while the block runs."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(EVERY):
                self.beat = time.monotonic()
                for shift in self._crew.shifts:
                    reason = shift.holding and self._stuck(shift.holding)
                    if reason:
                        log.error("worker_stuck", worker=shift.worker, reason=reason)
                        end_now()

        threading.Thread(target=watch, name="watchdog", daemon=True).start()
        try:
            yield
        finally:
            over.set()

    def _stuck(self, holding: Holding) -> str | None:
        now = time.monotonic()
        if now - holding.started > self._settings.task_limit:
            return f"its task takes longer than AURICLE_TASK_LIMIT, {self._settings.task_limit:g} s"
        patience = _LENIENCE * self._settings.drain_timeout
        if holding.told_to_stop is not None and now - holding.told_to_stop > patience:
            return f"its task was to stop {patience:g} s ago and did not"
        return None


def end_now() -> None:
    """End this process as it is: what hangs cannot be waited for."""
    sys.stderr.flush()
    os._exit(STUCK)
