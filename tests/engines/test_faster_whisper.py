"""The default engine, with a real model: every option has its effect or is refused."""

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import ctranslate2
import jiwer
import numpy as np
import pytest

from auricle.audio.parts import Stretch, pack_windows
from auricle.audio.vad import Region, speech_regions
from auricle.engines import Heard, Samples, SpeechOptions, check_options
from auricle.engines.faster_whisper import CAPABILITIES, FasterWhisper, load
from auricle.engines.options import PIPELINE_OPTIONS
from auricle.engines.registry import CAPABILITIES as ALL
from auricle.errors import AuricleError, InvalidOption, ModelUnavailable, UnsupportedOption

RATE = 16_000


@pytest.fixture(scope="module")
def engine(tiny_model: Path) -> Iterator[FasterWhisper]:
    engine = load(tiny_model, model="tiny-fixture", revision="1", threads=2)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def hard(speech: Path) -> Samples:
    """50 seconds of speech in noise, where the decoder has to search."""
    clean = read(speech / "long_en.flac")[: RATE * 50]
    noise = np.random.default_rng(0).standard_normal(len(clean)).astype(np.float32)
    return np.asarray(clean + noise * np.float32(0.02), np.float32)


def read(path: Path) -> Samples:
    import av

    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.float32) / 32768


def hear(engine: FasterWhisper, samples: Samples, **options: Any) -> list[Heard]:
    """What the engine hears with these options; sampling starts from the same seed every time."""
    ctranslate2.set_random_seed(1)
    speech = SpeechOptions(**({"language": "en"} | options))
    longest = engine.window(speech)
    length = len(samples) if longest is None else 25 * RATE
    windows = [samples[i : i + length] for i in range(0, len(samples), length)]
    return list(engine.transcribe(windows, speech))


def text(heard: list[Heard]) -> str:
    return " ".join(one.segment.text for one in heard)


def confidence(heard: list[Heard]) -> float:
    return float(np.mean([one.segment.confidence or 0.0 for one in heard]))


def words_of(sentence: str) -> list[str]:
    return re.findall(r"\w+", sentence.lower())


Proof = Callable[[list[Heard], list[Heard]], bool]


def changed(before: list[Heard], after: list[Heard]) -> bool:
    return before != after


#: For every option a value and what it must do to what was heard on the same path without it.
EFFECTS: dict[str, tuple[dict[str, Any], Proof]] = {
    "beam_size": ({"beam_size": 1}, changed),
    "compression_ratio_threshold": ({"compression_ratio_threshold": 0.1}, changed),
    "condition_on_previous_text": ({"condition_on_previous_text": True}, changed),
    "hallucination_silence_threshold": ({"hallucination_silence_threshold": 0.1}, changed),
    "hotwords": ({"hotwords": "Maria Peter"}, changed),
    "language": ({"language": "de"}, changed),
    "log_prob_threshold": ({"log_prob_threshold": 0.0}, changed),
    "max_initial_timestamp": (
        {"max_initial_timestamp": 0.0, "word_times": False},
        lambda _, after: after[0].segment.start == 0.0,
    ),
    "max_new_tokens": (
        {"max_new_tokens": 12},
        lambda before, after: len(text(after)) < len(text(before)) / 3,
    ),
    "no_repeat_ngram_size": ({"no_repeat_ngram_size": 2}, changed),
    "no_speech_threshold": (
        {"no_speech_threshold": 0.0, "log_prob_threshold": 0.0},
        lambda _, after: after == [],
    ),
    "prefix": ({"prefix": "Hello"}, lambda _, after: text(after).startswith("Hello")),
    "prompt": ({"prompt": "Anna and David meet."}, changed),
    "repetition_penalty": ({"repetition_penalty": 1.5}, changed),
    "suppress_tokens": (
        {"suppress_tokens": (-1, 3986)},
        lambda before, after: "agree" in words_of(text(before)) and "agree" not in words_of(text(after)),
    ),
    "task": ({"task": "translate"}, changed),
    "temperatures": ({"temperatures": (1.0,)}, lambda before, after: confidence(after) < confidence(before)),
    "word_times": ({"word_times": False}, lambda _, after: all(not one.segment.words for one in after)),
}
#: Options whose effect needs a comparison or a recording of its own: each has its test below.
PROVED_BELOW = {
    "batch_size",
    "best_of",
    "decoding",
    "language_detection_segments",
    "language_detection_threshold",
    "length_penalty",
    "multilingual",
    "patience",
    "prompt_reset_on_temperature",
    "suppress_blank",
}


def test_every_option_is_proved_to_have_an_effect() -> None:
    assert set(EFFECTS) | PROVED_BELOW | PIPELINE_OPTIONS == {field.name for field in fields(SpeechOptions)}


@pytest.mark.parametrize("option", sorted(EFFECTS))
def test_an_option_changes_what_is_heard(engine: FasterWhisper, hard: Samples, option: str) -> None:
    given, proof = EFFECTS[option]
    sequential = engine.window(SpeechOptions(**given)) is None
    before = hear(engine, hard, decoding="sequential" if sequential else "batched")
    assert proof(before, hear(engine, hard, **given))


def test_more_candidates_find_more_probable_text(engine: FasterWhisper, hard: Samples) -> None:
    one = hear(engine, hard, temperatures=(1.0,), best_of=1)
    eight = hear(engine, hard, temperatures=(1.0,), best_of=8)
    assert confidence(eight) > confidence(one)


def test_above_the_reset_temperature_the_text_before_is_not_shown(
    engine: FasterWhisper, hard: Samples
) -> None:
    shown = {"condition_on_previous_text": True, "temperatures": (0.2,)}
    kept = hear(engine, hard, **shown, prompt_reset_on_temperature=0.9)
    dropped = hear(engine, hard, **shown, prompt_reset_on_temperature=0.0)
    assert kept != dropped


@pytest.mark.parametrize(
    ("option", "value"), [("patience", 4.0), ("length_penalty", 0.2), ("suppress_blank", False)]
)
@pytest.mark.parametrize("decoding", ["batched", "sequential"])
def test_search_options_reach_the_decoder(
    tiny_model: Path, hard: Samples, option: str, value: float | bool, decoding: str
) -> None:
    engine = load(tiny_model, model="tiny-fixture", threads=2)
    engine._model.model = spy = DecoderSpy(engine._model.model)
    hear(engine, hard[: RATE * 5], decoding=decoding, **{option: value})
    assert [call[option] for call in spy.calls] == [value] * len(spy.calls)
    assert spy.calls


class DecoderSpy:
    """CTranslate2's decoder, with a note of what it was asked."""

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder
        self.calls: list[dict[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._decoder, name)

    def generate(self, *arguments: Any, **options: Any) -> Any:
        self.calls.append(options)
        return self._decoder.generate(*arguments, **options)


def test_windows_that_see_the_text_before_come_as_one_piece_of_any_length(engine: FasterWhisper) -> None:
    assert engine.window(SpeechOptions(condition_on_previous_text=True)) is None
    assert engine.window(SpeechOptions(decoding="sequential")) == 30.0
    assert engine.window(SpeechOptions(decoding="batched")) == 30.0


def test_prefix_and_prompt_reach_every_window_of_the_sequential_path(
    engine: FasterWhisper, hard: Samples
) -> None:
    heard = hear(engine, hard, prefix="Hello")
    first_of_window = {one.window: one.segment.text for one in reversed(heard)}
    assert len(first_of_window) == 2
    assert all(text.startswith("Hello") for text in first_of_window.values())


def test_batch_size_says_how_many_windows_are_decoded_side_by_side(tiny_model: Path, hard: Samples) -> None:
    engine = load(tiny_model, model="tiny-fixture", threads=2)
    engine._model.model = spy = WindowSpy(engine._model.model)
    windows = [hard[: RATE * 3]] * 24
    list(engine.transcribe(windows, SpeechOptions(language="en", batch_size=2)))
    assert max(spy.sizes) == 2
    assert sum(spy.sizes) == 24


class WindowSpy(DecoderSpy):
    """Notes how many windows each call decodes."""

    @property
    def sizes(self) -> list[int]:
        return [call["windows"] for call in self.calls]

    def generate(self, features: Any, prompts: Any, **options: Any) -> Any:
        self.calls.append({"windows": len(prompts)})
        return self._decoder.generate(features, prompts, **options)


def test_windows_in_two_languages_are_each_heard_in_their_own(engine: FasterWhisper, speech: Path) -> None:
    windows = [read(speech / "en_00.flac"), read(speech / "de_01.flac")]
    heard = list(engine.transcribe(windows, SpeechOptions(multilingual=True)))
    german = text([one for one in heard if one.window == 1])
    truth = " ".join(one["text"] for one in json.loads((speech / "de_01.json").read_text())["segments"])
    assert jiwer.wer(" ".join(words_of(truth)), " ".join(words_of(german))) < 0.2


def test_the_language_is_detected(engine: FasterWhisper, speech: Path) -> None:
    english = engine.detect_language(read(speech / "en_00.flac"), SpeechOptions())
    german = engine.detect_language(read(speech / "de_01.flac"), SpeechOptions())
    assert (english.language, german.language) == ("en", "de")
    assert 0.5 < (german.probability or 0) <= 1.0


def test_more_detection_windows_and_a_higher_threshold_hear_more_of_the_recording(
    engine: FasterWhisper, speech: Path
) -> None:
    english = np.resize(read(speech / "en_00.flac"), 30 * RATE)
    german = np.resize(read(speech / "de_01.flac"), 60 * RATE)
    mixed = np.concatenate([english, german])
    assert engine.detect_language(mixed, SpeechOptions()).language == "en"
    all_three = SpeechOptions(language_detection_segments=3, language_detection_threshold=1.0)
    assert engine.detect_language(mixed, all_three).language == "de"
    hasty = SpeechOptions(language_detection_segments=3, language_detection_threshold=0.1)
    assert engine.detect_language(mixed, hasty).language == "en"


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"decoding": "batched", "prefix": "Hello"}, "prefix"),
        ({"decoding": "sequential", "batch_size": 4}, "batch_size"),
        ({"hotwords": "Anna", "prefix": "Hello"}, "hotwords"),
        ({"hallucination_silence_threshold": 2.0, "word_times": False}, "hallucination_silence_threshold"),
        ({"prompt_reset_on_temperature": 0.5}, "prompt_reset_on_temperature"),
        ({"prefix": "Hello", "condition_on_previous_text": True}, "prefix"),
        ({"patience": 2.0, "beam_size": 1}, "patience"),
        ({"language": "en", "multilingual": True}, "multilingual"),
        ({"language": "en", "language_detection_segments": 3}, "language_detection_segments"),
    ],
)
def test_options_that_would_have_no_effect_together_are_refused(
    engine: FasterWhisper, options: dict[str, Any], names: str
) -> None:
    with pytest.raises((InvalidOption, UnsupportedOption), match=names):
        engine.window(SpeechOptions(**options))


def test_an_english_model_refuses_other_languages_and_names_engines_that_can() -> None:
    from auricle.engines.faster_whisper import _ENGLISH_ONLY

    with pytest.raises(UnsupportedOption, match=r"cannot honour language = de.*faster-whisper"):
        check_options("faster-whisper", _ENGLISH_ONLY, SpeechOptions(language="de"), ALL)
    with pytest.raises(UnsupportedOption, match="translate"):
        check_options("faster-whisper", _ENGLISH_ONLY, SpeechOptions(task="translate"), ALL)


@pytest.mark.parametrize("model", ["large-v3-turbo", "distil-whisper/distil-large-v3.5-ct2"])
def test_models_that_never_learned_to_translate_refuse_it(tiny_model: Path, model: str) -> None:
    engine = load(tiny_model, model=model, threads=1)
    who = engine.identity
    with pytest.raises(UnsupportedOption, match=rf"{model} cannot honour task.*with another model"):
        check_options(who.name, engine.capabilities, SpeechOptions(task="translate"), ALL, model=who.model)


def test_a_prompt_that_leaves_no_room_is_refused_in_plain_words(engine: FasterWhisper, hard: Samples) -> None:
    with pytest.raises(InvalidOption, match="max_length"):
        hear(engine, hard[: RATE * 5], prompt="the meeting " * 300, max_new_tokens=440)


def test_segment_and_word_times_lie_in_the_window(engine: FasterWhisper, hard: Samples) -> None:
    for _, segment in hear(engine, hard):
        assert 0.0 <= segment.start <= segment.end <= 30.0
        assert all(0.0 <= word.start <= word.end <= 30.0 for word in segment.words)
        assert " ".join(word.text for word in segment.words) == segment.text


@pytest.mark.parametrize("decoding", ["batched", "sequential"])
def test_the_same_call_gives_the_same_answer(engine: FasterWhisper, hard: Samples, decoding: str) -> None:
    assert hear(engine, hard, decoding=decoding) == hear(engine, hard, decoding=decoding)


def test_nothing_is_read_before_it_is_needed_and_closing_stops_the_work(
    engine: FasterWhisper, hard: Samples
) -> None:
    handed = 0

    def windows() -> Iterator[Samples]:
        nonlocal handed
        for _ in range(200):
            handed += 1
            yield hard[: RATE * 3]

    heard = engine.transcribe(windows(), SpeechOptions(language="en"))
    next(heard)
    heard.close()  # type: ignore[attr-defined]  # the port promises an iterator; ours is a generator
    assert handed < 40


def test_empty_audio_gives_nothing(engine: FasterWhisper) -> None:
    assert list(engine.transcribe([], SpeechOptions(language="en"))) == []
    silence = [np.zeros(RATE, np.float32)]
    assert list(engine.transcribe(silence, SpeechOptions(language="en"))) == []


def test_it_hears_as_well_as_the_library_alone(engine: FasterWhisper, speech: Path) -> None:
    from faster_whisper import BatchedInferencePipeline

    path = speech / "long_en.flac"
    samples = read(path)
    pcm = (samples * 32767).astype(np.int16)
    regions = [Region(max(0, one.start - 6400), one.stop + 6400) for one in speech_regions([pcm])]
    assert regions
    windows = [
        np.concatenate([samples[span.start : span.stop] for span in window.spans])
        for window in pack_windows([Stretch(*one) for one in _apart(regions)], 30.0)
    ]
    ours = text(list(engine.transcribe(windows, SpeechOptions(language="en"))))
    theirs, _ = BatchedInferencePipeline(engine._model).transcribe(
        str(path), language="en", without_timestamps=False, word_timestamps=True
    )
    said = " ".join(one["text"] for one in json.loads(path.with_suffix(".json").read_text())["segments"])
    truth = " ".join(words_of(said))
    library = jiwer.wer(truth, " ".join(words_of(" ".join(one.text for one in theirs))))
    assert jiwer.wer(truth, " ".join(words_of(ours))) <= library + 0.02
    assert math.isfinite(library)


def _apart(regions: list[Region]) -> list[Region]:
    """Padded regions that do not overlap."""
    apart: list[Region] = []
    for region in regions:
        apart.append(Region(max(region.start, apart[-1].stop if apart else 0), region.stop))
    return apart


def test_a_folder_that_holds_no_model_is_explained(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"not a model")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        load(tmp_path, model="broken")


def test_capabilities_name_only_fields_that_exist() -> None:
    assert {field.name for field in fields(SpeechOptions)} >= CAPABILITIES.options


def test_a_wrong_value_names_the_option_and_its_bounds() -> None:
    with pytest.raises(AuricleError, match=r"beam_size is 0.*between 1 and 32"):
        SpeechOptions(beam_size=0)
