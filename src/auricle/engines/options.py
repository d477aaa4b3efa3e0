"""What a person may ask of a speech engine, and what an engine can do about it."""

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, Literal

from auricle.audio.vad import VadOptions
from auricle.errors import InvalidOption, UnsupportedOption

Task = Literal["transcribe", "translate"]
Decoding = Literal["auto", "batched", "sequential"]


def _option(default: Any, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": " ".join(meaning.split())})


@dataclass(frozen=True, slots=True)
class SpeechOptions:
    """How speech becomes text. A value of None means "the engine's own default"; it is never refused.

    Every field carries its meaning for people (`meaning_of`), which the command line, the API and the
    documentation show.
    """

    language: str | None = _option(
        None, "Language spoken, as ISO 639-1 code such as en; detected when not given."
    )
    task: Task = _option("transcribe", "transcribe writes what is said; translate writes it in English.")
    prompt: str | None = _option(
        None, "Text shown to the model before every window: sets style and spelling."
    )
    hotwords: str | None = _option(None, "Words that are likely to occur, such as names.")
    prefix: str | None = _option(None, "Text that every window's transcript begins with.")
    word_times: bool = _option(True, "Give every word its start and end.")
    decoding: Decoding = _option(
        "auto",
        """batched decodes windows side by side, sequential one after the other with temperature fallback;
        auto is batched unless another option needs the sequential path.""",
    )
    batch_size: int | None = _option(None, "Windows decoded side by side.")
    recheck: bool = _option(
        True, "Decode a doubtful window once more, sequentially, and keep the better result."
    )
    temperatures: tuple[float, ...] | None = _option(
        None, "Sampling temperatures (0 to 1) tried in turn until a decode succeeds; 0 is a plain search."
    )
    beam_size: int | None = _option(None, "Candidates kept by the beam search; 1 is greedy.")
    best_of: int | None = _option(None, "Candidates drawn where the temperature is above 0.")
    patience: float | None = _option(None, "Beam search goes on for this many times the beam size.")
    length_penalty: float | None = _option(None, "Above 1 favours long texts, below 1 short ones.")
    repetition_penalty: float | None = _option(None, "Above 1 makes words said before less likely.")
    no_repeat_ngram_size: int | None = _option(None, "No run of this many tokens occurs twice in a window.")
    condition_on_previous_text: bool | None = _option(
        None, "Show each window the text before it: more consistent, but errors can spread."
    )
    prompt_reset_on_temperature: float | None = _option(
        None, "Above this temperature the text before is not shown."
    )
    compression_ratio_threshold: float | None = _option(
        None, "Text that compresses better than this counts as a repetition loop."
    )
    log_prob_threshold: float | None = _option(
        None, "A mean token log-probability below this counts as a failed decode."
    )
    no_speech_threshold: float | None = _option(
        None, "Above this no-speech probability a failed decode counts as silence."
    )
    max_initial_timestamp: float | None = _option(
        None, "Seconds into a window by which its first segment has to start."
    )
    hallucination_silence_threshold: float | None = _option(
        None, "Skip silences longer than this (s) around text that is probably made up."
    )
    suppress_blank: bool | None = _option(None, "Forbid a window to begin with a blank.")
    suppress_tokens: tuple[int, ...] | None = _option(
        None, "Ids of tokens that may not occur; -1 stands for symbols that are not speech."
    )
    max_new_tokens: int | None = _option(None, "Most tokens in a window.")
    multilingual: bool | None = _option(None, "Detect the language of every window anew.")
    language_detection_segments: int | None = _option(
        None, "Windows of 30 s looked at to detect the language."
    )
    language_detection_threshold: float | None = _option(
        None, "Probability at which a detected language is taken without looking further."
    )
    vad: bool = _option(True, "Find speech first and decode nothing else.")
    vad_options: VadOptions = _option(VadOptions(), "How speech is told from silence.")

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
            one.name: getattr(self, one.name)
            for one in fields(self)
            if getattr(self, one.name) != one.default
        }


def meaning_of(option: Field[Any]) -> str:
    """What a field of SpeechOptions or VadOptions means, as a sentence."""
    return str(option.metadata["meaning"])


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
PIPELINE_OPTIONS = frozenset({"recheck", "vad", "vad_options"})


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do; the pipeline, the command line, the API and the UI all ask here.

    options: names of the `SpeechOptions` fields, besides language and task, that it honours when they
        differ from their default.
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


def check_options(
    engine: str,
    can: Capabilities,
    options: SpeechOptions,
    others: Mapping[str, Capabilities],
    *,
    model: str | None = None,
) -> None:
    """Raise UnsupportedOption for the first option that `engine` cannot honour, naming engines that can.

    `can` is what it can do with its `model`; `others` are the capabilities of every engine by name.
    """
    for name, value in options.asked().items():
        if name in PIPELINE_OPTIONS or _supported(can, name, value):
            continue
        able = [
            f"{other} with another model" if other == engine else other
            for other, theirs in others.items()
            if _supported(theirs, name, value)
        ]
        raise UnsupportedOption(
            f"The engine {engine}{f' with the model {model}' if model else ''} cannot honour "
            f"{_spoken(name, value)}. "
            + (f"These can: {', '.join(able)}." if able else "No engine here can.")
        )


def _supported(can: Capabilities, name: str, value: Any) -> bool:
    if name == "language":
        return value in can.languages
    if name == "task":
        return value == "transcribe" or can.translate
    return name in can.options


def _spoken(name: str, value: Any) -> str:
    return f"{name} = {value}" if not isinstance(value, str) or len(value) < 40 else name
