"""A copy of a recording that every browser can play, made only where the recording itself is none."""

from pathlib import Path

from auricle.audio.mixdown import Mixdown
from auricle.audio.pcm import SAMPLE_RATE
from auricle.audio.probe import Limits, MediaInfo, open_recording
from auricle.audio.timeline import Notes, samples_in_time
from auricle.errors import LimitExceeded
from auricle.pipeline.report import Progress, Report, unheard

#: What Chromium, Firefox and Safari all play, by format and codec.
_PLAYABLE: dict[str, frozenset[str]] = {
    "mp3": frozenset({"mp3"}),
    "wav": frozenset({"pcm_s16le", "pcm_u8", "pcm_s24le", "pcm_f32le"}),
    "flac": frozenset({"flac"}),
    "mp4": frozenset({"aac", "mp3"}),
    "adts": frozenset({"aac"}),
}
_BIT_RATE = 64_000


def browser_plays(info: MediaInfo) -> bool:
    """Whether all browsers play a recording as it is."""
    return info.codec in _PLAYABLE.get(info.format, frozenset()) and info.channels <= 2


def make_preview(source: Path, target: Path, limits: Limits, report: Report = unheard) -> None:
    """Write `source` as AAC in MP4 to `target`: 16 kHz, one channel, times as in the transcript.

    It is made of the same samples that are transcribed, with gaps filled and timestamps put right, so that
    the player and the words stay together. Raises the errors of decoding.
    """
    import av

    notes, mixdown = Notes(), Mixdown()
    with (
        open_recording(source, limits) as recording,
        av.open(str(target), "w", format="mp4", options={"movflags": "+faststart"}) as container,
    ):
        stream = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono", bit_rate=_BIT_RATE)
        done = 0
        for block in samples_in_time(recording, recording.stream.layout, notes):
            mono = mixdown.mix(block)
            # The encoder keeps what does not fill one of its own frames until the next comes.
            frame = av.AudioFrame.from_ndarray(mono.reshape(1, -1), format="s16", layout="mono")
            frame.sample_rate, frame.pts = SAMPLE_RATE, done
            container.mux(stream.encode(frame))
            done += frame.samples
            if done > limits.max_duration * SAMPLE_RATE:
                raise LimitExceeded("The recording is longer than allowed.")
            report(Progress("preview", done / SAMPLE_RATE, recording.info.duration))
        container.mux(stream.encode(None))
