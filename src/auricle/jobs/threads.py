"""Workers in threads of this process, woken by a bell; they look by themselves as well, now and then."""

import threading
import time
from collections.abc import Callable, Sequence

import structlog

from auricle.errors import StorageUnavailable
from auricle.jobs.runner import Shift, work_once
from auricle.jobs.work import Workplace

log = structlog.get_logger(__name__)

#: How long (s) a worker that found nothing waits for a ring before it looks again.
PATIENCE = 1.0


class ThreadBroker:
    """A bell for the threads of one process, who wait for it at most `patience` seconds."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._rung: set[str] = set()
        self._waiting = 0
        self._closed = False
        self._bell = threading.Condition()

    def ring(self, queue: str) -> None:
        with self._bell:
            self._rung.add(queue)
            self._bell.notify_all()

    def depth(self, queue: str) -> int:
        with self._bell:
            return int(queue in self._rung)

    def pass_on(self, queue: str) -> None:
        """Ring, and return when somebody has come and somebody is free for the next ring, or all leave.

        So a process whose threads are all busy takes no more rings from the others.
        """
        self.ring(queue)
        with self._bell:
            self._bell.wait_for(lambda: self._closed or (queue not in self._rung and self._waiting > 0))

    def wait(self, queues: Sequence[str]) -> None:
        """Until somebody rings for one of the queues, or patience is over."""
        with self._bell:
            self._waiting += 1
            self._bell.notify_all()
            self._bell.wait_for(lambda: self._closed or not self._rung.isdisjoint(queues), self._patience)
            self._rung.difference_update(queues)
            self._waiting -= 1

    def close(self) -> None:
        """Wake everybody up; nobody waits any more."""
        with self._bell:
            self._closed = True
            self._bell.notify_all()


class Crew:
    """Threads that work until they are told to stop; one that is stuck is left alone and replaced.

    They wait for `bell`, and `ring` wakes those who may work on what comes next: they themselves by default.
    """

    def __init__(
        self,
        place: Workplace,
        bell: ThreadBroker,
        worker: str,
        ring: Callable[[str], None] | None = None,
    ) -> None:
        self._place = place
        self._bell = bell
        self._worker = worker
        self._ring = ring or bell.ring
        self._draining = threading.Event()
        self._threads: list[tuple[threading.Thread, Shift]] = []
        self._hired = 0

    @property
    def shifts(self) -> list[Shift]:
        """What each of the threads is at."""
        return [shift for _, shift in self._threads]

    @property
    def idle_since(self) -> float | None:
        """Since when (time.monotonic) none of the threads has found anything to do; None while one does."""
        idle = [shift.idle_since for shift in self.shifts]
        return None if None in idle else max((since for since in idle if since is not None), default=None)

    def hire(self, queues: Sequence[str]) -> None:
        """Start one more thread for these queues."""
        self._hired += 1
        shift = Shift(
            place=self._place,
            worker=f"{self._worker}#{self._hired}",
            queues=tuple(queues),
            ring=self._ring,
            draining=self._draining,
        )
        thread = threading.Thread(target=self._work, args=(shift,), name=shift.worker, daemon=True)
        self._threads.append((thread, shift))
        thread.start()

    def replace_stuck(self, limit: float) -> None:
        """Give the tasks that take longer than `limit` seconds to others."""
        for thread, shift in list(self._threads):
            holding = shift.holding
            if holding is not None and time.monotonic() - holding.started > limit:
                log.error("worker_stuck", worker=shift.worker, task=holding.claim.task_id)
                holding.abandon()
                self._threads.remove((thread, shift))
                self.hire(shift.queues)

    def stop(self, grace: float) -> bool:
        """Hand tasks back and end; False where a thread is still at work after `grace` seconds."""
        self._draining.set()
        self._bell.close()
        end = time.monotonic() + grace
        for thread, _ in list(self._threads):
            thread.join(max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread, _ in self._threads)

    def _work(self, shift: Shift) -> None:
        while not shift.draining.is_set():
            since, shift.idle_since = shift.idle_since, None
            try:
                if work_once(shift):
                    if shift not in self.shifts:
                        return
                    continue
                shift.idle_since = since or time.monotonic()
            except StorageUnavailable as error:
                log.warning("database_away", worker=shift.worker, error=str(error))
            except Exception:
                # Without this thread nobody would do its work.
                log.exception("worker_stumbled", worker=shift.worker)
            self._bell.wait(shift.queues)
