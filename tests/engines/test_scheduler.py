"""One engine for many callers: who waits for whom, and for how long."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from auricle.engines import EngineIdentity, Heard, Samples, SpeechOptions
from auricle.engines.faster_whisper import load
from auricle.engines.scheduler import Priority, SharedEngine
from auricle.errors import Cancelled
from auricle.testing import CAPABILITIES, FakeEngine, say

#: Longer than any thread switch; a test fails when it passes.
LONG = 30.0
WINDOW = say("Alpha.")


class Windows:
    """Windows that are counted as they are read; `read` waits for a number of them."""

    def __init__(self, count: int) -> None:
        self.taken = 0
        self._count = count
        self._changed = threading.Condition()

    def __iter__(self) -> Iterator[Samples]:
        for _ in range(self._count):
            with self._changed:
                self.taken += 1
                self._changed.notify_all()
            yield WINDOW

    def read(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.taken >= count, LONG), (
                f"{self.taken} windows were read"
            )


class Ears(FakeEngine):
    """Counts the windows that were begun."""

    def __init__(self) -> None:
        self.begun = 0
        super().__init__(on_window=self._begin)

    def _begin(self, _: int) -> None:
        self.begun += 1


@pytest.fixture
def in_background() -> Iterator[Callable[..., object]]:
    with ThreadPoolExecutor() as pool:
        yield pool.submit


def hear(shared: SharedEngine, priority: Priority, windows: object) -> list[Heard]:
    return list(shared.at(priority).transcribe(windows, SpeechOptions()))


def test_a_file_gets_no_window_while_somebody_waits(in_background):
    ears = Ears()
    shared = SharedEngine(ears, patience=LONG)
    request = shared.at(Priority.INTERACTIVE).transcribe([WINDOW, WINDOW], SpeechOptions())
    next(request)
    windows = Windows(3)
    file = in_background(hear, shared, Priority.FILE, windows)
    windows.read(1)
    assert ears.begun == 1
    next(request)
    assert not file.done()
    assert next(request, None) is None
    assert len(file.result(LONG)) == 3
    assert ears.begun == 5


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (Priority.LIVE_FINAL, Priority.LIVE_PARTIAL),
        (Priority.LIVE_PARTIAL, Priority.INTERACTIVE),
        (Priority.LIVE_FINAL, Priority.FILE),
    ],
)
def test_every_priority_goes_before_those_below(in_background, first, then):
    shared = SharedEngine(FakeEngine(), patience=LONG)
    urgent = shared.at(first).transcribe([WINDOW], SpeechOptions())
    next(urgent)
    windows = Windows(1)
    waiting = in_background(hear, shared, then, windows)
    windows.read(1)
    assert not waiting.done()
    urgent.close()
    assert len(waiting.result(LONG)) == 1


@pytest.mark.parametrize("other", [Priority.INTERACTIVE, Priority.FILE])
def test_nobody_waits_for_an_equal_or_for_those_below(other):
    shared = SharedEngine(FakeEngine(), patience=LONG)
    below = shared.at(other).transcribe([WINDOW], SpeechOptions())
    next(below)
    assert len(hear(shared, Priority.INTERACTIVE, [WINDOW, WINDOW])) == 2


def test_endless_requests_starve_no_file():
    shared = SharedEngine(FakeEngine(), patience=0.01)
    endless = shared.at(Priority.INTERACTIVE).transcribe([WINDOW], SpeechOptions())
    next(endless)
    assert len(hear(shared, Priority.FILE, [WINDOW] * 3)) == 3
    endless.close()


def test_finding_the_language_waits_as_well(in_background):
    shared = SharedEngine(FakeEngine(), patience=LONG)
    request = shared.at(Priority.INTERACTIVE).transcribe([WINDOW], SpeechOptions())
    next(request)
    asked = threading.Event()
    file = shared.at(Priority.FILE, while_waiting=asked.set)
    language = in_background(file.detect_language, WINDOW, SpeechOptions())
    assert asked.wait(LONG)
    assert not language.done()
    request.close()
    assert language.result(LONG).language == "en"


def test_a_call_that_was_never_begun_is_in_nobodys_way():
    shared = SharedEngine(FakeEngine(), patience=LONG)
    never = shared.at(Priority.LIVE_FINAL).transcribe([WINDOW], SpeechOptions())
    assert len(hear(shared, Priority.FILE, [WINDOW])) == 1
    del never


def _abandon(shared: SharedEngine) -> None:
    for _ in shared.at(Priority.INTERACTIVE).transcribe([WINDOW, WINDOW], SpeechOptions()):
        raise ZeroDivisionError


def _close(shared: SharedEngine) -> None:
    request = shared.at(Priority.INTERACTIVE).transcribe([WINDOW, WINDOW], SpeechOptions())
    next(request)
    request.close()


def _forget(shared: SharedEngine) -> None:
    next(shared.at(Priority.INTERACTIVE).transcribe([WINDOW, WINDOW], SpeechOptions()))


def _break(shared: SharedEngine) -> None:
    hear(shared, Priority.INTERACTIVE, (1 / 0 for _ in range(1)))


@pytest.mark.parametrize("end", [_abandon, _close, _forget, _break])
def test_however_a_call_ends_its_place_is_free_again(end):
    shared = SharedEngine(FakeEngine(), patience=LONG)
    with contextlib.suppress(ZeroDivisionError):
        end(shared)
    assert len(hear(shared, Priority.FILE, [WINDOW])) == 1


def test_a_call_that_waits_can_be_stopped():
    shared = SharedEngine(FakeEngine(), patience=LONG)
    request = shared.at(Priority.INTERACTIVE).transcribe([WINDOW], SpeechOptions())
    next(request)

    def stop() -> None:
        raise Cancelled("Somebody asked to stop.")

    with pytest.raises(Cancelled):
        list(shared.at(Priority.FILE, while_waiting=stop).transcribe([WINDOW], SpeechOptions()))
    request.close()


def test_it_looks_like_the_engine_and_only_its_owner_closes_it():
    engine = FakeEngine()
    shared = SharedEngine(engine)
    view = shared.at(Priority.FILE)
    assert (view.identity, view.capabilities) == (engine.identity, engine.capabilities)
    assert view.window(SpeechOptions()) == engine.window(SpeechOptions())
    view.close()
    assert not engine.closed
    shared.close()
    assert engine.closed


@pytest.mark.parametrize(
    ("priority", "device", "asked", "used"),
    [
        (Priority.INTERACTIVE, "cpu", None, 1),
        (Priority.INTERACTIVE, "cpu", 4, 4),
        (Priority.INTERACTIVE, "cuda", None, None),
        (Priority.FILE, "cpu", None, None),
    ],
)
def test_on_the_cpu_requests_are_decoded_a_window_at_a_time(priority, device, asked, used):
    engine = FakeEngine(
        capabilities=replace(CAPABILITIES, options=CAPABILITIES.options | {"batch_size"}, batch=True),
        identity=EngineIdentity("fake", "tones", device=device),
    )
    list(SharedEngine(engine).at(priority).transcribe([WINDOW], SpeechOptions(batch_size=asked)))
    assert [options.batch_size for options in engine.calls] == [used]


def test_whisper_decodes_sequentially_for_a_request_that_asks_for_it(tiny_model: Path):
    shared = SharedEngine(load(tiny_model, model="fixture", threads=1))
    options = SpeechOptions(language="en", decoding="sequential")
    list(shared.at(Priority.INTERACTIVE).transcribe([WINDOW], options))
    shared.close()
