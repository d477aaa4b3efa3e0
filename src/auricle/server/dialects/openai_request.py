"""What a form of OpenAI's audio routes asks for, in our terms; nothing in it is silently ignored."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeVar

from auricle.engines import SpeechOptions
from auricle.errors import InvalidOption, UnsupportedOption
from auricle.jobs.options import JobOptions, read_options
from auricle.server.dialects.errors import InvalidField, UnsupportedField
from auricle.server.dialects.fields import Fields
from auricle.server.dialects.model_names import model_options
from auricle.settings import Settings
from auricle.transcript.languages import language_code

Task = Literal["transcribe", "translate"]

FORMATS: Mapping[Task, Sequence[str]] = {
    "transcribe": ("json", "text", "srt", "verbose_json", "vtt", "diarized_json"),
    "translate": ("json", "text", "srt", "verbose_json", "vtt"),
}
#: Formats that can be sent while the recording is still being heard.
STREAMED = ("json", "text", "diarized_json")
#: Formats that show no times, for which words need none.
_TIMELESS = ("json", "text")

#: What OpenAI's clients and faster-whisper call options of ours.
_ALSO = {"initial_prompt": "prompt", "vad_filter": "vad", "word_timestamps": "word_times"}
_WORD_TIMES = ("word_times", "word_timestamps")
_LISTS = ("temperatures", "suppress_tokens")
_RANGE = ("channels", "start", "end")
_PLAIN = tuple(
    one.name
    for one in fields(SpeechOptions)
    if one.name not in ("language", "task", "vad_options", "hotwords", "word_times", *_LISTS)
)
_NESTED = ("chunking_strategy", "vad_options", "vad_parameters")
_SPEAKERS = ("known_speaker_names", "known_speaker_references")
#: What whisper.cpp's clients call a language that is to be detected.
_DETECTED = "auto"
#: Names in the order they are best read.
FIELDS = (
    *("model", "response_format", "language", "languages", "prompt", "temperature", "stream"),
    *("timestamp_granularities", "include", "chunking_strategy", "hotwords", "keywords", "user"),
    *(one for one in (*_PLAIN, *_LISTS, "word_times", "vad_options", *_RANGE) if one != "prompt"),
    *(*_ALSO, "vad_parameters", "without_timestamps", "task", *_SPEAKERS),
)

#: Parts of chunking_strategy and of faster-whisper's vad_parameters: our name, and our unit in theirs.
_SERVER_VAD = {
    "threshold": ("threshold", 1.0),
    "prefix_padding_ms": ("padding", 1000.0),
    "silence_duration_ms": ("min_silence", 1000.0),
}
_VAD_PARAMETERS = {
    "threshold": ("threshold", 1.0),
    "neg_threshold": ("end_threshold", 1.0),
    "min_speech_duration_ms": ("min_speech", 1000.0),
    "max_speech_duration_s": ("max_speech", 1.0),
    "min_silence_duration_ms": ("min_silence", 1000.0),
    "speech_pad_ms": ("padding", 1000.0),
}

_E = TypeVar("_E", InvalidOption, UnsupportedOption)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a form asks for: how to hear, and what to answer.

    `words`, `segments` and `logprobs` say what the answer lists; `temperature` is the first one tried.
    """

    options: JobOptions
    form: str
    stream: bool
    words: bool
    segments: bool
    logprobs: bool
    temperature: float


def read_request(given: Mapping[str, Sequence[str]], settings: Settings, task: Task) -> Wanted:
    """What the fields of a form ask for.

    Raises InvalidField or UnsupportedField with the name of what is wrong, UnknownModel, and InvalidOption
    where only several fields together are wrong.
    """
    form = Fields(given)
    form.refuse_others(FIELDS, nested=_NESTED)
    for name in _SPEAKERS:
        if name in form:
            raise UnsupportedField(
                f"{name} cannot be honoured: no diarizer is installed yet that tells known voices apart.",
                form.spelled(name),
            )
    shape, granularities, logprobs = _shape(form, task)
    stream = form.flag("stream") or False
    if stream and shape not in STREAMED:
        raise form.wrong("stream", f"{shape} cannot be streamed: {', '.join(STREAMED)} can.")
    document = _Document(form)
    document.read(task)
    word_times = _word_times(form, shape, granularities, logprobs=logprobs)
    if not word_times:
        document.set("word_times", False, "word_times")
    model = model_options(settings, form.one("model"))
    options = document.options(model, settings)
    return Wanted(
        options=options,
        form=shape,
        stream=stream,
        words="word" in granularities or (shape == "verbose_json" and _asks_for_words(form)),
        segments=shape == "verbose_json" and granularities != ["word"],
        logprobs=logprobs,
        temperature=(options.speech.temperatures or (0.0,))[0],
    )


def _shape(form: Fields, task: Task) -> tuple[str, list[str], bool]:
    """The form of the answer, the granularities of its times, and whether it has log-probabilities."""
    allowed = FORMATS[task]
    shape = (form.one("response_format") or "json").strip()
    if shape not in allowed:
        raise form.wrong(
            "response_format", f"response_format is {shape[:80]!r}, but has to be {' or '.join(allowed)}."
        )
    granularities = form.choice("timestamp_granularities", ("word", "segment"))
    # Times of segments need no asking: some clients ask for them in every form.
    if "word" in granularities and shape != "verbose_json":
        raise form.wrong(
            "timestamp_granularities",
            f"timestamp_granularities word has no effect with response_format {shape}: ask for verbose_json.",
        )
    logprobs = bool(form.choice("include", ("logprobs",)))
    if logprobs and shape != "json":
        raise form.wrong(
            "include", f"include has no effect with response_format {shape}: only json has logprobs."
        )
    return shape, sorted(set(granularities)), logprobs


def _word_times(form: Fields, shape: str, granularities: Sequence[str], *, logprobs: bool) -> bool:
    """Whether words need times; those that nobody sees would only cost time."""
    needed = "word" in granularities or logprobs
    given = [name for name in _WORD_TIMES if name in form]
    for name in given:
        if form.flag(name) and shape in _TIMELESS:
            raise form.wrong(name, f"{name} has no effect with {shape}: ask for verbose_json.")
        if not form.flag(name) and needed:
            raise form.wrong(name, f"{name} is off, but words are asked for: leave one of them out.")
    if form.flag("without_timestamps") and shape not in _TIMELESS:
        raise form.wrong("without_timestamps", f"{shape} has times: ask for json or text instead.")
    if given:
        return _asks_for_words(form)
    return needed or shape not in _TIMELESS or "hallucination_silence_threshold" in form


def _asks_for_words(form: Fields) -> bool:
    flags = {form.flag(name) for name in _WORD_TIMES if name in form}
    if len(flags) > 1:
        raise form.wrong("word_timestamps", "word_timestamps contradicts word_times: send one of them.")
    return True in flags


class _Document:
    """The options of a job as they are collected, and which field said each."""

    def __init__(self, form: Fields) -> None:
        self._form = form
        self._options: dict[str, Any] = {}
        self._said_by: dict[str, str] = {}

    def set(self, option: str, value: Any, name: str) -> None:
        """Ask for an option; InvalidField where another field asks for something else."""
        if self._options.setdefault(option, value) != value:
            other = self._form.spelled(self._said_by[option])
            raise self._form.wrong(name, f"{name} contradicts {other}: send one of them.")
        self._said_by.setdefault(option, name)

    def read(self, task: Task) -> None:
        """Take over what the form says."""
        form = self._form
        for name in (*_PLAIN, *_RANGE, *_ALSO):
            value = form.one(name)
            if value is not None and _ALSO.get(name) != "word_times":
                self.set(_ALSO.get(name, name), value, name)
        for name in _LISTS:
            if values := form.items(name):
                self.set(name, values, name)
        self._read_task(task)
        self._read_language()
        self._read_temperature()
        self._read_hotwords()
        self._read_vad()

    def options(self, model: Mapping[str, str], settings: Settings) -> JobOptions:
        """What was asked for, with an engine and a model; raises as `read_request` does."""
        if self._options.get("language", _DETECTED) is None:
            settings = settings.model_copy(update={"language": None})
        try:
            return read_options({**self._options, **model}, settings)
        except InvalidOption as error:
            raise self._blamed(error, InvalidField, model, settings) from error
        except UnsupportedOption as error:
            raise self._blamed(error, UnsupportedField, model, settings) from error

    def _blamed(self, error: _E, kind: type[Any], model: Mapping[str, str], settings: Settings) -> _E:
        """The error with the name of the field that is wrong by itself, where one is."""
        for option, value in self._options.items():
            try:
                read_options({option: value, **model}, settings)
            except (InvalidOption, UnsupportedOption) as alone:
                if str(alone) == str(error) and self._said_by[option] in self._form:
                    named: _E = kind(str(error), self._form.spelled(self._said_by[option]))
                    return named
        return error

    def _read_task(self, task: Task) -> None:
        asked = self._form.choice("task", ("transcribe", "translate"))
        if task == "translate" and "transcribe" in asked:
            raise self._form.wrong("task", "This route translates: use /v1/audio/transcriptions.")
        for one in asked or [task]:
            self.set("task", one, "task")

    def _read_language(self) -> None:
        form = self._form
        several = form.many("languages")
        if len(several) > 1:
            raise UnsupportedField(
                "languages cannot be honoured with several: name the one that is spoken, or leave it out to "
                "have it detected.",
                form.spelled("languages"),
            )
        for name, text in (("language", form.one("language")), ("languages", next(iter(several), None))):
            if text is None:
                continue
            if text.strip().lower() == _DETECTED:
                self.set("language", None, name)
                continue
            code = language_code(text)
            if code is None:
                raise form.wrong(
                    name, f"{name} is {text[:80]!r}, but has to be a code such as en, or a name as english."
                )
            self.set("language", code, name)

    def _read_temperature(self) -> None:
        text = self._form.one("temperature")
        if text is None:
            return
        try:
            temperature = float(text)
        except ValueError:
            temperature = -1.0
        if not 0.0 <= temperature <= 1.0:
            raise self._form.wrong(
                "temperature", f"temperature is {text[:80]!r}, but has to be a number from 0 to 1."
            )
        # 0 stands for the engine's own ladder, as OpenAI's 0 does.
        if temperature:
            self.set("temperatures", [str(temperature)], "temperature")

    def _read_hotwords(self) -> None:
        words = [*self._form.many("hotwords"), *self._form.many("keywords")]
        if words:
            self.set("hotwords", ", ".join(words), "hotwords" if "hotwords" in self._form else "keywords")

    def _read_vad(self) -> None:
        form = self._form
        chunking = form.one("chunking_strategy")
        if chunking != "auto":
            parts = _object(form, "chunking_strategy")
            if parts and parts.pop("type", None) != "server_vad":
                raise form.wrong(
                    "chunking_strategy",
                    'chunking_strategy has to be auto or {"type": "server_vad"} with threshold, '
                    "prefix_padding_ms and silence_duration_ms.",
                )
            self._set_vad("chunking_strategy", _translated(form, "chunking_strategy", parts, _SERVER_VAD))
        parameters = _object(form, "vad_parameters")
        self._set_vad("vad_parameters", _translated(form, "vad_parameters", parameters, _VAD_PARAMETERS))
        self._set_vad("vad_options", _object(form, "vad_options"))
        off = next((name for name in ("vad", "vad_filter") if form.flag(name) is False), None)
        if off is not None and "chunking_strategy" in form:
            raise form.wrong(off, f"{off} is off, but chunking_strategy needs it: leave one of them out.")

    def _set_vad(self, name: str, options: Mapping[str, Any]) -> None:
        if options:
            self.set("vad_options", options, name)


def _object(form: Fields, name: str) -> dict[str, Any]:
    """The parts of a field: of its own, or in JSON."""
    text = form.one(name)
    parts: dict[str, Any] = dict(form.parts(name))
    if text is None:
        return parts
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise form.wrong(name, f"{name} is {text[:80]!r}, which is no JSON object.")
    return {**document, **parts}


def _translated(
    form: Fields, name: str, parts: Mapping[str, Any], terms: Mapping[str, tuple[str, float]]
) -> dict[str, Any]:
    """Parts in another's words and units, in ours."""
    translated: dict[str, Any] = {}
    for part, value in parts.items():
        if part not in terms:
            raise form.wrong(name, f"{name} has no {part[:80]!r}. It has: {', '.join(terms)}.")
        ours, scale = terms[part]
        try:
            translated[ours] = float(value) / scale
        except (TypeError, ValueError, OverflowError):
            raise form.wrong(name, f"{name}.{part} is {str(value)[:80]!r}, but has to be a number.") from None
    return translated
