"""What is heard, by which engine, within which limits."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from auricle.settings.kinds import Address, Folder, LanguageCode, Lowered, Names, Size, setting

ComputeType = Literal[
    "int8", "int8_float32", "int8_float16", "int8_bfloat16", "int16", "float16", "bfloat16", "float32"
]


def _data_dir() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share") / "auricle"


class SpeechSettings(BaseSettings):
    """Settings that one transcription needs, with or without a server."""

    data_dir: Folder = setting(
        _data_dir,
        """Where Auricle keeps what it makes: recordings, transcripts and the checkpoints of unfinished work.
        The default is where the XDG standard puts a user's data, so no rights beyond the user's are
        needed.""",
        group="Files",
        kind="Folder",
        shown="~/.local/share/auricle",
    )
    work_days: int = setting(
        7,
        """How long the checkpoints of a transcription that was interrupted are kept; a week covers a
        weekend and still gives the disk back.""",
        group="Files",
        unit="days",
        ge=1,
        le=3650,
    )

    engine: Annotated[
        Literal["auto", "faster-whisper", "pocketsphinx", "openai-whisper", "openai-api"], Lowered
    ] = setting(
        "auto",
        """What turns speech into text. auto takes faster-whisper where its model is in the cache or can be
        fetched, else pocketsphinx (English, far less accurate) with a warning.""",
        group="Speech engine",
    )
    model: str | None = setting(
        None,
        """The model: a name such as small, a Hugging Face id, or a local folder. By default the device
        decides: large-v3-turbo on CUDA; on a CPU base, or small from 8 cores and 8 GB of memory, so that
        a recording takes less time to transcribe than to hear.""",
        group="Speech engine",
        kind="Model",
        min_length=1,
        shown="chosen by device",
    )
    device: Annotated[Literal["auto", "cpu", "cuda"], Lowered] = setting(
        "auto",
        """Where the model runs. auto takes a CUDA device that passes its self-test, else the CPU, because a
        GPU is many times faster.""",
        group="Speech engine",
    )
    compute_type: Annotated[ComputeType, Lowered] | None = setting(
        None,
        """The number format the model computes in. By default float16 on CUDA and int8 on a CPU: the
        fastest ones there, at no loss that can be heard.""",
        group="Speech engine",
        shown="chosen by device",
    )
    threads: int = setting(
        0,
        """CPU threads for inference; 0 takes every core this process may use, as inference is what the
        time goes into.""",
        group="Speech engine",
        unit="threads",
        ge=0,
        le=1024,
    )
    batch_size: int = setting(
        8,
        """Windows of audio (at most 30 s each) decoded side by side. 8 keeps a GPU or a CPU busy; more
        needs more memory and gains little.""",
        group="Speech engine",
        unit="windows",
        ge=1,
        le=256,
    )
    language: LanguageCode | None = setting(
        None,
        """The language spoken where a request names none. By default it is detected, because recordings
        come in many.""",
        group="Speech engine",
        kind="LanguageCode",
        shown="detected",
    )
    prompt: str | None = setting(
        None,
        """Text that sets the style and the spelling of names, given to the engine before every window,
        where a request brings none of its own.""",
        group="Speech engine",
        shown="none",
    )

    offline: bool = setting(
        False,
        """Make no network call at all; whatever is missing is named instead of fetched. Off, so that the
        first transcription can fetch its model.""",
        group="Models",
    )
    models_dir: Folder | None = setting(
        None,
        """Where models are kept. By default the Hugging Face cache, so that models are shared with other
        programs.""",
        group="Models",
        kind="Folder",
        shown="the Hugging Face cache",
    )
    hf_token: SecretStr | None = setting(
        None,
        "The access token for models on the Hugging Face hub that need one.",
        group="Models",
        min_length=1,
        shown="none",
    )
    hf_endpoint: Address | None = setting(
        None,
        "The Hugging Face hub to fetch from: set it to use a mirror.",
        group="Models",
        kind="Address",
        shown="https://huggingface.co",
    )
    hub_timeout: float = setting(
        5.0,
        """How long the hub may take to answer before it counts as unreachable. Short, so that a machine
        without a network falls back within seconds.""",
        group="Models",
        unit="s",
        gt=0,
        le=600,
    )

    preload_models: Names | None = setting(
        None,
        """Models that a server or a worker that recognizes speech fetches and loads before it says that it is
        ready, comma-separated. One that cannot be had is left out with a warning.""",
        group="Models",
        kind="Names",
        shown="none",
    )
    preload_force: bool = setting(
        False,
        "Do not start where a model of AURICLE_PRELOAD_MODELS cannot be had.",
        group="Models",
    )

    engine_url: Address | None = setting(
        None,
        """The base address of the OpenAI-compatible server that the engine openai-api sends audio to, for
        example http://127.0.0.1:8000/v1.""",
        group="Remote engine",
        kind="Address",
        shown="none",
    )
    engine_key: SecretStr | None = setting(
        None,
        "The key that the server of the engine openai-api asks for; it is sent with every request.",
        group="Remote engine",
        min_length=1,
        shown="none",
    )
    engine_timeout: float = setting(
        600.0,
        """How long one request to the server of the engine openai-api may take. Generous, because a busy
        server without a GPU needs minutes for the audio of one request.""",
        group="Remote engine",
        unit="s",
        gt=0,
        le=86_400,
    )
    engine_max_bytes: Size = setting(
        25_000_000,
        """The largest upload the server of the engine openai-api takes; longer audio is cut at silences.
        OpenAI's own limit is 25 MB.""",
        group="Remote engine",
        kind="Size",
        unit="bytes",
        ge=1_000_000,
    )

    max_upload: Size = setting(
        10_000_000_000,
        "The largest file accepted; 10 GB holds hours of video, and a mistake cannot fill the disk.",
        group="Limits of a recording",
        kind="Size",
        unit="bytes",
        ge=1,
    )
    max_duration: float = setting(
        43_200.0,
        """The longest recording accepted. Twelve hours cover a day in court; a small file that claims to be
        longer is a trap.""",
        group="Limits of a recording",
        unit="s",
        gt=0,
        le=31_536_000,
    )
    max_streams: int = setting(
        64,
        "The most streams (audio, video, subtitles) a file may have; real ones have a handful.",
        group="Limits of a recording",
        unit="streams",
        ge=1,
        le=10_000,
    )
    max_channels: int = setting(
        32,
        "The most channels an audio stream may have; 32 is a large mixing desk.",
        group="Limits of a recording",
        unit="channels",
        ge=1,
        le=1024,
    )
    max_sample_rate: int = setting(
        768_000,
        "The highest sample rate accepted: twice what studio converters reach.",
        group="Limits of a recording",
        unit="Hz",
        ge=8000,
        le=100_000_000,
    )

    part_length: float = setting(
        600.0,
        """Recordings are cut at silences into parts of about this length. A crash costs one part, and a
        part is what the memory holds: ten minutes keep both small.""",
        group="Parts",
        unit="s",
        ge=30,
        le=7200,
    )
    part_limit: float = setting(
        900.0,
        """No part is longer: speech without any silence for this long is cut where it is quietest. Half as
        long again as part_length, to give silences a chance.""",
        group="Parts",
        unit="s",
        ge=30,
        le=14_400,
    )
