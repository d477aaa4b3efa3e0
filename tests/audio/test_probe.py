import os
import subprocess
import sys
import wave
from pathlib import Path

import av
import numpy as np
import pytest

from auricle.audio.probe import Limits, MediaInfo, probe
from auricle.errors import AudioError, LimitExceeded, NotFound


def test_a_recording_is_described(tmp_path, encode, tone):
    source = encode(tmp_path / "a.flac", "flac", 44100, np.stack([tone(2, 44100)] * 2))
    assert probe(source, Limits()) == MediaInfo(
        format="flac",
        codec="flac",
        sample_rate=44100,
        channels=2,
        channel_layout="stereo",
        duration=2.0,
        audio_streams=1,
        has_video=False,
        bytes=source.stat().st_size,
        title=None,
    )


def test_a_wav_without_a_channel_mask_is_mono(tmp_path, encode, tone):
    assert probe(encode(tmp_path / "a.wav", "pcm_s16le", 8000, tone(1)), Limits()).channel_layout == "mono"


def test_a_recording_may_not_know_how_long_it_is(shared_data):
    info = probe(shared_data / "derived" / "jfk_live_noduration.webm", Limits())
    assert (info.format, info.codec, info.duration) == ("matroska", "opus", None)


@pytest.mark.parametrize(
    ("ending", "form", "codec"),
    [("mp3", "mp3", "libmp3lame"), ("m4a", "mp4", "aac"), ("flac", "flac", "flac")],
)
def test_a_cover_picture_is_no_video(ending, form, codec, tmp_path, tone, decoded):
    source = tmp_path / f"a.{ending}"
    picture = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), "rgb24")
    with av.open(str(source), "w", format=form) as container:
        audio = container.add_stream(codec, rate=44100, layout="mono")
        cover = container.add_stream("png", rate=1)
        cover.width, cover.height, cover.pix_fmt = 16, 16, "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        container.metadata["title"] = "Ein Lied"
        container.mux([*cover.encode(picture), *cover.encode(None)])
        frame = av.AudioFrame.from_ndarray(tone(1, 44100)[None], "s16", "mono")
        frame.rate, frame.pts = 44100, 0
        container.mux([*audio.encode(frame), *audio.encode(None)])
    info = probe(source, Limits())
    assert not info.has_video
    assert info.title == "Ein Lied"
    assert decoded(source)[0].duration == pytest.approx(1, abs=0.06)


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (Limits(max_bytes=1000), "at most 1,000 are allowed"),
        (Limits(max_channels=1), "2 channels; at most 1"),
        (Limits(max_sample_rate=16000), "44,100 Hz; at most 16,000"),
        (Limits(max_streams=0), "1 streams; at most 0"),
    ],
)
def test_each_limit_is_kept_and_named(limits, sentence, tmp_path, encode, tone):
    source = encode(tmp_path / "a.wav", "pcm_s16le", 44100, np.stack([tone(1)] * 2))
    with pytest.raises(LimitExceeded, match=sentence):
        probe(source, limits)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "web page"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "drawing"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "PDF"),
        (b"PK\x03\x04\x14\x00\x00\x00", "ZIP"),
        (b"\x1f\x8b\x08\x00" + bytes(40), "compressed"),
        (b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n", "playlist"),
        (b"ffconcat version 1.0\nfile secret.wav\n", "playlist"),
        (b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nm=audio 5004 RTP/AVP 0\r\n", "SDP"),
        (b"\x89PNG\r\n\x1a\n" + bytes(60), "picture"),
        (b"MThd\x00\x00\x00\x06\x00\x01", "MIDI"),
        (b"WEBVTT\n\n00:00.000 --> 00:01.000\nHi\n", "subtitles"),
        ("Guten Tag, schöne Grüße".encode(), "it is text"),
        (b"RIFF\x24\x00\x00\x00WAVEjunk", "WAV file, but it is damaged"),
        (b"\x00\x00\x00\x20ftypM4A \x00\x00\x02\x00", "MP4 or MOV file, but it is damaged"),
        (b"OggS" + bytes(30), "Ogg file, but it is damaged"),
        (bytes(range(256)) * 20, "no recording in a known format"),
    ],
)
@pytest.mark.parametrize("name", ["x.wav", "x.mp3", "x"])
def test_what_is_no_recording_is_named_for_what_it_seems(content, sentence, name, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(AudioError, match=sentence):
        probe(tmp_path / name, Limits())


def test_a_sample_rate_that_cannot_be_is_refused(tmp_path, tone):
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(1)
        file.writeframes(tone(1).tobytes())
    with pytest.raises(AudioError, match="1 Hz"):
        probe(tmp_path / "a.wav", Limits())


def test_samples_without_a_header_are_not_guessed_at(tmp_path, tone):
    tone(3).tofile(tmp_path / "a.raw")
    with pytest.raises(AudioError, match="raw PCM"):
        probe(tmp_path / "a.raw", Limits())


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(NotFound, match=r"gone\.wav"):
        probe(tmp_path / "gone.wav", Limits())


def test_a_folder_is_no_recording(tmp_path):
    with pytest.raises(AudioError, match="folder"):
        probe(tmp_path, Limits())


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(AudioError, match="pipe"):
        probe(tmp_path / "pipe.wav", Limits())
    with pytest.raises(AudioError, match="device"):
        probe(Path("/dev/zero"), Limits())


def test_a_file_that_may_not_be_read_says_so(tmp_path, encode, tone):
    source = encode(tmp_path / "a.wav", "pcm_s16le", 16000, tone(1))
    source.chmod(0)
    program = (
        "import os, sys\n"
        "import av\n"
        "from pathlib import Path\n"
        "from auricle.audio.probe import Limits, probe\n"
        "os.chdir(sys.argv[1])\n"
        "if os.geteuid() == 0: os.setgroups([]); os.setegid(65534); os.seteuid(65534)\n"
        "try: probe(Path('a.wav'), Limits())\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    tmp_path.chmod(0o755)
    child = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True)
    assert child.stdout.strip() == "AudioError The file may not be read: permission denied."


def test_importing_it_loads_no_decoder():
    program = "import sys, auricle.audio.decode; print('av' in sys.modules)"
    child = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert child.stdout.strip() == "False"
