import threading
from pathlib import Path

import av
import numpy as np
import pytest

from auricle.engines import Heard, Samples, SpeechOptions
from auricle.engines.pocketsphinx import PocketSphinx, load
from auricle.errors import UnsupportedOption
from auricle.testing import silence

SPEECH = Path(__file__).parents[1] / "fixtures" / "speech"
SHARED = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="module")
def engine() -> PocketSphinx:
    return load()


def speech(name: str) -> Samples:
    with av.open(str(SPEECH / f"{name}.flac")) as container:
        frames = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    return np.concatenate(frames).astype(np.float32) / 32768


def hear(engine: PocketSphinx, *windows: Samples, **options: bool) -> list[Heard]:
    return list(engine.transcribe(windows, SpeechOptions(**options)))


def test_a_clear_sentence_is_heard(engine):
    [heard] = hear(engine, speech("en_09"))
    assert heard.segment.text == "david is in the garden"


def test_words_have_times_and_probabilities_and_nothing_else_is_a_word(engine):
    [heard] = hear(engine, speech("en_06"))
    assert [word.text for word in heard.segment.words] == heard.segment.text.split()
    assert "(" not in heard.segment.text
    assert "<" not in heard.segment.text
    ends = [time for word in heard.segment.words for time in (word.start, word.end)]
    assert ends == sorted(ends)
    assert (heard.segment.start, heard.segment.end) == (ends[0], ends[-1])
    assert all(0 <= word.confidence <= 1 for word in heard.segment.words)


def test_a_human_voice_is_heard_at_the_right_time(engine):
    file = SHARED / "cmusphinx-pocketsphinx" / "goforward.raw"
    if not file.exists():
        pytest.skip(f"needs the shared recordings in {SHARED}")
    [heard] = hear(engine, np.fromfile(file, "<i2").astype(np.float32) / 32768)
    assert heard.segment.text == "go forward ten meters"
    assert heard.segment.start == pytest.approx(0.46, abs=0.1)
    assert heard.segment.end == pytest.approx(2.12, abs=0.1)


def test_a_pause_starts_a_new_segment(engine):
    sentence = speech("en_09")
    first, second = hear(engine, np.concatenate([sentence, silence(1.0), sentence]))
    assert first.segment.end < second.segment.start - 0.5


def test_words_are_left_out_when_they_are_not_wanted(engine):
    [heard] = hear(engine, speech("en_09"), word_times=False)
    assert heard.segment.words == ()
    assert heard.segment.text


def test_a_window_sounds_the_same_whatever_came_before(engine):
    alone = hear(load(), speech("en_09"))
    after = hear(engine, speech("en_03"), speech("en_09"))
    assert [heard.segment for heard in after if heard.window == 1] == [heard.segment for heard in alone]


def test_silence_and_empty_windows_give_no_words(engine):
    assert hear(engine, silence(3), silence(0), silence(0.0001)) == []


def test_samples_beyond_full_scale_are_clipped_not_wrapped(engine):
    assert hear(engine, np.clip(speech("en_09") * 40, -1, 1)) == hear(engine, speech("en_09") * 40)


def test_threads_may_share_it(engine):
    expected = hear(engine, speech("en_09"))
    results: list[list[Heard]] = []

    def listen() -> None:
        results.append(hear(engine, speech("en_09")))

    threads = [threading.Thread(target=listen) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 4


def test_every_transcript_of_it_carries_a_warning(engine):
    assert "PocketSphinx" in engine.identity.warnings[0]


def test_it_does_not_pretend_to_tell_languages_apart(engine):
    with pytest.raises(UnsupportedOption, match="English only"):
        engine.detect_language(silence(1), SpeechOptions())
