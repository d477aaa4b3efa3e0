"""Workers in threads of this process, woken by a bell; they look by themselves as well, once a second."""

import threading
import time
from collections.abc import Sequence

import structlog

from auricle.errors import StorageUnavailable
from auricle.jobs.runner import Shift, work_once
from auricle.jobs.work import Workplace

log = structlog.get_logger(__name__)

#: How long (s) a worker that found nothing waits for a ring before it looks again.
PATIENCE = 1.0


class ThreadBroker:
    """A bell for the threads of one process."""

    def __init__(self) -> None:
        self._rung: set[str] = set()
        self._bell = threading.Condition()

    def ring(self, queue: str) -> None:
        with self._bell:
            self._rung.add(queue)
            self._bell.notify_all()

    def depth(self, queue: str) -> int:
        with self._bell:
            return int(queue in self._rung)

    def wait(self, queues: Sequence[str]) -> None:
        """Until somebody rings for one of the queues, or PATIENCE is over."""
        with self._bell:
            self._bell.wait_for(lambda: not self._rung.isdisjoint(queues), PATIENCE)
            self._rung.difference_update(queues)

    def close(self) -> None:
        """Wake everybody up."""
        for queue in ("gpu", "cpu"):
            self.ring(queue)


class Crew:
    """Threads that work until they are told to stop; one that is stuck is left alone and replaced."""

    def __init__(self, place: Workplace, broker: ThreadBroker, worker: str) -> None:
        self._place = place
        self._broker = broker
        self._worker = worker
        self._draining = threading.Event()
        self._threads: list[tuple[threading.Thread, Shift]] = []
        self._hired = 0

    @property
    def shifts(self) -> list[Shift]:
        """What each of the threads is at."""
        return [shift for _, shift in self._threads]

    def hire(self, queues: Sequence[str]) -> None:
        """Start one more thread for these queues."""
        self._hired += 1
        shift = Shift(
            place=self._place,
            worker=f"{self._worker}#{self._hired}",
            queues=tuple(queues),
            ring=self._broker.ring,
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
        self._broker.close()
        end = time.monotonic() + grace
        for thread, _ in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread, _ in self._threads)

    def _work(self, shift: Shift) -> None:
        while not shift.draining.is_set():
            try:
                if work_once(shift):
                    if shift not in self.shifts:
                        return
                    continue
            except StorageUnavailable as error:
                log.warning("database_away", worker=shift.worker, error=str(error))
            self._broker.wait(shift.queues)
