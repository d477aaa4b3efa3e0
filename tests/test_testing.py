import wave

import numpy as np
import pytest

from auricle.audio.vad import VadOptions, speech_regions
from auricle.engines import SpeechOptions
from auricle.testing import PAUSE, VOCABULARY, FakeEngine, noise, say, silence, tone, write_wav

EVERYTHING = " ".join(VOCABULARY).capitalize() + "."


def heard(samples, **options):
    return " ".join(
        item.segment.text for item in FakeEngine().transcribe([samples], SpeechOptions(**options))
    )


@pytest.mark.parametrize("text", ["Alpha bravo. Charlie.", EVERYTHING, "Zulu zulu. Alpha. Zulu alpha."])
def test_what_is_said_is_heard(text):
    assert heard(say(text)) == text


def test_words_survive_a_file_and_a_noisy_line(tmp_path):
    file = write_wav(tmp_path / "speech.wav", say(EVERYTHING) + noise(len(say(EVERYTHING)) / 16_000, 0.003))
    with wave.open(str(file)) as recording:
        assert (recording.getframerate(), recording.getnchannels()) == (16_000, 1)
        samples = (
            np.frombuffer(recording.readframes(recording.getnframes()), "<i2").astype(np.float32) / 32768
        )
    assert heard(samples) == EVERYTHING


def test_channels_stay_apart_in_a_file(tmp_path):
    left, right = say("Alpha."), say("Bravo.")
    with wave.open(str(write_wav(tmp_path / "two.wav", left, right))) as recording:
        both = np.frombuffer(recording.readframes(recording.getnframes()), "<i2").astype(np.float32) / 32768
    assert heard(both[::2]) == "Alpha."
    assert heard(both[1::2]) == "Bravo."


@pytest.mark.parametrize(
    "sound", [silence(2), noise(2), tone(440, 2), tone(150, 2), tone(3000, 0.1), silence(0), silence(0.001)]
)
def test_what_is_no_speech_is_not_heard(sound):
    assert heard(sound) == ""


def test_quiet_words_are_less_certain():
    [loud], [quiet] = (
        list(FakeEngine().transcribe([say("Alpha.", loudness)], SpeechOptions())) for loudness in (0.4, 0.1)
    )
    assert loud.segment.confidence == pytest.approx(1, abs=0.02)
    assert quiet.segment.confidence == pytest.approx(0.25, abs=0.02)


def test_a_pause_is_as_long_as_promised():
    first, second = FakeEngine().transcribe([say("Alpha. Bravo.")], SpeechOptions())
    assert second.segment.start - first.segment.end == pytest.approx(PAUSE, abs=0.05)


def test_a_word_outside_the_vocabulary_cannot_be_said():
    with pytest.raises(ValueError, match="'hello' is not in the vocabulary: alpha bravo"):
        say("Hello.")


def test_a_test_may_fail_any_window():
    def fail_second(number):
        if number == 1:
            raise OSError("out of luck")

    windows = iter([say("Alpha."), say("Bravo."), say("Charlie.")])
    hearing = FakeEngine(on_window=fail_second).transcribe(windows, SpeechOptions())
    assert next(hearing).segment.text == "Alpha."
    with pytest.raises(OSError, match="out of luck"):
        next(hearing)


def test_the_options_of_each_call_are_kept():
    engine = FakeEngine()
    list(engine.transcribe([], SpeechOptions(language="de")))
    assert [options.language for options in engine.calls] == ["de"]


def test_speech_detection_takes_every_word_for_speech():
    text = "Alpha. Zulu kilo. " + EVERYTHING
    samples = say(text)
    regions = list(speech_regions([(samples * 32767).astype(np.int16)], VadOptions()))
    assert len(regions) == 3
    assert " ".join(heard(samples[region.start : region.stop]) for region in regions) == text
