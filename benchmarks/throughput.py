"""How fast are decoding and voice activity detection by themselves?"""

import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import av
import faster_whisper
import faster_whisper.vad
import numpy as np
from numpy.typing import NDArray

import material
from auricle.audio.decode import decode
from auricle.audio.pcm import SAMPLE_RATE
from auricle.audio.probe import Limits
from auricle.audio.vad import VadOptions, speech_regions
from table import Table

#: File name endings and the encoders to make them with: what phones, browsers and archives write.
FORMATS = {"flac": None, "mp3": "libmp3lame", "m4a": "aac", "ogg": "libopus"}
REPEATS = 5
BLOCK = 10 * SAMPLE_RATE


def measure(quick: bool) -> Table:
    """Times real time, the fastest of runs that take turns; `quick` takes 10 minutes instead of an hour."""
    minutes = 10 if quick else 60
    flac = material.recording(minutes)
    rows = []
    for ending, encoder in FORMATS.items():
        audio = flac if encoder is None else _encoded(flac, ending, encoder)
        ours, theirs = _race(partial(_decode, audio), partial(faster_whisper.decode_audio, str(audio)))
        rows.append(_row(f"decode {ending}", minutes, ours, theirs))
    samples = faster_whisper.decode_audio(str(flac))
    pcm = (samples * 32768).astype(np.int16)
    blocks = [pcm[start : start + BLOCK] for start in range(0, len(pcm), BLOCK)]
    options = VadOptions()
    theirs_like_ours = faster_whisper.vad.VadOptions(
        min_silence_duration_ms=int(options.min_silence * 1000), max_speech_duration_s=options.max_speech
    )
    ours, theirs = _race(
        partial(_find_speech, blocks, options),
        partial(faster_whisper.vad.get_speech_timestamps, samples, theirs_like_ours),
    )
    rows.append(_row("find speech", minutes, ours, theirs))
    return Table("throughput", ("work", "audio", "Auricle", "faster-whisper", "ratio of times"), rows)


def _row(work: str, minutes: int, ours: float, theirs: float) -> list[str]:
    speeds = (f"{minutes * 60 / seconds:,.0f} ×" for seconds in (ours, theirs))
    return [work, f"{minutes} min", *speeds, f"{ours / theirs:.2f}"]


def _race(ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[float, float]:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(REPEATS):
        for taken, work in zip(times, (ours, theirs), strict=True):
            begin = time.perf_counter()
            work()
            taken.append(time.perf_counter() - begin)
    return min(times[0]), min(times[1])


def _decode(audio: Path) -> None:
    """To a file of samples with a waveform for the player; theirs goes to memory and has none."""
    with tempfile.TemporaryDirectory() as folder:
        decode(audio, Path(folder) / "samples.pcm", limits=Limits())


def _find_speech(blocks: Sequence[NDArray[np.int16]], options: VadOptions) -> None:
    for _ in speech_regions(blocks, options):
        pass


def _encoded(flac: Path, ending: str, encoder: str) -> Path:
    file = flac.with_suffix(f".{ending}")
    if file.exists():
        return file
    with av.open(str(flac)) as source, av.open(str(file), "w") as target:
        stream = target.add_stream(encoder, rate=48_000, layout="stereo")
        assert isinstance(stream, av.AudioStream)
        resampler = av.AudioResampler(format=stream.format, layout="stereo", rate=stream.rate)
        for frame in source.decode(audio=0):
            for part in resampler.resample(frame):
                target.mux(stream.encode(part))
        target.mux(stream.encode(None))
    return file
