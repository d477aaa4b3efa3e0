"""Copies that browsers play."""

from pathlib import Path

import numpy as np
import pytest

from auricle.audio.decode import decode
from auricle.audio.pcm import SAMPLE_RATE
from auricle.audio.probe import Limits, probe
from auricle.errors import LimitExceeded
from auricle.pipeline import Progress
from auricle.pipeline.preview import browser_plays, make_preview
from auricle.testing import say, silence, tone, write_wav

LIMITS = Limits()


def encode(path: Path, codec: str, layout: str = "stereo") -> Path:
    """Three seconds of a tone in a format of one's choice, by FFmpeg's libraries."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=48_000, layout=layout)
        resampler = av.AudioResampler(stream.format.name, layout, 48_000)
        samples = (np.concatenate([tone(440, 1), silence(1), tone(440, 1)]) * 20_000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        for one in resampler.resample(frame):
            container.mux(stream.encode(one))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "codec", "layout"),
    [
        ("a.aiff", "pcm_s16be", "stereo"),
        ("a.ac3", "ac3", "5.1"),
        ("a.ogg", "libopus", "stereo"),
    ],
)
def test_what_browsers_do_not_play_becomes_what_they_do(
    tmp_path: Path, name: str, codec: str, layout: str
) -> None:
    source = encode(tmp_path / name, codec, layout)
    assert not browser_plays(probe(source, LIMITS))
    target = tmp_path / "preview.m4a"
    seen: list[Progress] = []
    make_preview(source, target, LIMITS, seen.append)
    info = probe(target, LIMITS)
    assert browser_plays(info)
    assert (info.format, info.codec, info.channels) == ("mp4", "aac", 1)
    assert info.duration == pytest.approx(3.0, abs=0.15)
    assert seen[-1].done == pytest.approx(3.0, abs=0.15)
    assert target.read_bytes().find(b"moov") < target.read_bytes().find(b"mdat"), "the index comes first"


def test_the_preview_keeps_the_times_of_the_transcript(tmp_path: Path) -> None:
    spoken = write_wav(tmp_path / "talk.wav", np.concatenate([silence(2), say("Alpha bravo."), silence(1)]))
    make_preview(spoken, tmp_path / "preview.m4a", LIMITS)
    begins = []
    for number, file in enumerate((spoken, tmp_path / "preview.m4a")):
        decode(file, tmp_path / f"{number}.pcm", limits=LIMITS)
        samples = np.abs(np.fromfile(tmp_path / f"{number}.pcm", np.int16).astype(int))
        begins.append(np.flatnonzero(samples > 1000)[0] / SAMPLE_RATE)
    assert begins[1] == pytest.approx(begins[0], abs=0.08)


@pytest.mark.parametrize(("name", "codec"), [("a.mp3", "libmp3lame"), ("a.flac", "flac"), ("a.m4a", "aac")])
def test_what_browsers_play_needs_no_preview(tmp_path: Path, name: str, codec: str) -> None:
    assert browser_plays(probe(encode(tmp_path / name, codec), LIMITS))


def test_a_recording_that_is_longer_than_it_says_is_stopped(tmp_path: Path) -> None:
    source = write_wav(tmp_path / "long.wav", silence(30))
    with pytest.raises(LimitExceeded):
        make_preview(source, tmp_path / "preview.m4a", Limits(max_duration=5))
