"""What every speech engine promises, whichever it is."""

import importlib
import lzma
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

import av
import numpy as np
import pytest

from auricle.engines import (
    Capabilities,
    Engine,
    Heard,
    Samples,
    SpeechOptions,
    check_options,
    faster_whisper,
    openai_api,
    openai_whisper,
    pocketsphinx,
)
from auricle.engines.options import PIPELINE_OPTIONS
from auricle.errors import UnsupportedOption
from auricle.testing import CAPABILITIES, FakeEngine, say, silence
from fake_speech_server import SpeechServer

FIXTURES = Path(__file__).parents[1] / "fixtures"

#: Options that are no choice of the engine's: the pipeline's own, and what `capabilities` says elsewhere.
_ELSEWHERE = {"language", "task"} | PIPELINE_OPTIONS


@dataclass(frozen=True)
class Subject:
    """An engine under test, a sentence it understands, and a word of it."""

    engine: Engine
    module: Capabilities
    sentence: Samples
    word: str


def speech(name: str) -> Samples:
    with av.open(str(FIXTURES / "speech" / f"{name}.flac")) as container:
        frames = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    return np.concatenate(frames).astype(np.float32) / 32768


def _fake(folder: Path) -> Iterator[Subject]:
    yield Subject(FakeEngine(), CAPABILITIES, say("Alpha bravo."), "bravo")


def _pocketsphinx(folder: Path) -> Iterator[Subject]:
    yield Subject(pocketsphinx.load(), pocketsphinx.CAPABILITIES, speech("en_09"), "garden")


def _faster_whisper(folder: Path) -> Iterator[Subject]:
    model = FIXTURES / "whisper-fixture-ct2"
    engine = faster_whisper.load(model, model="fixture", threads=1)
    yield Subject(engine, faster_whisper.CAPABILITIES, speech("en_09"), "garden")


def _openai_whisper(folder: Path) -> Iterator[Subject]:
    pytest.importorskip("whisper", reason="needs the extra openai-whisper (make test-torch)")
    model = folder / "whisper-fixture.pt"
    model.write_bytes(lzma.decompress((FIXTURES / "whisper-fixture.pt.xz").read_bytes()))
    yield Subject(openai_whisper.load(str(model)), openai_whisper.CAPABILITIES, speech("en_09"), "garden")


def _openai_api(folder: Path) -> Iterator[Subject]:
    server = SpeechServer()
    engine = openai_api.load(server.url, "whisper-1", key="sk-1")
    yield Subject(engine, openai_api.CAPABILITIES, say("Alpha bravo."), "bravo")
    server.close()


_SUBJECTS: dict[str, Callable[[Path], Iterator[Subject]]] = {
    "fake": _fake,
    "faster-whisper": _faster_whisper,
    "openai-api": _openai_api,
    "openai-whisper": _openai_whisper,
    "pocketsphinx": _pocketsphinx,
}


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(
            name,
            marks=[
                pytest.mark.torch,
                # openai-whisper leaves its vocabulary file to the garbage collector.
                pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
            ]
            if name == "openai-whisper"
            else [],
        )
        for name in _SUBJECTS
    ],
)
def subject(request, tmp_path_factory) -> Iterator[Subject]:
    making = _SUBJECTS[request.param](tmp_path_factory.mktemp(request.param))
    subject = next(making)
    assert subject.engine.identity.name == request.param
    yield subject
    subject.engine.close()
    assert next(making, None) is None


def hear(subject: Subject, *windows: Samples, **options: object) -> list[Heard]:
    """Segments with text; an engine may also say of a window that it holds no speech, with empty text."""
    heard = subject.engine.transcribe(windows, replace(SpeechOptions(), **options))
    return [item for item in heard if item.segment.text]


def test_it_says_which_model_runs_on_which_device(subject):
    assert subject.engine.identity.model
    assert subject.engine.identity.device


def test_what_it_can_do_is_known_before_it_is_loaded(subject):
    loaded = subject.engine.capabilities
    assert loaded.options <= subject.module.options
    assert loaded.languages <= subject.module.languages


def test_every_option_it_names_exists(subject):
    known = {field.name for field in fields(SpeechOptions)} - _ELSEWHERE
    assert subject.engine.capabilities.options <= known


def test_what_it_can_do_and_which_options_it_takes_agree(subject):
    can = subject.engine.capabilities
    assert can.word_times == ("word_times" in can.options)
    assert can.prompt == ("prompt" in can.options)
    assert can.hotwords == ("hotwords" in can.options)


def test_it_names_its_longest_window(subject):
    assert subject.engine.window(SpeechOptions()) == subject.engine.capabilities.window


def test_a_sentence_is_heard(subject):
    [heard, *_] = hear(subject, subject.sentence)
    assert heard.window == 0
    assert subject.word in heard.segment.text


def test_times_and_probabilities_are_in_order_and_in_bounds(subject):
    window = np.concatenate([subject.sentence, silence(1.2), subject.sentence])
    heard = hear(subject, window)
    duration = len(window) / 16_000
    starts = [item.segment.start for item in heard]
    assert starts == sorted(starts)
    for segment in (item.segment for item in heard):
        assert 0 <= segment.start <= segment.end <= duration
        assert segment.text == segment.text.strip() != ""
        assert segment.confidence is None or 0 <= segment.confidence <= 1
        assert segment.no_speech_probability is None or 0 <= segment.no_speech_probability <= 1
        assert segment.words
        times = [time for word in segment.words for time in (word.start, word.end)]
        assert times == sorted(times)
        assert segment.start <= times[0]
        assert times[-1] <= segment.end
        assert all(word.text == word.text.strip() != "" for word in segment.words)
        assert all(word.confidence is None or 0 <= word.confidence <= 1 for word in segment.words)


def test_windows_come_back_in_order_and_by_number(subject):
    heard = hear(subject, subject.sentence, silence(2), subject.sentence, subject.sentence)
    windows = [item.window for item in heard]
    assert windows == sorted(windows)
    assert set(windows) == {0, 2, 3}


def test_the_same_window_sounds_the_same_each_time(subject):
    first, second = (hear(subject, subject.sentence) for _ in range(2))
    assert first == second


def test_no_words_where_none_are_wanted(subject):
    heard = hear(subject, subject.sentence, word_times=False)
    assert subject.word in heard[0].segment.text
    assert all(item.segment.words == () for item in heard)


def test_no_window_nothing_and_a_millisecond_give_no_segment(subject):
    assert hear(subject) == []
    assert hear(subject, silence(0), silence(0.001)) == []


def test_no_window_is_read_before_the_first_segment_is_wanted(subject):
    read: list[int] = []

    def windows() -> Iterator[Samples]:
        for number in range(100):
            read.append(number)
            yield subject.sentence

    heard = subject.engine.transcribe(windows(), SpeechOptions())
    assert read == []
    next(heard)
    ahead = len(read)
    heard.close()
    assert ahead < 50
    assert len(read) <= ahead + 1


def test_an_error_of_the_recording_reaches_the_caller(subject):
    def windows() -> Iterator[Samples]:
        yield subject.sentence
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(subject.engine.transcribe(windows(), SpeechOptions()))


def test_the_language_is_told_or_refused_as_announced(subject):
    def ask() -> str:
        return subject.engine.detect_language(subject.sentence, SpeechOptions()).language

    if subject.engine.capabilities.language_detection:
        assert ask() == "en"
    else:
        with pytest.raises(UnsupportedOption):
            ask()


def test_a_language_it_lacks_is_refused_with_its_name(subject):
    with pytest.raises(UnsupportedOption, match=subject.engine.identity.name):
        check_options(
            subject.engine.identity.name,
            subject.engine.capabilities,
            SpeechOptions(language="tlh"),
            {},
        )


def test_an_engine_that_is_not_installed_costs_no_import():
    for name in ("faster_whisper", "openai_api", "openai_whisper", "pocketsphinx"):
        module = importlib.import_module(f"auricle.engines.{name}")
        assert isinstance(module.CAPABILITIES, Capabilities)
        assert name.replace("_", "-") == module.NAME
