"""Where speech is: the detector over streams of any cut, and the regions made of its probabilities."""

import json
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import faster_whisper.vad
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.audio.pcm import SAMPLE_RATE
from auricle.audio.vad import (
    FRAME,
    Region,
    RegionTracker,
    SpeechProbabilities,
    VadOptions,
    silero_file,
    speech_regions,
)
from auricle.errors import InvalidOption
from auricle.testing import noise, say, silence, tone

SPEECH = Path(__file__).parents[1] / "fixtures" / "speech"
RECORDINGS = sorted(path.stem for path in SPEECH.glob("*.flac"))


def samples_of(path: Path) -> np.ndarray:
    """A recording as int16[n], 16 kHz, mono."""
    resampler = av.AudioResampler("s16", "mono", SAMPLE_RATE)
    with av.open(str(path)) as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def pcm(samples: np.ndarray) -> np.ndarray:
    return (samples * 32767).astype(np.int16)


def cut(samples: np.ndarray, lengths: Sequence[int]) -> Iterator[np.ndarray]:
    """Blocks of these lengths, over and over."""
    start = turn = 0
    while start < len(samples):
        length = lengths[turn % len(lengths)]
        yield samples[start : start + length]
        start, turn = start + length, turn + 1


def probabilities_of(blocks: Iterator[np.ndarray]) -> np.ndarray:
    stream = SpeechProbabilities()
    return np.concatenate([*(stream.push(block) for block in blocks), stream.finish()])


def regions_of(probabilities: Sequence[float], options: VadOptions = VadOptions()) -> list[Region]:
    tracker = RegionTracker(options)
    return [*tracker.push(probabilities), *tracker.finish(len(probabilities) * FRAME)]


def frames(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE / FRAME)


def spoken(seconds: float, probability: float = 0.9) -> list[float]:
    return [probability] * frames(seconds)


def silent(seconds: float) -> list[float]:
    return spoken(seconds, 0.05)


@pytest.mark.parametrize("name", ["meeting_en", "sentence_de"])
@pytest.mark.parametrize("lengths", [[1, 511, 512, 513], [0, 7, 5000], [48_000]])
def test_a_stream_cut_into_blocks_anywhere_has_the_same_probabilities(name: str, lengths: list[int]) -> None:
    samples = samples_of(SPEECH / f"{name}.flac")[: 20 * SAMPLE_RATE]
    whole = probabilities_of(iter([samples]))
    assert len(whole) == -(-len(samples) // FRAME)
    np.testing.assert_array_equal(probabilities_of(cut(samples, lengths)), whole)


def test_samples_may_be_integers_or_floats() -> None:
    samples = samples_of(SPEECH / "sentence_en.flac")
    as_float = samples.astype(np.float32) / 32768
    np.testing.assert_array_equal(probabilities_of(iter([samples])), probabilities_of(iter([as_float])))


def test_a_stream_without_samples_has_no_probabilities_and_no_regions() -> None:
    assert len(probabilities_of(iter([np.zeros(0, np.int16)]))) == 0
    assert list(speech_regions([])) == []


@pytest.mark.parametrize("name", RECORDINGS)
def test_regions_are_those_faster_whisper_finds(name: str) -> None:
    samples = samples_of(SPEECH / f"{name}.flac")
    theirs = faster_whisper.vad.get_speech_timestamps(
        samples.astype(np.float32) / 32768, speech_pad_ms=0, min_silence_duration_ms=160
    )
    ours = list(speech_regions(cut(samples, [30_000])))
    assert ours == [Region(region["start"], region["end"]) for region in theirs]
    assert ours


@given(
    st.lists(st.sampled_from([0.0, 0.3, 0.34, 0.4, 0.5, 0.9]), min_size=1, max_size=80),
    st.sampled_from([0.032, 0.1, 0.16, 0.5]),
    st.sampled_from([0.0, 0.1, 0.5]),
    st.sampled_from([None, 0.0, 0.2, 0.4]),
)
@settings(deadline=None, max_examples=300)
def test_any_probabilities_give_the_regions_silero_s_own_rules_give(
    probabilities: list[float], min_silence: float, min_speech: float, end_threshold: float | None
) -> None:
    total = len(probabilities) * FRAME - 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faster_whisper.vad, "get_vad_model", lambda: lambda _: probabilities)
        theirs = faster_whisper.vad.get_speech_timestamps(
            np.zeros(total, np.float32),
            speech_pad_ms=0,
            neg_threshold=end_threshold,
            min_silence_duration_ms=round(min_silence * 1000),
            min_speech_duration_ms=round(min_speech * 1000),
        )
    tracker = RegionTracker(
        VadOptions(min_silence=min_silence, min_speech=min_speech, end_threshold=end_threshold)
    )
    ours = [*tracker.push(probabilities), *tracker.finish(total)]
    assert ours == [Region(region["start"], region["end"]) for region in theirs]


@pytest.mark.parametrize(
    "sound",
    [
        silence(20),
        noise(20),
        noise(20, loudness=0.01),
        tone(440, 10),
        tone(60, 10),
        tone(2500, 10, loudness=1.0),
    ],
    ids=["silence", "loud noise", "soft noise", "440 Hz", "hum", "whistle"],
)
def test_what_is_not_speech_has_no_region(sound: np.ndarray) -> None:
    assert list(speech_regions(cut(pcm(sound), [16_000]))) == []


@pytest.mark.parametrize("pattern", ["silence_*", "whitenoise_*", "tone_*"])
def test_recordings_without_speech_have_no_region(pattern: str, shared_data: Path) -> None:
    recordings = list((shared_data / "derived").glob(pattern))
    assert recordings
    for path in recordings:
        assert list(speech_regions([samples_of(path)])) == [], path.name


def test_the_stand_in_voice_of_the_tests_counts_as_speech() -> None:
    speech = say("Alpha bravo charlie delta.")
    sound = np.concatenate([silence(2), speech, silence(2)])
    [region] = speech_regions([pcm(sound)])
    assert region.start == pytest.approx(2 * SAMPLE_RATE, abs=0.3 * SAMPLE_RATE)
    assert region.stop == pytest.approx(2 * SAMPLE_RATE + len(speech), abs=0.8 * SAMPLE_RATE)


def test_speech_longer_than_allowed_is_split_where_it_is_quietest() -> None:
    speech = spoken(10)
    dip = frames(7)
    speech[dip - 1 : dip + 2] = [0.6, 0.4, 0.6]
    [first, second] = regions_of(speech, VadOptions(max_speech=9.0))
    assert first.start == 0
    assert first.stop == second.start == pytest.approx(dip * FRAME, abs=FRAME)
    assert second.stop == len(speech) * FRAME


def test_the_quiet_end_of_long_speech_is_not_part_of_it() -> None:
    speech = [*spoken(8), *silent(4), *spoken(3)]
    [first, second] = regions_of(speech, VadOptions(max_speech=9.0, min_silence=10.0))
    assert first == (0, frames(8) * FRAME)
    assert second == ((frames(8) + frames(4)) * FRAME, len(speech) * FRAME)


@given(
    st.lists(st.sampled_from([0.0, 0.2, 0.4, 0.6, 0.9, 1.0]), max_size=400),
    st.sampled_from([0.032, 0.16, 1.0, 8.0]),
    st.sampled_from([1.0, 1.5, 3.0]),
)
@settings(deadline=None)
def test_regions_are_in_order_never_too_long_and_hold_every_frame_of_sure_speech(
    probabilities: list[float], min_silence: float, max_speech: float
) -> None:
    regions = regions_of(probabilities, VadOptions(min_silence=min_silence, max_speech=max_speech))
    edges = [edge for region in regions for edge in (region.start, region.stop)]
    assert edges == sorted(edges)
    assert all(0 < region.stop - region.start <= max_speech * SAMPLE_RATE for region in regions)
    covered = {
        frame for region in regions for frame in range(region.start // FRAME, -(-region.stop // FRAME))
    }
    assert {frame for frame, p in enumerate(probabilities) if p >= 0.5} <= covered


@given(st.lists(st.floats(0, 1), max_size=200), st.lists(st.integers(1, 50), min_size=1, max_size=5))
@settings(deadline=None)
def test_probabilities_pushed_in_any_blocks_give_the_same_regions(
    probabilities: list[float], lengths: list[int]
) -> None:
    tracker = RegionTracker(VadOptions(max_speech=1.0))
    regions: list[Region] = []
    for block in cut(np.array(probabilities), lengths):
        regions += tracker.push(block)
    regions += tracker.finish(len(probabilities) * FRAME)
    assert regions == regions_of(probabilities, VadOptions(max_speech=1.0))


def test_a_region_is_known_as_soon_as_its_silence_is_long_enough() -> None:
    tracker = RegionTracker()
    assert tracker.push([*spoken(1), *silent(0.16)]) == []
    assert tracker.push(silent(0.04)) == [(0, frames(1) * FRAME)]


def test_the_last_region_ends_with_the_recording() -> None:
    tracker = RegionTracker()
    tracker.push(spoken(1))
    assert tracker.finish(15_800) == [(0, 15_800)]


@pytest.mark.parametrize(
    ("probabilities", "changed", "usual", "now"),
    [
        (spoken(1, 0.6), VadOptions(threshold=0.7), 1, 0),
        (spoken(1, 0.3), VadOptions(threshold=0.2), 0, 1),
        ([*spoken(1), *spoken(1, 0.4), *spoken(1)], VadOptions(end_threshold=0.45), 1, 2),
        ([*spoken(1), *spoken(1, 0.3), *spoken(1)], VadOptions(end_threshold=0.2), 2, 1),
        ([*spoken(0.2), *silent(1), *spoken(1)], VadOptions(min_speech=0.5), 2, 1),
        ([*spoken(1), *silent(0.5), *spoken(1)], VadOptions(min_silence=0.8), 2, 1),
        (spoken(20), VadOptions(max_speech=8.0), 1, 4),
    ],
    ids=["threshold up", "threshold down", "end up", "end down", "min_speech", "min_silence", "max_speech"],
)
def test_each_option_changes_the_regions(
    probabilities: list[float], changed: VadOptions, usual: int, now: int
) -> None:
    assert len(regions_of(probabilities)) == usual
    assert len(regions_of(probabilities, changed)) == now


def test_no_piece_of_long_speech_is_dropped_for_being_short() -> None:
    speech = spoken(3.3)
    regions = regions_of(speech, VadOptions(max_speech=3.0, min_speech=2.5))
    assert regions[0].start == 0
    assert regions[-1].stop == len(speech) * FRAME
    assert len(regions) == 2


@pytest.mark.parametrize(
    ("name", "value", "low", "high"),
    [
        ("threshold", 0.0, "0.01", "0.99"),
        ("threshold", float("nan"), "0.01", "0.99"),
        ("end_threshold", 0.6, "0.0", "0.5"),
        ("end_threshold", -0.1, "0.0", "0.5"),
        ("min_speech", -1.0, "0.0", "10.0"),
        ("min_silence", 0.0, "0.032", "30.0"),
        ("max_speech", 0.5, "1.0", "3600.0"),
        ("max_speech", float("inf"), "1.0", "3600.0"),
        ("padding", 5.1, "0.0", "5.0"),
    ],
)
def test_a_bad_value_names_the_option_and_what_is_allowed(
    name: str, value: float, low: str, high: str
) -> None:
    with pytest.raises(InvalidOption) as refusal:
        VadOptions(**{name: value})
    assert str(refusal.value) == f"vad {name} is {value}, but has to lie between {low} and {high}."


def test_speech_cannot_have_to_be_longer_than_it_may_be() -> None:
    with pytest.raises(InvalidOption, match=r"min_speech is 5.0, but has to lie between 0.0 and 2.0"):
        VadOptions(min_speech=5.0, max_speech=2.0)


def test_ten_hours_take_no_more_memory_than_one_minute() -> None:
    minute = ([*spoken(4), *silent(1), *spoken(1, 0.4)] * 10)[: frames(60)]

    def peak(minutes: int) -> int:
        tracker = RegionTracker()
        tracemalloc.start()
        for _ in range(minutes):
            tracker.push(minute)
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    assert peak(600) < 2 * peak(1) + 4096


def test_speech_is_found_without_importing_faster_whisper() -> None:
    program = (
        "import json, sys, numpy\n"
        "from auricle.audio.vad import speech_regions\n"
        "list(speech_regions([numpy.zeros(16000, numpy.int16)]))\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    loaded = {name.partition(".")[0] for name in json.loads(answer.stdout)}
    assert "onnxruntime" in loaded
    assert not loaded & {"faster_whisper", "ctranslate2", "torch", "av"}


def test_the_silero_file_is_the_one_faster_whisper_ships() -> None:
    assert silero_file().parent == Path(faster_whisper.__file__).parent / "assets"
