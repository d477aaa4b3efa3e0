"""The tools that make recordings and models for tests and benchmarks."""

import ctypes
import importlib
import json
import subprocess
import sys
from pathlib import Path

import av
import jiwer
import numpy as np
import pytest
from faster_whisper import BatchedInferencePipeline, WhisperModel, decode_audio

ROOT = Path(__file__).resolve().parents[1]
SPEECH = ROOT / "tests/fixtures/speech"


def run_tool(name, *arguments):
    subprocess.run([sys.executable, ROOT / "tools" / name, *map(str, arguments)], check=True)


def transcribe(model, audio, **options):
    pipeline = BatchedInferencePipeline(WhisperModel(str(model), device="cpu", compute_type="int8"))
    segments, _ = pipeline.transcribe(audio, language="en", without_timestamps=False, **options)
    return list(segments)


@pytest.fixture(scope="module")
def conversation(tmp_path_factory):
    """Half a minute of synthetic talk, and what is said in it."""
    for library in ("libespeak-ng.so.1", "libflite_cmu_us_slt.so.1"):
        try:
            ctypes.CDLL(library)
        except OSError:
            pytest.skip(f"no speech synthesis: {library} is missing (Debian: espeak-ng, flite)")
    file = tmp_path_factory.mktemp("long") / "talk.flac"
    run_tool("synthesise_fixtures.py", "long", "--minutes", "0.5", "--out", file)
    return file, json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))["segments"]


@pytest.fixture(scope="module")
def random_model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("random")
    run_tool("random_whisper.py", "tiny", folder)
    return folder


def test_a_random_model_decodes_the_same_number_of_tokens_in_every_window(random_model):
    windows = np.random.default_rng(0).normal(0, 0.1, 3 * 30 * 16_000).astype(np.float32)
    clips = [{"start": start, "end": start + 30} for start in (0, 30, 60)]
    segments = transcribe(
        random_model, windows, clip_timestamps=clips, max_new_tokens=29, word_timestamps=True
    )
    assert [len(segment.tokens) for segment in segments] == [16, 16, 16]
    assert all(len(segment.words) == 15 for segment in segments)


def test_a_random_model_is_sure_of_words_it_does_not_repeat(random_model):
    [segment] = transcribe(
        random_model, np.ones(16_000 * 5, np.float32), vad_filter=False, max_new_tokens=180
    )
    assert segment.avg_logprob > -0.5
    assert segment.no_speech_prob < 0.01
    assert segment.compression_ratio < 2.4


def test_synthetic_talk_is_as_long_as_asked_and_its_truth_lies_within(conversation):
    file, segments = conversation
    with av.open(str(file)) as container:
        length = container.duration / av.time_base
    times = [time for segment in segments for time in (segment["start"], segment["end"])]
    assert 20 < length < 31
    assert times == sorted(times)
    assert times[0] > 0
    assert times[-1] < length


def test_words_of_the_truth_are_where_the_sound_is(conversation):
    file, segments = conversation
    samples = decode_audio(str(file))
    spoken = np.zeros(len(samples), bool)
    for segment in segments:
        spoken[int((segment["start"] - 0.001) * 16_000) : int((segment["end"] + 0.001) * 16_000)] = True
        starts = [start for _, start, _ in segment["words"]]
        assert starts[0] == segment["start"]
        assert starts == sorted(starts)
    assert np.abs(samples[~spoken]).max() == 0
    assert np.abs(samples[spoken]).mean() > 0.01


def test_the_tiny_model_understands_synthetic_talk(conversation):
    file, segments = conversation
    heard = transcribe(ROOT / "tests/fixtures/whisper-fixture-ct2", str(file))
    meant = " ".join(segment["text"] for segment in segments)
    assert jiwer.wer(meant, "".join(segment.text for segment in heard)) < 0.15


def test_the_same_seed_gives_the_same_recording(conversation, tmp_path):
    file, _ = conversation
    again = tmp_path / "again.flac"
    run_tool("synthesise_fixtures.py", "long", "--minutes", "0.5", "--out", again)
    assert again.read_bytes() == file.read_bytes()


@pytest.mark.parametrize("truth", sorted(SPEECH.glob("*.json")), ids=lambda file: file.stem)
def test_no_sentence_of_the_fixtures_was_used_for_training(truth, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    grammar = importlib.import_module("fixture_model.grammar")
    segments = json.loads(truth.read_text(encoding="utf-8"))["segments"]
    assert segments
    assert all(grammar.is_heldout(segment["text"]) for segment in segments)
