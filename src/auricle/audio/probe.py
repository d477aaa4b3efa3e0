"""What a file holds, found by its content and never by its name."""

import errno
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from auricle.audio.lookalikes import describe
from auricle.errors import AudioError, LimitExceeded, NotFound

if TYPE_CHECKING:
    import av
    import av.container

FORMATS = (
    "aac", "ac3", "aiff", "amr", "ape", "asf", "au", "avi", "caf", "dss", "eac3", "flac", "flv", "matroska",
    "mov", "mp3", "mpeg", "mpegts", "nistsphere", "ogg", "tta", "w64", "wav", "wv",
)  # fmt: skip
"""FFmpeg's demuxers that may look at a recording.

Everything else stays out, above all those that open further files (`concat`, `hls`, `dash`, `sdp`, `image2`).
"""

CODECS = (
    "aac", "aac_latm", "ac3", "adpcm_g722", "adpcm_g726", "adpcm_g726le", "adpcm_ima_qt",
    "adpcm_ima_wav", "adpcm_ms", "adpcm_swf", "adpcm_yamaha", "alac", "amrnb", "amrwb", "ape", "dca",
    "dss_sp", "eac3", "flac", "g722", "g723_1", "g726", "g726le", "g729", "gsm", "gsm_ms", "ilbc",
    "libopencore_amrnb", "libopencore_amrwb", "libopus", "mp1", "mp1float", "mp2", "mp2float", "mp3",
    "mp3float", "nellymoser", "opus", "pcm_alaw", "pcm_bluray", "pcm_dvd", "pcm_f32be", "pcm_f32le",
    "pcm_f64be", "pcm_f64le", "pcm_mulaw", "pcm_s16be", "pcm_s16be_planar", "pcm_s16le",
    "pcm_s16le_planar", "pcm_s24be", "pcm_s24le", "pcm_s24le_planar", "pcm_s32be", "pcm_s32le",
    "pcm_s32le_planar", "pcm_s64be", "pcm_s64le", "pcm_s8", "pcm_s8_planar", "pcm_u16be", "pcm_u16le",
    "pcm_u24be", "pcm_u24le", "pcm_u32be", "pcm_u32le", "pcm_u8", "qcelp", "qdm2", "shorten", "speex",
    "truehd", "truespeech", "tta", "vorbis", "wavpack", "wmalossless", "wmapro", "wmav1", "wmav2",
    "wmavoice",
)  # fmt: skip
"""FFmpeg's decoders that may run; no video decoder does, not even to look at a file."""

MIN_SAMPLE_RATE = 1000
"""Hz below which a header is wrong: one second of such samples would grow to megabytes at 16 kHz."""

_FORMAT_NAMES = {"mov,mp4,m4a,3gp,3g2,mj2": "mp4", "matroska,webm": "matroska"}
_LAYOUT_NAMES = {"1 channels": "mono", "2 channels": "stereo"}
_READ_SIZE = 1 << 18


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a recording may be.

    max_bytes: size of the file. max_duration: seconds of audio, counted while decoding, since headers lie.
    max_streams: streams of every kind. max_channels, max_sample_rate (Hz): of the audio stream.
    """

    max_bytes: int = 4 << 30
    max_duration: float = 24 * 3600.0
    max_streams: int = 32
    max_channels: int = 16
    max_sample_rate: int = 384_000


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a recording says about itself; only `bytes` is certain before it is decoded.

    `duration` is in seconds, None where the file does not say. `title` is the one in its metadata.
    """

    format: str
    codec: str
    sample_rate: int
    channels: int
    channel_layout: str
    duration: float | None
    audio_streams: int
    has_video: bool
    bytes: int
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording opened for decoding: its container, the audio stream to take, and what is known of it."""

    container: "av.container.InputContainer"
    stream: "av.AudioStream"
    info: MediaInfo


def probe(path: Path, limits: Limits) -> MediaInfo:
    """Say what the recording at `path` holds.

    Raises NotFound where there is no file, LimitExceeded where it is too large, AudioError where it holds no
    audio or cannot be read.
    """
    with open_recording(path, limits) as recording:
        return recording.info


@contextmanager
def open_recording(path: Path, limits: Limits) -> Iterator[Recording]:
    """Open the recording at `path` for decoding; errors as for `probe`."""
    import av

    with _open_file(path, limits) as file:
        size = path.stat().st_size
        try:
            # FFmpeg gets an open file and no name, for it would read a protocol or a format into the name.
            container = av.open(
                _Nameless(file),
                mode="r",
                options={
                    "format_whitelist": ",".join(FORMATS),
                    "codec_whitelist": ",".join(CODECS),
                    "protocol_whitelist": "file",
                },
                metadata_errors="replace",
                buffer_size=_READ_SIZE,
            )
        except (av.FFmpegError, ValueError) as error:
            raise AudioError(describe(path)) from error
        with container:
            stream = _audio_stream(container, path, limits)
            yield Recording(container, stream, _describe_stream(container, stream, size))


class _Nameless:
    """An open file without its name."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.tell = file.tell

    def read(self, size: int) -> bytes:
        try:
            return self._file.read(size)
        except OSError as error:
            raise AudioError(f"The file cannot be read to its end: {error.strerror}.") from error

    def seek(self, offset: int, whence: int) -> int:
        try:
            return self._file.seek(offset, whence)
        except OSError:
            # A damaged header asks for impossible places; FFmpeg copes when it is told so by a number.
            return -errno.EINVAL


def _open_file(path: Path, limits: Limits) -> BinaryIO:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise AudioError("This is a folder, not a recording.")
        if not stat.S_ISREG(status.st_mode):
            raise AudioError("This is a device or a pipe, not a file: copy the recording to a file first.")
        if status.st_size == 0:
            raise AudioError("The file is empty (0 bytes).")
        if status.st_size > limits.max_bytes:
            raise LimitExceeded(
                f"The file has {status.st_size:,} bytes; at most {limits.max_bytes:,} are allowed."
            )
        return path.open("rb", buffering=0)
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {path}.") from error
    except PermissionError as error:
        raise AudioError("The file may not be read: permission denied.") from error
    except (OSError, ValueError) as error:
        raise AudioError(f"The file cannot be read: {error}.") from error


def _audio_stream(container: "av.container.InputContainer", path: Path, limits: Limits) -> "av.AudioStream":
    if len(container.streams) > limits.max_streams:
        raise LimitExceeded(
            f"The recording has {len(container.streams)} streams; at most {limits.max_streams} are allowed."
        )
    streams = container.streams.audio
    if not streams:
        raise AudioError(describe(path, has_streams=True))
    chosen = (stream for stream in streams if stream.disposition & stream.disposition.default)
    stream = next(chosen, streams[0])
    if stream.codec_context is None or stream.codec_context.name not in CODECS:
        name = stream.codec_context.codec.canonical_name if stream.codec_context else "an unknown codec"
        raise AudioError(f"The audio is in a codec that is not supported ({name}).")
    if not stream.channels or not stream.sample_rate:
        raise AudioError("The header is damaged: it names no channels or no sample rate.")
    if stream.sample_rate < MIN_SAMPLE_RATE:
        raise AudioError(f"The header is damaged: a sample rate of {stream.sample_rate} Hz cannot be.")
    if stream.channels > limits.max_channels:
        raise LimitExceeded(
            f"The recording has {stream.channels} channels; at most {limits.max_channels} are allowed."
        )
    if stream.sample_rate > limits.max_sample_rate:
        raise LimitExceeded(
            f"The sample rate is {stream.sample_rate:,} Hz; at most {limits.max_sample_rate:,} are allowed."
        )
    if stream.codec_context.name == "flac":
        # Without its checksums zeros in place of a FLAC frame are a frame of silence.
        stream.codec_context.options = {"err_detect": "crccheck+explode"}
    return stream


def _describe_stream(
    container: "av.container.InputContainer", stream: "av.AudioStream", size: int
) -> MediaInfo:
    duration = None
    if stream.duration is not None and stream.time_base is not None:
        duration = float(stream.duration * stream.time_base)
    elif container.duration is not None:
        duration = container.duration / 1e6
    return MediaInfo(
        format=_FORMAT_NAMES.get(container.format.name, container.format.name),
        codec=stream.codec_context.codec.canonical_name,
        sample_rate=stream.sample_rate,
        channels=stream.channels,
        channel_layout=_LAYOUT_NAMES.get(stream.layout.name, stream.layout.name),
        duration=duration,
        audio_streams=len(container.streams.audio),
        has_video=any(
            not video.disposition & video.disposition.attached_pic for video in container.streams.video
        ),
        bytes=size,
        title=container.metadata.get("title"),
    )
