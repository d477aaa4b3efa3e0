"""One model for everybody: who waits for an answer goes before files.

Engines read their windows lazily, so a call of lower priority gets its next window when no call of higher
priority is at work: it pauses between windows, and nothing that has begun is interrupted.
"""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from enum import IntEnum

from auricle.engines import (
    Capabilities,
    Engine,
    EngineIdentity,
    Heard,
    LanguageGuess,
    Samples,
    SpeechOptions,
)
from auricle.errors import InvalidOption, UnsupportedOption

#: A call waits at most this long (s) for each window, so that endless requests starve nobody.
PATIENCE = 10.0
#: How often (s) a call that waits may say that it has to stop.
_GLANCE = 0.5


class Priority(IntEnum):
    """How urgent a call is; lower goes first."""

    LIVE_FINAL = 0
    LIVE_PARTIAL = 1
    INTERACTIVE = 2
    FILE = 3


def _patient() -> None: ...


class SharedEngine:
    """A loaded engine, and who may use it when. `patience` is how long (s) a call waits for a window."""

    def __init__(self, engine: Engine, *, patience: float = PATIENCE) -> None:
        self._engine = engine
        self._turns = _Turns(patience)

    def at(self, priority: Priority, while_waiting: Callable[[], None] = _patient) -> Engine:
        """The engine for calls of this priority.

        `while_waiting` is called now and then while such a call waits; what it raises ends the call.
        """
        return _View(self._engine, self._turns, priority, while_waiting)

    def close(self) -> None:
        """Give back memory and connections; the engine is not used again."""
        self._engine.close()


class _Turns:
    """The calls at work, by priority."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._active: Counter[Priority] = Counter()
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def call(self, priority: Priority) -> Iterator[None]:
        """A call, from its first window until it is through or given up."""
        self._count(priority, 1)
        try:
            yield
        finally:
            self._count(priority, -1)

    def wait(self, priority: Priority, while_waiting: Callable[[], None]) -> None:
        """Until no call of higher priority is at work, or patience is over."""
        end = time.monotonic() + self._patience
        while (left := end - time.monotonic()) > 0:
            with self._changed:
                if self._changed.wait_for(lambda: self._is_next(priority), min(left, _GLANCE)):
                    return
            while_waiting()

    def _is_next(self, priority: Priority) -> bool:
        return not any(count for other, count in self._active.items() if other < priority)

    def _count(self, priority: Priority, more: int) -> None:
        with self._changed:
            self._active[priority] += more
            self._changed.notify_all()


class _View:
    """The engine as callers of one priority see it."""

    def __init__(
        self, engine: Engine, turns: _Turns, priority: Priority, while_waiting: Callable[[], None]
    ) -> None:
        self._engine = engine
        self._turns = turns
        self._priority = priority
        self._while_waiting = while_waiting

    @property
    def identity(self) -> EngineIdentity:
        return self._engine.identity

    @property
    def capabilities(self) -> Capabilities:
        return self._engine.capabilities

    def window(self, options: SpeechOptions) -> float | None:
        """As the engine says."""
        return self._engine.window(options)

    def transcribe(self, windows: Iterable[Samples], options: SpeechOptions) -> Iterator[Heard]:
        """As the engine does, one turn for each window."""
        with self._turns.call(self._priority):
            yield from self._engine.transcribe(self._in_turn(windows), self._brief(options))

    def detect_language(self, samples: Samples, options: SpeechOptions) -> LanguageGuess:
        """As the engine does, in its turn."""
        with self._turns.call(self._priority):
            self._turns.wait(self._priority, self._while_waiting)
            return self._engine.detect_language(samples, options)

    def close(self) -> None:
        """Nothing: the engine belongs to all of its callers."""

    def _brief(self, options: SpeechOptions) -> SpeechOptions:
        """What somebody waits for is decoded a window at a time on the CPU: it can be given up within one."""
        unbatched = replace(options, batch_size=1)
        if self._priority == Priority.FILE or self.identity.device != "cpu" or options.batch_size is not None:
            return options
        if "batch_size" not in self.capabilities.options or not self._takes(unbatched):
            return options
        return unbatched

    def _takes(self, options: SpeechOptions) -> bool:
        try:
            self._engine.window(options)
        except (InvalidOption, UnsupportedOption):
            return False
        return True

    def _in_turn(self, windows: Iterable[Samples]) -> Iterator[Samples]:
        for samples in windows:
            self._turns.wait(self._priority, self._while_waiting)
            yield samples
