"""Models in memory, shared by threads: with doubles that count, and with the real model for memory."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from auricle.engines.leases import ModelPool

TINY = Path(__file__).parents[1] / "fixtures" / "whisper-fixture-ct2"
#: Longer than any thread switch, shorter than patience; a test fails when it passes.
PATIENCE = 30.0
NEVER = 3600.0


class Model:
    """Counts its kind; `gone` is set when it is unloaded."""

    loads = 0

    def __init__(self) -> None:
        type(self).loads += 1
        self.gone = threading.Event()

    def close(self) -> None:
        assert not self.gone.is_set()
        self.gone.set()


@pytest.fixture
def model() -> type[Model]:
    return type("Model", (Model,), {"loads": 0})


@pytest.fixture
def pool() -> Iterator[ModelPool[Model]]:
    pool: ModelPool[Model] = ModelPool(idle=NEVER)
    yield pool
    pool.close()


def test_a_model_is_loaded_once_and_used_again(pool: ModelPool[Model], model: type[Model]) -> None:
    with pool.lease("tiny", model) as first:
        pass
    with pool.lease("tiny", model) as second:
        assert second is first
    assert model.loads == 1


def test_each_key_is_a_model_of_its_own(pool: ModelPool[Model], model: type[Model]) -> None:
    with pool.lease("tiny", model) as tiny, pool.lease("base", model) as base:
        assert tiny is not base
        assert pool.loaded == ["tiny", "base"]


def test_threads_that_ask_at_once_share_one_load(pool: ModelPool[Model], model: type[Model]) -> None:
    all_ask = threading.Barrier(8)
    another_waits = threading.Event()

    def slow_load() -> Model:
        another_waits.wait(0.2)
        return model()

    def use() -> Model:
        all_ask.wait(PATIENCE)
        with pool.lease("tiny", slow_load) as leased:
            return leased

    with ThreadPoolExecutor(8) as threads:
        used = [future.result(PATIENCE) for future in [threads.submit(use) for _ in range(8)]]
    assert model.loads == 1
    assert len(set(used)) == 1


def test_a_failing_load_fails_for_all_who_wait_and_is_tried_anew(model: type[Model]) -> None:
    pool: ModelPool[Model] = ModelPool(idle=NEVER)
    loading, fail = threading.Event(), threading.Event()

    def failing_load() -> Model:
        loading.set()
        assert fail.wait(PATIENCE)
        raise MemoryError("no room")

    def use() -> None:
        with pool.lease("tiny", failing_load):
            pytest.fail("nothing was loaded")

    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(use)
        assert loading.wait(PATIENCE)
        waiting = [threads.submit(use) for _ in range(2)]
        fail.set()
        for future in (first, *waiting):
            assert isinstance(future.exception(PATIENCE), MemoryError)
    assert pool.loaded == []
    with pool.lease("tiny", model):
        assert model.loads == 1


def test_a_model_nobody_uses_is_unloaded_and_loaded_again(model: type[Model]) -> None:
    pool: ModelPool[Model] = ModelPool(idle=0.05)
    with pool.lease("tiny", model) as first:
        pass
    assert first.gone.wait(PATIENCE)
    with pool.lease("tiny", model) as second:
        assert second is not first
        assert not second.gone.is_set()
    assert model.loads == 2
    pool.close()


def test_a_model_in_use_is_not_unloaded(model: type[Model]) -> None:
    pool: ModelPool[Model] = ModelPool(idle=0.05)
    with pool.lease("tiny", model) as long_used:
        with pool.lease("tiny", model):
            pass
        assert not long_used.gone.wait(0.3)
    assert long_used.gone.wait(PATIENCE)


def test_a_new_lease_stops_the_clock(model: type[Model]) -> None:
    pool: ModelPool[Model] = ModelPool(idle=0.2)
    with pool.lease("tiny", model) as leased:
        pass
    with pool.lease("tiny", model):
        assert not leased.gone.wait(0.5)
    assert model.loads == 1
    pool.close()


def test_without_an_idle_time_a_model_stays(model: type[Model]) -> None:
    pool: ModelPool[Model] = ModelPool(idle=0)
    with pool.lease("tiny", model) as leased:
        pass
    assert not leased.gone.wait(0.2)
    pool.close()
    assert leased.gone.is_set()


def test_close_leaves_a_leased_model_until_its_lease_ends(model: type[Model]) -> None:
    pool: ModelPool[Model] = ModelPool(idle=NEVER)
    with pool.lease("tiny", model) as leased:
        pool.close()
        assert not leased.gone.is_set()
    assert leased.gone.is_set()
    assert pool.loaded == []


def test_an_error_of_the_user_ends_the_lease(model: type[Model]) -> None:
    pool: ModelPool[Model] = ModelPool(idle=0.05)
    with pytest.raises(ZeroDivisionError), pool.lease("tiny", model) as leased:
        1 / 0  # noqa: B018 raises on purpose
    assert leased.gone.wait(PATIENCE)


#: Loads models from several threads, hears with each, unloads them, and prints the resident memory (bytes)
#: before, with and after them. In a process of its own, whose memory is nobody else's.
MEASURE = """
import sys
from concurrent.futures import ThreadPoolExecutor
import numpy, psutil
from faster_whisper import WhisperModel
from auricle.engines.leases import ModelPool

class Whisper:
    def __init__(self):
        self.model = WhisperModel(sys.argv[1], device="cpu", compute_type="float32", cpu_threads=1)
    def close(self):
        self.model = None

def hear(pool, key):
    with pool.lease(key, Whisper) as whisper:
        list(whisper.model.transcribe(numpy.zeros(16000, "float32"), language="en")[0])

def use(models):
    pool = ModelPool(idle=0)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda key: hear(pool, key), range(models)))
    return pool

def print_resident():
    print(psutil.Process().memory_info().rss)

use(1).close()
print_resident()
pool = use(6)
print_resident()
pool.close()
print_resident()
"""


def test_memory_of_unloaded_models_comes_back() -> None:
    measured = subprocess.run(
        [sys.executable, "-c", MEASURE, str(TINY)], check=True, capture_output=True, text=True, timeout=240
    )
    before, loaded, unloaded = map(int, measured.stdout.split())
    assert loaded - before > 200e6
    assert unloaded - before < 0.15 * (loaded - before)


def test_a_model_that_nobody_uses_can_be_unloaded(pool: ModelPool[Model], model: type[Model]) -> None:
    with pool.lease("tiny", model) as used:
        assert not pool.unload("tiny")
        assert not used.gone.is_set()
    assert pool.unload("tiny")
    assert used.gone.is_set()
    assert pool.loaded == []
    assert pool.unload("tiny")
