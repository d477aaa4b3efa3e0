"""What may be asked of a job."""

from typing import Any

import pytest

from auricle.engines import SpeechOptions
from auricle.errors import InvalidOption, UnsupportedOption
from auricle.jobs.options import JobOptions, engine_settings, options_from, preparation, read_options
from auricle.settings import Settings


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"language": "de", "word_times": False, "temperatures": [0, 0.2]},
        {"engine": "pocketsphinx"},
        {"channels": "split", "start": 1.5, "end": 9, "model": "small"},
        {"vad_options": {"threshold": 0.4, "padding": 0.1}},
    ],
)
def test_options_survive_their_json_form(given: dict[str, Any]) -> None:
    options = read_options(given, Settings())
    assert options_from(options.to_dict()) == options


def test_what_is_not_given_is_as_the_settings_say() -> None:
    settings = Settings(engine="faster-whisper", model="small", language="de", prompt="Names: Ångström.")
    options = read_options({}, settings)
    assert (options.engine, options.model) == ("faster-whisper", "small")
    assert (options.speech.language, options.speech.prompt) == ("de", "Names: Ångström.")
    given = read_options({"language": "fr", "model": "tiny"}, settings)
    assert (given.model, given.speech.language) == ("tiny", "fr")


def test_another_engine_is_not_burdened_with_what_was_set_for_the_configured_one() -> None:
    settings = Settings(engine="faster-whisper", model="small", compute_type="int8", threads=4)
    options = read_options({"engine": "pocketsphinx"}, settings)
    assert options.model is None
    opened = engine_settings(options, settings)
    assert (opened.engine, opened.model, opened.compute_type, opened.threads) == (
        "pocketsphinx",
        None,
        None,
        0,
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"beam": 1}, "no option 'beam'. Did you mean beam_size"),
        ({"xyz": 1}, "no option 'xyz'"),
        ({"beam_size": "many"}, "beam_size is 'many'"),
        ({"beam_size": 99}, "beam_size is 99, but has to lie between 1 and 32"),
        ({"engine": "siri"}, "no engine 'siri'. Choose from: auto, faster-whisper"),
        ({"model": " "}, "model is empty"),
        ({"channels": "left"}, "channels is 'left'"),
        ({"start": -1}, "start is -1"),
        ({"start": float("nan")}, "start is nan"),
        ({"end": float("inf")}, "end is inf"),
        ({"start": 5, "end": 2}, "end is 2 s, which does not lie after start"),
        ({"vad_options": {"volume": 1}}, "vad_options has no 'volume'"),
        ({"vad_options": 5}, "vad_options"),
        ({"vad_options": {"threshold": 5}}, "threshold"),
        ({"task": "sing"}, "task"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_name(given: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidOption) as refused:
        read_options(given, Settings())
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"engine": "pocketsphinx", "beam_size": 3}, "pocketsphinx cannot honour beam_size = 3. These can: "),
        ({"engine": "pocketsphinx", "language": "de"}, "cannot honour language = de"),
        ({"language": "tlh"}, "cannot honour language = tlh"),
    ],
)
def test_what_the_engine_cannot_honour_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(UnsupportedOption) as refused:
        read_options(given, Settings())
    assert words in str(refused.value)


def test_a_recording_is_cut_as_the_settings_and_the_options_say() -> None:
    options = JobOptions(channels="split", start=1.0, speech=SpeechOptions())
    prepared = preparation(options, Settings(part_length=60, part_limit=90, max_duration=100))
    assert (prepared.channels, prepared.start, prepared.part_length) == ("split", 1.0, 60)
    assert prepared.limits.max_duration == 100
