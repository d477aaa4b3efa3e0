"""The tiny Whisper model of the fixtures, decoded by OpenAI's own package."""

import json
import lzma
import socket
from pathlib import Path

import av
import numpy as np
import pytest

from auricle.engines import Samples, SpeechOptions
from auricle.errors import EngineFailed, InvalidOption, ModelUnavailable, UnknownModel
from auricle.testing import noise, silence

pytest.importorskip("whisper", reason="needs the extra openai-whisper (make test-torch)")

from auricle.engines.openai_whisper import OpenAIWhisper, load

pytestmark = [
    pytest.mark.torch,
    # openai-whisper leaves its vocabulary file to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

FIXTURES = Path(__file__).parents[1] / "fixtures"


def speech(name: str) -> Samples:
    with av.open(str(FIXTURES / "speech" / f"{name}.flac")) as container:
        frames = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    return np.concatenate(frames).astype(np.float32) / 32768


def truth(name: str) -> list[dict]:
    return json.loads((FIXTURES / "speech" / f"{name}.json").read_text())["segments"]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("models") / "whisper-fixture.pt"
    file.write_bytes(lzma.decompress((FIXTURES / "whisper-fixture.pt.xz").read_bytes()))
    return file


@pytest.fixture(scope="module")
def engine(checkpoint) -> OpenAIWhisper:
    return load(str(checkpoint))


def text(engine: OpenAIWhisper, *windows: Samples, **options) -> str:
    return " ".join(heard.segment.text for heard in engine.transcribe(windows, SpeechOptions(**options)))


def test_a_sentence_is_heard_with_the_times_of_its_words(engine):
    [heard] = engine.transcribe([speech("en_00")], SpeechOptions())
    [sentence] = truth("en_00")
    assert heard.segment.text == sentence["text"]
    assert [word.text for word in heard.segment.words] == [word for word, _, _ in sentence["words"]]
    for word, (_, _, end) in zip(heard.segment.words, sentence["words"], strict=True):
        assert word.end == pytest.approx(end, abs=0.4)
        assert 0 <= word.confidence <= 1


def test_the_identity_says_what_really_runs(engine):
    assert engine.identity.name == "openai-whisper"
    assert engine.identity.model == "whisper-fixture"
    assert engine.identity.device == "cpu"
    assert engine.identity.compute_type == "float32"
    assert len(engine.identity.revision) == 12


def test_a_window_longer_than_half_a_minute_is_heard_to_its_end(engine):
    long = speech("long_en")[: 45 * 16_000]
    heard = list(engine.transcribe([long], SpeechOptions()))
    assert heard[-1].segment.end > 38
    starts = [item.segment.start for item in heard]
    assert starts == sorted(starts)


def test_no_time_lies_behind_the_end_of_the_window(engine):
    window = speech("en_00")[: int(1.9 * 16_000)]
    for heard in engine.transcribe([window], SpeechOptions()):
        assert heard.segment.end <= 1.9
        assert all(word.end <= 1.9 for word in heard.segment.words)


def test_silence_and_noise_give_no_text(engine):
    assert text(engine, silence(30), noise(10, 0.05), silence(0), language="en") == ""


def test_languages_are_told_apart(engine):
    language, probability = engine.detect_language(speech("de_01"), SpeechOptions())
    assert language == "de"
    assert 0.5 < probability <= 1
    assert engine.detect_language(speech("en_01"), SpeechOptions()).language == "en"


def test_words_are_left_out_when_they_are_not_wanted(engine):
    [heard] = engine.transcribe([speech("en_00")], SpeechOptions(word_times=False))
    assert heard.segment.words == ()


@pytest.mark.parametrize(
    "options",
    [
        {"beam_size": 5, "patience": 2.0},
        {"beam_size": 3, "length_penalty": 0.5},
        {"temperatures": (0.0, 0.4), "best_of": 2},
        {"condition_on_previous_text": True},
        {"compression_ratio_threshold": 2.0, "log_prob_threshold": -0.9, "no_speech_threshold": 0.7},
        {"max_initial_timestamp": 0.5},
        {"hallucination_silence_threshold": 2.0},
        {"suppress_blank": False, "suppress_tokens": (-1,)},
        {"decoding": "sequential"},
    ],
)
def test_options_of_the_search_are_taken(engine, options):
    assert "tango" in text(engine, speech("en_00"), language="en", **options)


def test_fewer_tokens_make_less_text(engine):
    first = next(engine.transcribe([speech("en_00")], SpeechOptions(max_new_tokens=3)))
    assert len(first.segment.words) <= 3


def test_a_suppressed_token_is_not_said(engine):
    import whisper.tokenizer

    tokens = whisper.tokenizer.get_tokenizer(multilingual=True, language="en", task="transcribe")
    [tango, *_] = tokens.encode(" tango")
    said = text(engine, speech("en_00"), language="en", suppress_tokens=(-1, tango))
    assert "tango" not in said


def test_a_prompt_reaches_every_window_of_half_a_minute(engine):
    window = speech("long_en")[: 45 * 16_000]
    plain = list(engine.transcribe([window], SpeechOptions(language="en")))
    prompted = list(
        engine.transcribe([window], SpeechOptions(language="en", prompt="Send the budget report."))
    )
    for half in (lambda s: s.end < 25, lambda s: s.start > 30):
        confidences = [
            [item.segment.confidence for item in run if half(item.segment)] for run in (plain, prompted)
        ]
        assert confidences[0] != confidences[1]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"decoding": "batched"}, "decoding"),
        ({"best_of": 3, "temperatures": (0.0,)}, "best_of"),
        ({"beam_size": 3, "temperatures": (0.5,)}, "beam_size"),
        ({"patience": 2.0}, "patience"),
        ({"length_penalty": 0.5, "temperatures": (0.0,)}, "length_penalty"),
        ({"hallucination_silence_threshold": 1.0, "word_times": False}, "hallucination_silence_threshold"),
        ({"max_new_tokens": 400}, "max_new_tokens"),
    ],
)
def test_options_without_effect_are_refused_at_once(engine, options, named):
    with pytest.raises(InvalidOption, match=named):
        engine.window(SpeechOptions(**options))


def test_a_value_openai_whisper_refuses_is_an_invalid_option(engine):
    with pytest.raises(InvalidOption, match="length_penalty"):
        text(engine, speech("en_00"), beam_size=2, length_penalty=5.0)


def test_windows_are_read_one_at_a_time(engine):
    def windows():
        yield speech("en_00")
        raise EngineFailed("read too early")

    heard = engine.transcribe(windows(), SpeechOptions())
    assert "tango" in next(heard).segment.text


def test_an_unknown_model_is_named_with_the_known_ones():
    with pytest.raises(UnknownModel, match=r"'nonsense'.*large-v3-turbo"):
        load("nonsense")


def test_offline_a_missing_model_is_no_network_call(tmp_path, monkeypatch):
    def forbidden(*arguments, **options):
        raise AssertionError("a network call")

    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    with pytest.raises(ModelUnavailable, match=r"missing.*AURICLE_OFFLINE.*tiny\.pt"):
        load("tiny", models_dir=tmp_path, offline=True)


def test_a_file_that_is_no_model_is_named(tmp_path):
    (tmp_path / "notes.pt").write_text("no model")
    with pytest.raises(ModelUnavailable, match=r"notes\.pt cannot be loaded"):
        load(str(tmp_path / "notes.pt"))


def test_a_gpu_that_is_not_there_becomes_the_cpu_with_a_warning(checkpoint):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    identity = load(str(checkpoint), device="cuda").identity
    assert identity.device == "cpu"
    assert "CPU" in identity.warnings[0]
