"""What a person asks for when a recording becomes a job, as one value and as JSON."""

import difflib
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from auricle.audio.decode import Channels
from auricle.audio.vad import VadOptions
from auricle.engines import SpeechOptions, check_options
from auricle.engines.registry import CAPABILITIES, settings_for
from auricle.errors import InvalidOption
from auricle.pipeline import PrepareOptions, prepare_options
from auricle.settings import Settings

_T = TypeVar("_T")

#: Options of a job that are no options of the speech engine, with their meaning for people.
OWN_OPTIONS: Mapping[str, str] = {
    "engine": "What turns speech into text: auto or an engine's name; as the settings say when not given.",
    "model": "A size such as small, or a model's id; as the settings say when not given.",
    "channels": "mix hears all channels as one; split hears each on its own, as one speaker each.",
    "start": "Begin here, in seconds of the recording.",
    "end": "End here, in seconds of the recording.",
}


@dataclass(frozen=True, slots=True)
class JobOptions:
    """Everything that decides what a transcript says; `start` and `end` are seconds of the recording."""

    engine: str = "auto"
    model: str | None = None
    channels: Channels = "mix"
    start: float | None = None
    end: float | None = None
    speech: SpeechOptions = field(default_factory=SpeechOptions)

    def __post_init__(self) -> None:
        if self.engine not in ("auto", *CAPABILITIES):
            raise InvalidOption(
                f"There is no engine {self.engine!r}. Choose from: auto, {', '.join(CAPABILITIES)}."
            )
        if self.model is not None and not self.model.strip():
            raise InvalidOption("model is empty: name a model, or leave it out.")
        for name in ("start", "end"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < float("inf"):
                raise InvalidOption(f"{name} is {value}, but has to be a time in seconds from 0 on.")
        if self.end is not None and self.end <= (self.start or 0.0):
            raise InvalidOption(f"end is {self.end:g} s, which does not lie after start.")

    def to_dict(self) -> dict[str, Any]:
        """The JSON form: one flat object of what differs from the defaults."""
        own = {name: getattr(self, name) for name in OWN_OPTIONS}
        default = JobOptions()
        asked = {name: value for name, value in own.items() if value != getattr(default, name)}
        speech = _speech_reader().dump_python(self.speech, mode="json")
        return asked | {name: speech[name] for name in self.speech.asked()}


def read_options(given: Mapping[str, Any], settings: Settings) -> JobOptions:
    """The options of a new job; what is not given is as the settings say.

    Raises InvalidOption for a name or value there is not, UnsupportedOption for an option that the engine
    cannot honour.
    """
    said = {
        "engine": settings.engine,
        "model": settings.model
        if given.get("engine", settings.engine) in (settings.engine, "auto")
        else None,
        "language": settings.language,
        "prompt": settings.prompt,
    }
    options = options_from(
        {name: value for name, value in said.items() if value is not None}
        | {name: value for name, value in given.items() if value is not None}
    )
    engine = "faster-whisper" if options.engine == "auto" else options.engine
    check_options(engine, CAPABILITIES[engine], options.speech, CAPABILITIES, model=options.model)
    return options


def options_from(document: Mapping[str, Any]) -> JobOptions:
    """Read the JSON form; InvalidOption names what is wrong."""
    speech_names = {one.name for one in fields(SpeechOptions)}
    known = [*OWN_OPTIONS, *speech_names]
    for name in document:
        if name not in known:
            close = difflib.get_close_matches(str(name), known, 1)
            raise InvalidOption(
                f"There is no option {name!r}." + (f" Did you mean {close[0]}?" if close else "")
            )
    own = {name: value for name, value in document.items() if name in OWN_OPTIONS}
    speech = {name: value for name, value in document.items() if name in speech_names}
    if isinstance(speech.get("vad_options"), Mapping):
        _refuse_unknown(speech["vad_options"], VadOptions, "vad_options")
    return _read(_job_reader(), {**own, "speech": _read(_speech_reader(), speech)})


def _refuse_unknown(given: Mapping[str, Any], kind: type[VadOptions], where: str) -> None:
    unknown = set(given) - {one.name for one in fields(kind)}
    if unknown:
        raise InvalidOption(f"{where} has no {sorted(map(str, unknown))[0]!r}.")


@functools.cache
def _speech_reader() -> TypeAdapter[SpeechOptions]:
    """Made once: that takes longer than a short request should wait."""
    return TypeAdapter(SpeechOptions)


@functools.cache
def _job_reader() -> TypeAdapter[JobOptions]:
    return TypeAdapter(JobOptions)


def _read(reader: TypeAdapter[_T], values: Mapping[str, Any]) -> _T:
    try:
        return reader.validate_python(dict(values))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"] if isinstance(part, str))
        shown = str(first["input"])[:80]
        message = f"{name or 'options'} is {shown!r}: {first['msg'][0].lower()}{first['msg'][1:]}."
        raise InvalidOption(message) from None


def preparation(options: JobOptions, settings: Settings) -> PrepareOptions:
    """How the recording of a job is read and cut."""
    return prepare_options(
        settings,
        channels=options.channels,
        start=options.start,
        end=options.end,
        vad=options.speech.vad_options,
    )


def engine_settings(options: JobOptions, settings: Settings) -> Settings:
    """The settings that open the engine this job asks for."""
    return settings_for(settings, options.engine, options.model)
