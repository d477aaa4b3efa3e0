"""Which language a recording is in: with the tiny model on speech, and with a double where nobody speaks."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from auricle.engines import Engine
from auricle.engines.faster_whisper import load
from auricle.errors import AudioError, Cancelled, UnsupportedOption
from auricle.pipeline import PrepareOptions, Progress
from auricle.pipeline.detection import spoken_language
from auricle.testing import CAPABILITIES, FakeEngine, silence, write_wav


@pytest.fixture(scope="module")
def whisper(tiny_model: Path) -> Iterator[Engine]:
    engine = load(tiny_model, model="tiny-fixture", revision="1", threads=2)
    yield engine
    engine.close()


@pytest.mark.parametrize(
    ("name", "language"), [("de_02", "de"), ("en_04", "en"), ("english_then_german", "en")]
)
def test_it_is_that_of_the_first_speech(
    name: str, language: str, speech: Path, whisper: Engine, tmp_path: Path
) -> None:
    guess = spoken_language(speech / f"{name}.flac", whisper, PrepareOptions(), folder=tmp_path)
    assert guess is not None
    assert guess.language == language
    assert guess.probability is not None
    assert 0.5 < guess.probability <= 1


def test_where_nobody_speaks_there_is_none(tmp_path: Path) -> None:
    quiet = write_wav(tmp_path / "quiet.wav", silence(3.0))
    assert spoken_language(quiet, FakeEngine(), PrepareOptions(), folder=tmp_path) is None


def test_an_engine_that_cannot_tell_is_not_asked(speech: Path, tmp_path: Path) -> None:
    engine = FakeEngine(capabilities=replace(CAPABILITIES, language_detection=False))
    with pytest.raises(UnsupportedOption, match="cannot tell languages apart"):
        spoken_language(speech / "de_00.flac", engine, PrepareOptions(), folder=tmp_path)


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.wav"
    text.write_text("no sound at all\n" * 100)
    with pytest.raises(AudioError):
        spoken_language(text, FakeEngine(), PrepareOptions(), folder=tmp_path)


def test_it_can_be_stopped(speech: Path, tmp_path: Path) -> None:
    def stop(_: Progress) -> None:
        raise Cancelled("Nobody waits any more.")

    with pytest.raises(Cancelled):
        spoken_language(speech / "long_en.flac", FakeEngine(), PrepareOptions(), folder=tmp_path, report=stop)
