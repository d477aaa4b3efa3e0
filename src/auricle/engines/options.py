"""What a person may ask of a speech engine, and what an engine can do about it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from auricle.audio.vad import VadOptions
from auricle.errors import InvalidOption, UnsupportedOption

Task = Literal["transcribe", "translate"]
Decoding = Literal["auto", "batched", "sequential"]


@dataclass(frozen=True, slots=True)
class SpeechOptions:
    """How speech becomes text. A value of None means "the engine's own default"; it is never refused.

    language: ISO 639-1 code; None detects it.
    task: `translate` writes English whatever is spoken.
    prompt: text that sets style and spelling, given before every window.
    hotwords: words likely to occur, given before every window.
    prefix: text every window's transcript starts with.
    temperatures: sampling temperatures tried in turn; 0 is greedy or beam search.
    beam_size, best_of, patience, length_penalty: search breadth and its scoring.
    repetition_penalty, no_repeat_ngram_size: make repeating less likely (1 and 0: no effect).
    word_times: give every word its start and end.
    condition_on_previous_text: show each window what came before it; decodes one window at a time.
    prompt_reset_on_temperature: above this temperature the previous text is not shown.
    compression_ratio_threshold: text that compresses better than this is a repetition loop.
    log_prob_threshold: a mean token log-probability below this is a failed decode.
    no_speech_threshold: above this no-speech probability (and a failed decode) a window is silent.
    max_initial_timestamp: seconds into a window by which its first segment has to start.
    hallucination_silence_threshold: skip silences longer than this (s) around doubtful text.
    suppress_blank, suppress_tokens: what the decoder may not say; -1 stands for symbols that are not speech.
    max_new_tokens: most tokens per window.
    multilingual: detect the language of every window anew.
    language_detection_segments, language_detection_threshold: windows looked at, and the probability
        that is enough to stop looking.
    decoding: `batched` decodes windows side by side, `sequential` one after the other with temperature
        fallback; `auto` is batched unless another option needs the sequential path.
    batch_size: windows decoded side by side.
    recheck: decode a doubtful window once more on the sequential path and keep the better result.
    vad: find speech first and decode nothing else; `vad_options` say how.
    """

    language: str | None = None
    task: Task = "transcribe"
    prompt: str | None = None
    hotwords: str | None = None
    prefix: str | None = None
    temperatures: tuple[float, ...] | None = None
    beam_size: int | None = None
    best_of: int | None = None
    patience: float | None = None
    length_penalty: float | None = None
    repetition_penalty: float | None = None
    no_repeat_ngram_size: int | None = None
    word_times: bool = True
    condition_on_previous_text: bool | None = None
    prompt_reset_on_temperature: float | None = None
    compression_ratio_threshold: float | None = None
    log_prob_threshold: float | None = None
    no_speech_threshold: float | None = None
    max_initial_timestamp: float | None = None
    hallucination_silence_threshold: float | None = None
    suppress_blank: bool | None = None
    suppress_tokens: tuple[int, ...] | None = None
    max_new_tokens: int | None = None
    multilingual: bool | None = None
    language_detection_segments: int | None = None
    language_detection_threshold: float | None = None
    decoding: Decoding = "auto"
    batch_size: int | None = None
    recheck: bool = True
    vad: bool = True
    vad_options: VadOptions = VadOptions()

    def __post_init__(self) -> None:
        for name, (low, high) in _BOUNDS.items():
            value = getattr(self, name)
            for number in value if isinstance(value, tuple) else (value,):
                if number is not None and not low <= number <= high:
                    raise InvalidOption(f"{name} is {number}, but has to lie between {low} and {high}.")
        if self.temperatures == ():
            raise InvalidOption("temperatures is empty; give at least one, for example 0.")
        if self.task not in ("transcribe", "translate"):
            raise InvalidOption(f"task is {self.task!r}, but has to be transcribe or translate.")
        if self.decoding not in ("auto", "batched", "sequential"):
            raise InvalidOption(f"decoding is {self.decoding!r}, but has to be auto, batched or sequential.")

    def asked(self) -> dict[str, Any]:
        """The options that differ from their defaults: what the person really asked for."""
        return {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) != field.default
        }


_BOUNDS: Mapping[str, tuple[float, float]] = {
    "temperatures": (0.0, 1.0),
    "beam_size": (1, 32),
    "best_of": (1, 32),
    "patience": (0.1, 10.0),
    "length_penalty": (-10.0, 10.0),
    "repetition_penalty": (0.1, 10.0),
    "no_repeat_ngram_size": (0, 100),
    "prompt_reset_on_temperature": (0.0, 1.0),
    "compression_ratio_threshold": (0.0, 100.0),
    "log_prob_threshold": (-100.0, 0.0),
    "no_speech_threshold": (0.0, 1.0),
    "max_initial_timestamp": (0.0, 30.0),
    "hallucination_silence_threshold": (0.0, 3600.0),
    "max_new_tokens": (1, 448),
    "language_detection_segments": (1, 100),
    "language_detection_threshold": (0.0, 1.0),
    "batch_size": (1, 256),
}

#: What the pipeline itself does with every engine's input or output, so no engine needs to support it.
PIPELINE_OPTIONS = frozenset({"vad", "vad_options"})


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do; the pipeline, the command line, the API and the UI all ask here.

    options: names of the `SpeechOptions` fields it honours when they differ from their default.
    languages: ISO 639-1 codes it understands.
    window: longest audio (s) one batched call decodes at once; None where it takes any length.
    streaming: fit for live sessions: a call on a few seconds answers at once.
    """

    options: frozenset[str]
    languages: frozenset[str]
    word_times: bool = False
    translate: bool = False
    prompt: bool = False
    hotwords: bool = False
    language_detection: bool = False
    streaming: bool = False
    batch: bool = False
    window: float | None = 30.0


def check_options(engine: str, can: Capabilities, options: SpeechOptions, others: Mapping[str, Capabilities]) -> None:
    """Raise UnsupportedOption for the first option that `engine` cannot honour, naming engines that can.

    `others` are the capabilities of every engine by name.
    """
    for name, value in options.asked().items():
        if name in PIPELINE_OPTIONS or (name in can.options and _supported(can, name, value)):
            continue
        able = [other for other, theirs in others.items() if name in theirs.options and _supported(theirs, name, value)]
        raise UnsupportedOption(
            f"The engine {engine} cannot honour {_spoken(name, value)}. "
            + (f"These can: {', '.join(able)}." if able else "No engine here can.")
        )


def _supported(can: Capabilities, name: str, value: Any) -> bool:
    if name == "language":
        return value in can.languages
    if name == "task":
        return value == "transcribe" or can.translate
    return True


def _spoken(name: str, value: Any) -> str:
    return f"{name} = {value}" if not isinstance(value, str) or len(value) < 40 else name
