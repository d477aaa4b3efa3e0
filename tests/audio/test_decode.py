import hashlib
import json
import subprocess
import sys
import wave
from pathlib import Path

import av
import numpy as np
import pytest

from auricle.audio.decode import decode
from auricle.audio.pcm import open_pcm, read_samples
from auricle.audio.probe import Limits
from auricle.errors import AudioError, Cancelled, InvalidOption, LimitExceeded

FORMATS = [
    ("wav", "pcm_u8", 16000),
    ("wav", "pcm_s16le", 44100),
    ("wav", "pcm_s24le", 44100),
    ("wav", "pcm_s32le", 44100),
    ("wav", "pcm_f32le", 48000),
    ("wav", "pcm_f64le", 48000),
    ("wav", "pcm_alaw", 8000),
    ("wav", "pcm_mulaw", 8000),
    ("wav", "adpcm_ms", 22050),
    ("wav", "adpcm_ima_wav", 22050),
    ("wav", "g722", 16000),
    ("w64", "pcm_s16le", 16000),
    ("mp3", "libmp3lame", 44100),
    ("flac", "flac", 44100),
    ("m4a", "aac", 44100),
    ("m4a", "alac", 44100),
    ("aac", "aac", 44100),
    ("ogg", "libopus", 48000),
    ("ogg", "flac", 44100),
    ("webm", "libopus", 48000),
    ("amr", "libopencore_amrnb", 8000),
    ("aiff", "pcm_s16be", 44100),
    ("mka", "libopus", 48000),
    ("caf", "pcm_s16be", 44100),
    ("au", "pcm_mulaw", 8000),
    ("mp4", "aac", 44100),
    ("mkv", "aac", 44100),
    ("mov", "pcm_s16le", 44100),
    ("ts", "mp2", 44100),
    ("avi", "libmp3lame", 44100),
    ("flv", "aac", 44100),
    ("3gp", "aac", 44100),
    ("ac3", "ac3", 44100),
    ("wv", "wavpack", 44100),
    ("mpg", "mp2", 44100),
    ("tta", "tta", 44100),
]
STEREO_FORMATS = [
    ("wma", "wmav2", 44100, {"b": "128000"}),
    ("ogg", "vorbis", 44100, {"strict": "experimental"}),
]

SHARED_JFK = [
    "jfk.amr", "jfk_16k_24kbps.mp3", "jfk_8k_mulaw.wav", "jfk_8k_u8.wav", "jfk_aac.m4a", "jfk_aac.mp4",
    "jfk_adts.aac", "jfk_f32.wav", "jfk_left_only_stereo.flac", "jfk_live_noduration.webm", "jfk_opus.ogg",
    "jfk_opus.opus", "jfk_opus.webm", "jfk_vorbis.ogg", "jfk_wma.wma",
]  # fmt: skip

CHILD = """
import json, resource, sys, time
from pathlib import Path
from auricle.audio.decode import decode
from auricle.audio.probe import Limits
from auricle.errors import AuricleError
if len(sys.argv) > 4:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]), int(sys.argv[4])))
began = time.monotonic()
try:
    result = decode(Path(sys.argv[1]), Path(sys.argv[2]), limits=Limits(max_duration=float(sys.argv[3])))
    outcome = {"samples": result.samples, "warnings": result.warnings}
except AuricleError as error:
    outcome = {"error": type(error).__name__, "message": str(error)}
outcome["seconds"] = time.monotonic() - began
# Not ru_maxrss, which a child inherits from the process that started it.
status = Path("/proc/self/status").read_text()
outcome["megabytes"] = int(status.partition("VmHWM:")[2].split()[0]) / 1024
print(json.dumps(outcome))
"""


def decode_apart(source: Path, destination: Path, *limits: float) -> dict:
    """Decode in a process of its own; says how it ended and what it took."""
    arguments = [str(source), str(destination), *(str(limit) for limit in limits or (86_400,))]
    child = subprocess.run(
        [sys.executable, "-c", CHILD, *arguments], capture_output=True, text=True, timeout=60
    )
    assert child.returncode == 0, child.stderr
    assert child.stderr == ""
    return json.loads(child.stdout)


def frequency_of(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * 16_000 / len(samples))


def loudness(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))


def onset(samples: np.ndarray) -> float:
    """The second at which sound begins."""
    return float(np.argmax(np.abs(samples.astype(np.int32)) > 2000) / 16_000)


@pytest.mark.parametrize(("ending", "codec", "rate"), FORMATS)
def test_each_format_is_decoded_to_its_tone(ending, codec, rate, tmp_path, encode, decoded, tone):
    source = encode(tmp_path / f"a.{ending}", codec, rate, tone(2, rate))
    result, tracks = decoded(source)
    assert result.duration == pytest.approx(2, abs=0.06)
    assert result.samples == tracks.shape[1]
    assert result.duration == result.samples / 16_000
    assert frequency_of(tracks[0]) == pytest.approx(440, abs=2)
    assert loudness(tracks[0]) == pytest.approx(5657, rel=0.25)
    assert result.warnings == ()


@pytest.mark.parametrize(("ending", "codec", "rate", "options"), STEREO_FORMATS)
def test_formats_that_exist_in_stereo_only(ending, codec, rate, options, tmp_path, encode, decoded, tone):
    source = encode(tmp_path / f"a.{ending}", codec, rate, np.stack([tone(2, rate)] * 2), **options)
    result, tracks = decoded(source)
    assert result.duration == pytest.approx(2, abs=0.1)
    assert frequency_of(tracks[0]) == pytest.approx(440, abs=2)


def test_a_file_is_known_by_its_content_whatever_its_name(tmp_path, encode, decoded, tone):
    source = encode(tmp_path / "holiday.jpg", "flac", 16000, tone(1), form="flac")
    assert decoded(source)[0].info.format == "flac"


@pytest.mark.parametrize(
    "name",
    ["-i.wav", "a%d b.wav", "concat:a|b", "http://x".replace("/", ":"), "zwei\nZeilen.wav", "it's \"x\".wav",
     "録音 é.wav", "data:text,x.wav", b"latin\xe9.wav".decode("utf-8", "surrogateescape")],
)  # fmt: skip
def test_names_mean_nothing_to_the_decoder(name, tmp_path, encode, decoded, tone):
    source = encode(tmp_path / "plain.wav", "pcm_s16le", 16000, tone(1)).rename(tmp_path / name)
    assert decoded(source)[0].samples == 16_000


def test_samples_come_through_unchanged_where_nothing_has_to_be_converted(tmp_path, encode, decoded, tone):
    samples = tone(25.03)
    result, tracks = decoded(encode(tmp_path / "a.flac", "flac", 16000, samples))
    assert np.array_equal(tracks[0], samples)
    assert np.array_equal(open_pcm(result.tracks[0]), samples)
    assert np.array_equal(read_samples(result.tracks[0], 100, 200), samples[100:200] / np.float32(32768))


def test_reading_beyond_the_end_gives_what_is_there(tmp_path, encode, decoded, tone):
    result, _ = decoded(encode(tmp_path / "a.wav", "pcm_s16le", 16000, tone(1)))
    assert len(read_samples(result.tracks[0], 15_000, 99_000)) == 1000
    assert len(read_samples(result.tracks[0], 16_000, 99_000)) == 0
    assert len(read_samples(result.tracks[0], 99_000, 99_900)) == 0


# Blocks


def test_each_block_is_on_disk_before_it_is_announced(tmp_path, encode, tone):
    samples = np.stack([tone(25, 16000, 300), tone(25, 16000, 700)])
    source, seen = encode(tmp_path / "a.wav", "pcm_s16le", 16000, samples), []
    tracks = [tmp_path / "o.0.pcm", tmp_path / "o.1.pcm"]
    done = [0, 0]

    def on_block(track, block):
        on_disk = read_samples(tracks[track], done[track], done[track] + len(block))
        assert np.array_equal(on_disk, block / np.float32(32768))
        done[track] += len(block)
        seen.append((track, len(block)))

    result = decode(source, tmp_path / "o.pcm", limits=Limits(), channels="split", on_block=on_block)
    assert seen == [(0, 160_000), (1, 160_000), (0, 160_000), (1, 160_000), (0, 80_000), (1, 80_000)]
    assert result.tracks == tuple(tracks)


def test_blocks_may_be_kept(tmp_path, encode, decoded, tone):
    samples, kept = tone(31), []
    decoded(
        encode(tmp_path / "a.wav", "pcm_s16le", 16000, samples), on_block=lambda _, block: kept.append(block)
    )
    assert np.array_equal(np.concatenate(kept), samples)


def test_who_listens_can_stop_the_decoding_and_nothing_is_left(tmp_path, encode, tone):
    source = encode(tmp_path / "a.wav", "pcm_s16le", 16000, np.stack([tone(25)] * 2))

    def cancel(track, block):
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        decode(source, tmp_path / "o.pcm", limits=Limits(), channels="split", on_block=cancel)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


# Channels


def test_channels_are_split_into_one_track_each(tmp_path, encode, decoded, tone):
    source = encode(tmp_path / "a.wav", "pcm_s16le", 8000, np.stack([tone(2, 8000, 300), tone(2, 8000, 700)]))
    result, tracks = decoded(source, channels="split")
    assert [round(frequency_of(track)) for track in tracks] == [300, 700]
    assert result.peaks.columns.shape == (40, 2, 2)


def test_splitting_one_channel_gives_one_track_and_says_so(tmp_path, encode, decoded, tone):
    result, tracks = decoded(encode(tmp_path / "a.wav", "pcm_s16le", 8000, tone(1, 8000)), channels="split")
    assert len(tracks) == 1
    assert "one channel only" in result.warnings[0]


def test_a_mix_holds_what_is_on_one_channel_only(tmp_path, encode, decoded, tone):
    source = encode(tmp_path / "a.flac", "flac", 16000, np.stack([tone(2), 0 * tone(2)]))
    assert loudness(decoded(source)[1][0]) == pytest.approx(5657 / 2, rel=0.02)


def test_channels_in_opposite_phase_do_not_cancel_out(tmp_path, encode, decoded, tone):
    source = encode(tmp_path / "a.flac", "flac", 16000, np.stack([tone(2), -tone(2)]))
    result, tracks = decoded(source)
    assert loudness(tracks[0]) == pytest.approx(5657, rel=0.02)
    assert "opposite phase" in result.warnings[0]


def test_the_centre_of_surround_sound_is_heard_in_the_mix(tmp_path, encode, decoded, tone):
    silence = 0 * tone(2, 44100)
    source = encode(
        tmp_path / "a.flac", "flac", 44100, np.stack([silence] * 2 + [tone(2, 44100)] + [silence] * 3)
    )
    assert loudness(decoded(source)[1][0]) > 1000


@pytest.mark.parametrize("channels", [3, 10])
def test_channels_without_a_layout_are_averaged_or_split(channels, tmp_path, decoded, tone):
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(22050)
        file.writeframes(np.stack([tone(1, 22050, 300 + 100 * n) for n in range(channels)], 1).tobytes())
    _, mix = decoded(tmp_path / "a.wav")
    spectrum = np.abs(np.fft.rfft(mix[0]))[300 : 300 + 100 * channels : 100]
    assert spectrum == pytest.approx(spectrum[0], rel=0.05)
    _, tracks = decoded(tmp_path / "a.wav", channels="split")
    assert [round(frequency_of(track)) for track in tracks] == [300 + 100 * n for n in range(channels)]


def test_of_several_audio_streams_one_is_taken_and_their_number_told(tmp_path, decoded, tone):
    with av.open(str(tmp_path / "a.mka"), "w") as container:
        streams = [container.add_stream("flac", rate=16000, layout="mono") for _ in range(2)]
        for stream, frequency in zip(streams, (300, 700), strict=True):
            frame = av.AudioFrame.from_ndarray(tone(1, 16000, frequency)[None], "s16", "mono")
            frame.rate, frame.pts = 16000, 0
            container.mux([*stream.encode(frame), *stream.encode(None)])
    result, tracks = decoded(tmp_path / "a.mka")
    assert frequency_of(tracks[0]) == pytest.approx(300, abs=2)
    assert "2 audio streams" in result.warnings[0]


# Range


@pytest.mark.parametrize(("start", "end"), [(None, 3.25), (12.0001, None), (9.9, 20.3), (0.5, 0.75)])
def test_a_range_is_cut_to_the_sample(start, end, tmp_path, encode, decoded, tone):
    source = encode(tmp_path / "a.mp3", "libmp3lame", 44100, tone(23, 44100))
    whole = decoded(source)[1][0]
    result, (part,) = decoded(source, start=start, end=end)
    first, last = round((start or 0) * 16000), len(whole) if end is None else round(end * 16000)
    assert np.array_equal(part, whole[first:last])
    assert result.duration == len(part) / 16000
    assert result.warnings == ()


@pytest.mark.parametrize(("start", "end"), [(5, 5), (5, 3), (-1, 3), (2, None)])
def test_a_range_that_holds_nothing_is_refused(start, end, tmp_path, encode, decoded, tone):
    source = encode(tmp_path / "a.wav", "pcm_s16le", 16000, tone(2))
    with pytest.raises(InvalidOption, match="range"):
        decoded(source, start=start, end=end)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


# Time


def test_a_gap_in_the_timestamps_becomes_silence(tmp_path, encode, decoded, tone):
    source = encode(
        tmp_path / "a.webm", "libopus", 48000, tone(4, 48000), shift=lambda at: 3.0 if at > 2 else 0.0
    )
    result, (samples,) = decoded(source)
    assert result.duration == pytest.approx(7, abs=0.05)
    assert loudness(samples[int(2.2 * 16000) : int(4.8 * 16000)]) < 1
    assert loudness(samples[int(5.2 * 16000) :]) > 5000
    assert result.warnings == ("3.0 s missing in the recording were filled with silence.",)


def test_many_small_gaps_keep_the_time(tmp_path, encode, decoded, tone):
    clicks = np.zeros(60 * 48000, np.int16)
    clicks[50 * 48000 + 24000 : 51 * 48000 + 24000] = tone(1, 48000)
    source = encode(tmp_path / "a.webm", "libopus", 48000, clicks, shift=lambda at: 0.1 * int(at))
    assert onset(decoded(source)[1][0]) == pytest.approx(55.5, abs=0.05)


def test_audio_that_starts_after_the_picture_keeps_its_time(tmp_path, decoded, tone):
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        video = container.add_stream("mpeg4", rate=25)
        video.width, video.height, video.pix_fmt = 32, 32, "yuv420p"
        audio = container.add_stream("flac", rate=16000, layout="mono")
        for _ in range(50):
            container.mux(video.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")))
        frame = av.AudioFrame.from_ndarray(tone(1)[None], "s16", "mono")
        frame.rate, frame.pts = 16000, 8000
        container.mux([*video.encode(None), *audio.encode(frame), *audio.encode(None)])
    result, (samples,) = decoded(tmp_path / "a.mkv")
    assert onset(samples) == pytest.approx(0.5, abs=0.01)
    assert result.info.has_video


def test_timestamps_that_leap_by_days_are_not_believed(tmp_path, encode, decoded, tone):
    source = encode(tmp_path / "a.mka", "flac", 16000, tone(4), shift=lambda at: 200_000.0 if at > 2 else 0.0)
    result, _ = decoded(source)
    assert result.duration == pytest.approx(4, abs=0.1)
    assert any("timestamps" in warning for warning in result.warnings)


def test_the_delay_of_an_mp3_encoder_is_taken_off(tmp_path, encode, decoded, tone):
    samples = np.concatenate([np.zeros(44100, np.int16), tone(1, 44100)])
    _, tracks = decoded(encode(tmp_path / "a.mp3", "libmp3lame", 44100, samples))
    assert onset(tracks[0]) == pytest.approx(1, abs=0.005)


@pytest.mark.parametrize("name", SHARED_JFK)
def test_one_sentence_lies_at_the_same_time_in_every_format(name, shared_data, decoded):
    reference = decoded(shared_data / "openai-whisper" / "jfk.flac")[1][0].astype(np.float64)
    result, (samples,) = decoded(shared_data / "derived" / name)
    assert result.warnings == ()
    size = 1 << 19
    product = np.fft.rfft(samples.astype(np.float64), size) * np.conj(np.fft.rfft(reference, size))
    lag = int(np.argmax(np.fft.irfft(product)))
    assert abs(lag if lag < size // 2 else lag - size) / 16_000 < 0.05


# Bad input


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("broken/channels_zero.wav", "names no channels"),
        ("broken/header_only.wav", "no audio behind it"),
        ("broken/html_named.mp3", "web page"),
        ("broken/random_bytes.webm", "holds no audio"),
        ("broken/truncated_1k.flac", "FLAC file, but it is damaged or cut off"),
        ("broken/video_only_no_audio.mp4", "holds no audio"),
        ("broken/zero_length.wav", "empty"),
        ("cmusphinx-pocketsphinx/bad.wav", "WAV file, but it is damaged"),
        ("cmusphinx-pocketsphinx/evil.wav", "WAV file, but it is damaged"),
        ("cmusphinx-pocketsphinx/awful.wav", "1,092,676 Hz"),
        ("cmusphinx-pocketsphinx/null.wav", "no audio behind it"),
        ("cmusphinx-pocketsphinx/goforward.raw", "raw PCM"),
    ],
)
def test_a_broken_file_is_refused_in_one_sentence_and_little_memory(name, sentence, shared_data, tmp_path):
    outcome = decode_apart(shared_data / name, tmp_path / "o.pcm")
    assert outcome["error"] in ("AudioError", "LimitExceeded")
    assert sentence in outcome["message"]
    assert "\n" not in outcome["message"]
    assert outcome["seconds"] < 5
    assert outcome["megabytes"] < 300
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "samples"),
    [
        ("data_size_lies_1GB.wav", 32_000),
        ("very_short_1ms.wav", 16),
        ("very_short_100ms.wav", 1600),
        ("truncated_half.webm", 89_496),
        ("mp3_with_junk_prefix.mp3", 29_675),
    ],
)
def test_what_can_be_decoded_of_a_broken_file_is(name, samples, shared_data, tmp_path):
    outcome = decode_apart(shared_data / "broken" / name, tmp_path / "o.pcm")
    assert outcome["samples"] == pytest.approx(samples, abs=200)
    assert outcome["seconds"] < 5
    assert outcome["megabytes"] < 300
    assert ("truncated" in name) == any("cut off" in warning for warning in outcome["warnings"])


def test_damaged_packets_are_left_out_and_counted(tmp_path, encode, decoded, tone):
    source = encode(tmp_path / "a.mka", "flac", 16000, tone(10))
    content = bytearray(source.read_bytes())
    noise = np.random.default_rng(1).integers(0, 256, 2000, np.uint8).tobytes()
    content[len(content) // 2 : len(content) // 2 + 2000] = noise
    source.write_bytes(content)
    result, (samples,) = decoded(source)
    assert result.duration == pytest.approx(10, abs=1)
    assert loudness(samples[:48_000]) == pytest.approx(5657, rel=0.01)
    assert result.warnings


def test_a_file_cut_off_says_where_it_ends(tmp_path, encode, decoded, tone):
    source = encode(tmp_path / "a.flac", "flac", 16000, tone(20))
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    result, _ = decoded(source)
    assert 8 < result.duration < 12
    assert any("of 20.0 s: the file seems to be cut off" in warning for warning in result.warnings)


@pytest.mark.parametrize("length_is_known", [True, False])
def test_zeros_after_a_good_header_are_no_silence(length_is_known, tmp_path, encode, decoded, tone):
    source = encode(tmp_path / "a.flac", "flac", 16000, tone(1))
    content = bytearray(source.read_bytes())
    if not length_is_known:
        content[21] &= 0xF0
        content[22:26] = bytes(4)
    header = 4
    while not content[header] & 0x80:
        header += 4 + int.from_bytes(content[header + 1 : header + 4])
    header += 4 + int.from_bytes(content[header + 1 : header + 4])
    for kept in range(header, header + 40, 2):
        source.write_bytes(content[:kept] + bytes(len(content) - kept))
        with pytest.raises(AudioError):
            decoded(source)


def test_a_short_file_cut_off_says_so_too(tmp_path, encode, decoded, tone):
    source = encode(tmp_path / "a.flac", "flac", 16000, tone(1.2))
    source.write_bytes(source.read_bytes()[:-3000])
    result, _ = decoded(source)
    assert 0.2 < result.duration < 0.9
    assert any("of 1.2 s: the file seems to be cut off" in warning for warning in result.warnings)


def test_a_bomb_is_stopped_at_the_limit_by_counting_samples(tmp_path, encode):
    source = encode(tmp_path / "bomb.flac", "flac", 8000, np.zeros(60 * 8000, np.int16), times=180)
    assert source.stat().st_size < 2_100_000
    outcome = decode_apart(source, tmp_path / "o.pcm", 3600)
    assert outcome["error"] == "LimitExceeded"
    assert "1 h" in outcome["message"]
    assert outcome["megabytes"] < 300
    assert [path.name for path in tmp_path.iterdir()] == ["bomb.flac"]


def test_a_range_within_the_limit_is_decoded_of_a_longer_recording(tmp_path, encode, decoded, tone):
    source = encode(tmp_path / "a.wav", "pcm_s16le", 16000, tone(60))
    assert decoded(source, end=5, limits=Limits(max_duration=20))[0].duration == 5
    with pytest.raises(LimitExceeded, match="20 s"):
        decoded(source, limits=Limits(max_duration=20))


def test_memory_does_not_grow_with_the_length(tmp_path, encode, tone):
    short = encode(tmp_path / "short.mp3", "libmp3lame", 8000, tone(60, 8000))
    long = tmp_path / "long.mp3"
    long.write_bytes(short.read_bytes() * 180)
    small, large = (decode_apart(source, tmp_path / "o.pcm") for source in (short, long))
    assert large["samples"] == pytest.approx(180 * small["samples"], rel=0.01)
    assert large["megabytes"] < small["megabytes"] + 20


@pytest.mark.parametrize("channels", ["mix", "split"])
def test_a_playlist_does_not_open_the_files_it_names(channels, tmp_path, encode, tone):
    encode(tmp_path / "secret.wav", "pcm_s16le", 16000, tone(1))
    (tmp_path / "x.mp3").write_text("ffconcat version 1.0\nfile secret.wav\n")
    with pytest.raises(AudioError, match="playlist"):
        decode(tmp_path / "x.mp3", tmp_path / "o.pcm", limits=Limits(), channels=channels)


def test_a_full_disk_leaves_nothing_half_written(tmp_path, encode, tone):
    source = encode(tmp_path / "a.flac", "flac", 16000, tone(30))
    outcome = decode_apart(source, tmp_path / "o.pcm", 86_400, 500_000)
    assert outcome["error"] == "DiskFull"
    assert [path.name for path in tmp_path.iterdir()] == ["a.flac"]


def test_the_source_is_never_changed(tmp_path, encode, decoded, tone):
    source = encode(tmp_path / "a.wav", "pcm_s16le", 16000, tone(1))
    before = hashlib.sha256(source.read_bytes()).digest()
    decoded(source)
    assert hashlib.sha256(source.read_bytes()).digest() == before


def test_a_recording_is_not_decoded_onto_itself(tmp_path, encode, tone):
    source = encode(tmp_path / "a.wav", "pcm_s16le", 16000, tone(1))
    with pytest.raises(InvalidOption, match="itself"):
        decode(source, source, limits=Limits())
    assert source.stat().st_size > 32_000
