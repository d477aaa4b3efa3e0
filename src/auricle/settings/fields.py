"""Every setting: its meaning, its unit, its default and the reason for that default."""

import math
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, field_validator
from pydantic_core.core_schema import ValidationInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "AURICLE_"

ComputeType = Literal[
    "int8", "int8_float32", "int8_float16", "int8_bfloat16", "int16", "float16", "bfloat16", "float32"
]

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]I?)?B?", re.IGNORECASE)
_POWERS = {"K": 1, "M": 2, "G": 3, "T": 4}


def _size(value: object) -> object:
    """Bytes from `25MB` (powers of 1000) or `25MiB` (powers of 1024); other values pass unchanged."""
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return value
    unit = (match[2] or "").upper()
    factor = (1024 if unit.endswith("I") else 1000) ** _POWERS[unit[0]] if unit else 1
    return math.floor(float(match[1]) * factor) if "." in match[1] else int(match[1]) * factor


def _folder(path: Path) -> Path:
    """An absolute path; `~` is the home folder, and other paths start at the working directory."""
    try:
        return path.expanduser().absolute()
    except RuntimeError as error:
        raise ValueError("a folder; the home folder of that user is not known") from error


def _address(value: str) -> str:
    """An http or https address without its final slash."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", value):
        raise ValueError
    return value.rstrip("/")


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


Size = Annotated[int, BeforeValidator(_size)]
Folder = Annotated[Path, AfterValidator(_folder)]
Address = Annotated[str, AfterValidator(_address)]
LanguageCode = Annotated[str, BeforeValidator(_lower), Field(pattern=r"^[a-z]{2,3}$")]
Lowered = BeforeValidator(_lower)


def _setting(default: Any, meaning: str, *, group: str, kind: str = "", unit: str = "", **field: Any) -> Any:
    """A field; `kind` says what is allowed (see `description`), `unit` what its number counts."""
    extra = {"group": group, "kind": kind, "unit": unit, "shown": field.pop("shown", None)}
    chosen = {"default_factory": default} if callable(default) else {"default": default}
    return Field(description=" ".join(meaning.split()), json_schema_extra=extra, **chosen, **field)


def _data_dir() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share") / "auricle"


class Settings(BaseSettings):
    """The settings of one process; read once by `load_settings` and passed on, never looked up later.

    The constructor takes only what it is given: no environment, no files.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        str_strip_whitespace=True,
        validate_default=True,
    )

    data_dir: Folder = _setting(
        _data_dir,
        """Where Auricle keeps what it makes: recordings, transcripts and the checkpoints of unfinished work.
        The default is where the XDG standard puts a user's data, so no rights beyond the user's are
        needed.""",
        group="Files",
        kind="Folder",
        shown="~/.local/share/auricle",
    )
    work_days: int = _setting(
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
    ] = _setting(
        "auto",
        """What turns speech into text. auto takes faster-whisper where its model is in the cache or can be
        fetched, else pocketsphinx (English, far less accurate) with a warning.""",
        group="Speech engine",
    )
    model: str | None = _setting(
        None,
        """The model: a name such as small, a Hugging Face id, or a local folder. By default the device
        decides: large-v3-turbo on CUDA; on a CPU base, or small from 8 cores and 8 GB of memory, so that
        a recording takes less time to transcribe than to hear.""",
        group="Speech engine",
        kind="Model",
        min_length=1,
        shown="chosen by device",
    )
    device: Annotated[Literal["auto", "cpu", "cuda"], Lowered] = _setting(
        "auto",
        """Where the model runs. auto takes a CUDA device that passes its self-test, else the CPU, because a
        GPU is many times faster.""",
        group="Speech engine",
    )
    compute_type: Annotated[ComputeType, Lowered] | None = _setting(
        None,
        """The number format the model computes in. By default float16 on CUDA and int8 on a CPU: the
        fastest ones there, at no loss that can be heard.""",
        group="Speech engine",
        shown="chosen by device",
    )
    threads: int = _setting(
        0,
        """CPU threads for inference; 0 takes every core this process may use, as inference is what the
        time goes into.""",
        group="Speech engine",
        unit="threads",
        ge=0,
        le=1024,
    )
    batch_size: int = _setting(
        8,
        """Windows of audio (at most 30 s each) decoded side by side. 8 keeps a GPU or a CPU busy; more
        needs more memory and gains little.""",
        group="Speech engine",
        unit="windows",
        ge=1,
        le=256,
    )
    language: LanguageCode | None = _setting(
        None,
        """The language spoken where a request names none. By default it is detected, because recordings
        come in many.""",
        group="Speech engine",
        kind="LanguageCode",
        shown="detected",
    )
    prompt: str | None = _setting(
        None,
        """Text that sets the style and the spelling of names, given to the engine before every window,
        where a request brings none of its own.""",
        group="Speech engine",
        shown="none",
    )

    offline: bool = _setting(
        False,
        """Make no network call at all; whatever is missing is named instead of fetched. Off, so that the
        first transcription can fetch its model.""",
        group="Models",
    )
    models_dir: Folder | None = _setting(
        None,
        """Where models are kept. By default the Hugging Face cache, so that models are shared with other
        programs.""",
        group="Models",
        kind="Folder",
        shown="the Hugging Face cache",
    )
    hf_token: SecretStr | None = _setting(
        None,
        "The access token for models on the Hugging Face hub that need one.",
        group="Models",
        min_length=1,
        shown="none",
    )
    hf_endpoint: Address | None = _setting(
        None,
        "The Hugging Face hub to fetch from: set it to use a mirror.",
        group="Models",
        kind="Address",
        shown="https://huggingface.co",
    )
    hub_timeout: float = _setting(
        5.0,
        """How long the hub may take to answer before it counts as unreachable. Short, so that a machine
        without a network falls back within seconds.""",
        group="Models",
        unit="s",
        gt=0,
        le=600,
    )

    engine_url: Address | None = _setting(
        None,
        """The base address of the OpenAI-compatible server that the engine openai-api sends audio to, for
        example http://127.0.0.1:8000/v1.""",
        group="Remote engine",
        kind="Address",
        shown="none",
    )
    engine_key: SecretStr | None = _setting(
        None,
        "The key that the server of the engine openai-api asks for; it is sent with every request.",
        group="Remote engine",
        min_length=1,
        shown="none",
    )
    engine_timeout: float = _setting(
        600.0,
        """How long one request to the server of the engine openai-api may take. Generous, because a busy
        server without a GPU needs minutes for the audio of one request.""",
        group="Remote engine",
        unit="s",
        gt=0,
        le=86_400,
    )
    engine_max_bytes: Size = _setting(
        25_000_000,
        """The largest upload the server of the engine openai-api takes; longer audio is cut at silences.
        OpenAI's own limit is 25 MB.""",
        group="Remote engine",
        kind="Size",
        unit="bytes",
        ge=1_000_000,
    )

    max_upload: Size = _setting(
        10_000_000_000,
        "The largest file accepted; 10 GB holds hours of video, and a mistake cannot fill the disk.",
        group="Limits of a recording",
        kind="Size",
        unit="bytes",
        ge=1,
    )
    max_duration: float = _setting(
        43_200.0,
        """The longest recording accepted. Twelve hours cover a day in court; a small file that claims to be
        longer is a trap.""",
        group="Limits of a recording",
        unit="s",
        gt=0,
        le=31_536_000,
    )
    max_streams: int = _setting(
        64,
        "The most streams (audio, video, subtitles) a file may have; real ones have a handful.",
        group="Limits of a recording",
        unit="streams",
        ge=1,
        le=10_000,
    )
    max_channels: int = _setting(
        32,
        "The most channels an audio stream may have; 32 is a large mixing desk.",
        group="Limits of a recording",
        unit="channels",
        ge=1,
        le=1024,
    )
    max_sample_rate: int = _setting(
        768_000,
        "The highest sample rate accepted: twice what studio converters reach.",
        group="Limits of a recording",
        unit="Hz",
        ge=8000,
        le=100_000_000,
    )

    part_length: float = _setting(
        600.0,
        """Recordings are cut at silences into parts of about this length. A crash costs one part, and a
        part is what the memory holds: ten minutes keep both small.""",
        group="Parts",
        unit="s",
        ge=30,
        le=7200,
    )
    part_limit: float = _setting(
        900.0,
        """No part is longer: speech without any silence for this long is cut where it is quietest. Half as
        long again as part_length, to give silences a chance.""",
        group="Parts",
        unit="s",
        ge=30,
        le=14_400,
    )

    @field_validator("*", mode="before")
    @classmethod
    def _numbers_are_not_booleans(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, bool) and cls.model_fields[str(info.field_name)].annotation is not bool:
            raise ValueError
        return value

    @field_validator("part_limit")
    @classmethod
    def _part_limit_holds_a_part(cls, limit: float, info: ValidationInfo) -> float:
        length = info.data.get("part_length", 0.0)
        if limit < length:
            raise ValueError(f"at least part_length, which is {length:g} s")
        return limit

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 -- the library's signature
        init_settings: PydanticBaseSettingsSource,
        *_others: PydanticBaseSettingsSource,
        **_named: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)
