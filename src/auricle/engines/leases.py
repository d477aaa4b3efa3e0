"""Models in memory: loaded when first needed, shared while in use, unloaded when nobody needs them."""

import ctypes
import gc
import threading
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from auricle.engines.memory import Memory, memory_taken
from auricle.metrics import metrics


class Closable(Protocol):
    """What a pool keeps: `close` gives its memory back."""

    def close(self) -> None: ...


_M = TypeVar("_M", bound=Closable)


@dataclass(slots=True, eq=False)
class _Slot(Generic[_M]):
    loaded: Future[_M] = field(default_factory=Future)
    users: int = 0
    #: What loading it added.
    memory: Memory | None = None
    unload: threading.Timer | None = None


class ModelPool(Generic[_M]):
    """Leases models to any number of threads at once.

    `idle` is how many seconds a model stays in memory after its last lease ended; 0 keeps it until `close`.
    """

    def __init__(self, *, idle: float) -> None:
        self._idle = idle
        self._slots: dict[Hashable, _Slot[_M]] = {}
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def lease(self, key: Hashable, load: Callable[[], _M]) -> Iterator[_M]:
        """The model known as `key`, which stays in memory at least until the block ends.

        `load` runs only where it is not in memory. Callers that come while it runs wait for it; what
        it raises is raised for all of them, and the next lease tries again.
        """
        slot, is_first = self._enter(key)
        try:
            if is_first:
                self._load(key, slot, load)
            yield slot.loaded.result()
        finally:
            self._leave(key, slot)

    @property
    def loaded(self) -> list[Hashable]:
        """The keys of the models in memory, or on their way there."""
        with self._lock:
            return list(self._slots)

    @property
    def leased(self) -> list[Hashable]:
        """The keys of the models that somebody uses now."""
        with self._lock:
            return [key for key, slot in self._slots.items() if slot.users]

    def unload(self, key: Hashable) -> bool:
        """Take a model out of memory; False where somebody uses it."""
        with self._lock:
            slot = self._slots.get(key)
            if slot is not None and slot.users:
                return False
            if slot is not None:
                self._unload(key, slot)
            return True

    def has(self, key: Hashable) -> bool:
        """Whether a model is in memory, all of it."""
        with self._lock:
            return key in self._slots and self._slots[key].loaded.done()

    def close(self) -> None:
        """Unload every model: at once, or when its last lease ends."""
        with self._lock:
            self._closed = True
            for key, slot in list(self._slots.items()):
                if slot.users == 0:
                    self._unload(key, slot)

    def _enter(self, key: Hashable) -> tuple[_Slot[_M], bool]:
        with self._lock:
            is_first = key not in self._slots
            slot = self._slots.setdefault(key, _Slot())
            slot.users += 1
            if slot.unload is not None:
                slot.unload.cancel()
                slot.unload = None
            return slot, is_first

    def _load(self, key: Hashable, slot: _Slot[_M], load: Callable[[], _M]) -> None:
        before = memory_taken()
        try:
            model = load()
        except BaseException as problem:  # raised again in every thread that waits for this model
            with self._lock:
                del self._slots[key]
            slot.loaded.set_exception(problem)
            return
        slot.memory = memory_taken().since(before)
        metrics().model_loaded(*slot.memory)
        slot.loaded.set_result(model)

    def _leave(self, key: Hashable, slot: _Slot[_M]) -> None:
        with self._lock:
            slot.users -= 1
            if slot.users or self._slots.get(key) is not slot:
                return
            if self._closed:
                self._unload(key, slot)
            elif self._idle:
                slot.unload = threading.Timer(self._idle, self._expire, (key, slot))
                slot.unload.daemon = True
                slot.unload.start()

    def _expire(self, key: Hashable, slot: _Slot[_M]) -> None:
        with self._lock:
            # A lease may have begun, and even ended, between this timer's ringing and its turn here.
            if slot.unload is threading.current_thread():
                self._unload(key, slot)

    def _unload(self, key: Hashable, slot: _Slot[_M]) -> None:
        """Under the lock, so that the next lease does not load the model anew while it still takes memory."""
        del self._slots[key]
        if slot.unload is not None:
            slot.unload.cancel()
        slot.loaded.result().close()
        slot.loaded = Future()
        if slot.memory is not None:
            metrics().model_unloaded(*slot.memory)
        return_memory()


def return_memory() -> None:
    """Hand memory that is no longer used back to the operating system.

    Freed is not returned: glibc keeps what threads freed in their arenas for later allocations. Of 787 MB
    that six Whisper models took, 626 MB stayed resident after they were gone; with `malloc_trim` (glibc
    only) 16 MB do. Cycles, which PyTorch's modules have, are collected first.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
