"""Whisper by OpenAI's own package (PyTorch): the reference implementation, slower than the default."""

import math
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

from auricle.engines import (
    Capabilities,
    EngineIdentity,
    Heard,
    LanguageGuess,
    Samples,
    SpeechOptions,
    openai_checkpoint,
)
from auricle.engines.openai_checkpoint import Report
from auricle.errors import EngineFailed, EngineUnavailable, InvalidOption, ModelUnavailable
from auricle.transcript import Segment, Word
from auricle.transcript.languages import WHISPER_LANGUAGES

NAME = "openai-whisper"
RATE = 16_000

#: Options of ours and what openai-whisper calls them.
_THEIR_NAME = {
    "beam_size": "beam_size",
    "best_of": "best_of",
    "compression_ratio_threshold": "compression_ratio_threshold",
    "condition_on_previous_text": "condition_on_previous_text",
    "hallucination_silence_threshold": "hallucination_silence_threshold",
    "length_penalty": "length_penalty",
    "log_prob_threshold": "logprob_threshold",
    "max_initial_timestamp": "max_initial_timestamp",
    "max_new_tokens": "sample_len",
    "no_speech_threshold": "no_speech_threshold",
    "patience": "patience",
    "prompt": "initial_prompt",
    "suppress_blank": "suppress_blank",
    "suppress_tokens": "suppress_tokens",
    "temperatures": "temperature",
}
#: Tokens beyond half of the context would push the prompt out of it.
_MOST_TOKENS = 224

CAPABILITIES = Capabilities(
    options=frozenset({*_THEIR_NAME, "decoding", "word_times"}),
    languages=frozenset(WHISPER_LANGUAGES),
    word_times=True,
    translate=True,
    prompt=True,
    language_detection=True,
    window=None,
)
_ENGLISH_ONLY = replace(CAPABILITIES, languages=frozenset({"en"}), translate=False, language_detection=False)


def _silent(*_: object) -> None: ...


def load(
    model: str,
    *,
    device: str = "auto",
    models_dir: Path | None = None,
    offline: bool = False,
    report: Report = _silent,
) -> "OpenAIWhisper":
    """Load a model by OpenAI's name for it, or from a `.pt` file.

    A named model is kept in `models_dir` (default: openai-whisper's own cache) and downloaded there when
    it is missing, unless `offline`; `report` hears of the progress. `device` is `auto`, `cpu` or `cuda`;
    without a usable GPU the CPU is used, with a warning where `cuda` was asked for. Raises
    EngineUnavailable without the package, UnknownModel, and ModelUnavailable.
    """
    try:
        import torch
        import whisper
    except ImportError as error:
        raise EngineUnavailable(
            f"The engine openai-whisper is not installed ({error}): pip install 'auricle[openai-whisper]'."
        ) from error
    folder = models_dir or openai_checkpoint.default_folder()
    file = openai_checkpoint.find(model, whisper._MODELS, folder, offline=offline, report=report)
    usable = device != "cpu" and torch.cuda.is_available()
    lost = ("PyTorch finds no usable GPU, so the CPU is used.",) if device == "cuda" and not usable else ()
    try:
        loaded = whisper.load_model(str(file), device="cuda" if usable else "cpu")
    except Exception as error:
        # Pickle, PyTorch and openai-whisper each have their own errors for a file that is no checkpoint.
        raise ModelUnavailable(f"{file} cannot be loaded as a Whisper model: {error}.") from error
    if model in whisper._ALIGNMENT_HEADS:
        loaded.set_alignment_heads(whisper._ALIGNMENT_HEADS[model])
    name = model if model in whisper._MODELS else file.stem
    identity = EngineIdentity(
        NAME,
        name,
        revision=openai_checkpoint.digest(file)[:12],
        device=loaded.device.type,
        compute_type="float16" if usable else "float32",
        warnings=lost,
    )
    return OpenAIWhisper(loaded, identity)


class OpenAIWhisper:
    """One PyTorch model in memory, behind a lock: decoding hangs hooks on the model's layers."""

    def __init__(self, model: Any, identity: EngineIdentity) -> None:
        self._model = model
        self._half = identity.compute_type == "float16"
        self._lock = Lock()
        self.capabilities = CAPABILITIES if model.is_multilingual else _ENGLISH_ONLY
        self.identity = identity

    def window(self, options: SpeechOptions) -> float | None:
        """Any length: it slides Whisper's window of 30 s over the samples by itself."""
        _arguments(options)
        return None

    def transcribe(self, windows: Iterable[Samples], options: SpeechOptions) -> Iterator[Heard]:
        """Decode windows of any length, one after the other, with temperature fallback."""
        arguments = {**_arguments(options), "fp16": self._half}
        return self._transcribe(windows, arguments)

    def detect_language(
        self,
        samples: Samples,
        options: SpeechOptions,  # noqa: ARG002 (the port's signature)
    ) -> LanguageGuess:
        """The language by Whisper's own detection on the first 30 s."""
        import whisper

        if not self._model.is_multilingual:
            return LanguageGuess("en", 1.0)
        mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(samples), self._model.dims.n_mels)
        with self._lock:
            mel = mel.to(self._model.device)
            _, probabilities = self._model.detect_language(mel.half() if self._half else mel)
        language = max(probabilities, key=probabilities.get)
        return LanguageGuess(language, round(float(probabilities[language]), 4))

    def close(self) -> None:
        """Free the model's memory."""
        with self._lock:
            self._model = None
        if self._half:
            import torch

            torch.cuda.empty_cache()

    def _transcribe(self, windows: Iterable[Samples], arguments: Mapping[str, Any]) -> Iterator[Heard]:
        for number, window in enumerate(windows):
            if len(window) == 0:
                continue
            for item in self._decode(window, arguments):
                if item["text"].strip():
                    yield Heard(number, _segment(item, len(window) / RATE))

    def _decode(self, window: Samples, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
        import whisper

        with self._lock, warnings.catch_warnings():
            # That words of a translation have rough times is said in our documentation.
            warnings.filterwarnings("ignore", message="Word-level timestamps on translations")
            try:
                segments: list[dict[str, Any]] = whisper.transcribe(self._model, window, **arguments)[
                    "segments"
                ]
            except ValueError as error:
                raise InvalidOption(f"openai-whisper refuses these options: {error}.") from error
            except RuntimeError as error:
                raise EngineFailed(
                    f"openai-whisper could not decode {len(window) / RATE:.1f} s: {error}"
                ) from error
        return segments


def _arguments(options: SpeechOptions) -> dict[str, Any]:
    """What openai-whisper calls the options that were asked for; InvalidOption for those without effect."""
    asked = options.asked()
    temperatures = options.temperatures or (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    samples = options.best_of is not None and max(temperatures) > 0
    _refuse(options.decoding == "batched", "decoding = batched", "this engine decodes one window at a time")
    _refuse("best_of" in asked and not samples, "best_of", "no temperature is above 0")
    _refuse("beam_size" in asked and min(temperatures) > 0, "beam_size", "no temperature is 0")
    _refuse("patience" in asked and "beam_size" not in asked, "patience", "there is no beam_size")
    ranked = samples or "beam_size" in asked
    _refuse("length_penalty" in asked and not ranked, "length_penalty", "there is no beam_size or best_of")
    silence = "hallucination_silence_threshold"
    _refuse(silence in asked and not options.word_times, silence, "word times are off")
    if (options.max_new_tokens or 0) > _MOST_TOKENS:
        raise InvalidOption(
            f"max_new_tokens is {options.max_new_tokens}, but Whisper has room for {_MOST_TOKENS}."
        )
    return {
        # Long recordings then cannot get stuck repeating themselves; a person may still ask for it.
        "condition_on_previous_text": False,
        **{theirs: asked[ours] for ours, theirs in _THEIR_NAME.items() if ours in asked},
        "carry_initial_prompt": options.prompt is not None,
        "language": options.language,
        "task": options.task,
        "word_timestamps": options.word_times,
    }


def _refuse(contradiction: bool, option: str, because: str) -> None:
    if contradiction:
        raise InvalidOption(f"{option} would have no effect, because {because}: leave it out.")


def _segment(item: Mapping[str, Any], duration: float) -> Segment:
    """A segment of ours; decoding pads with silence, so times may lie behind the audio's end."""
    words = tuple(
        Word(
            part["word"].strip(),
            min(float(part["start"]), duration),
            min(float(part["end"]), duration),
            round(float(part["probability"]), 4),
        )
        for part in item.get("words", ())
        if part["word"].strip()
    )
    return Segment(
        start=min([float(item["start"]), duration, *(word.start for word in words)]),
        end=max([min(float(item["end"]), duration), *(word.end for word in words)]),
        text=item["text"].strip(),
        words=words,
        confidence=round(math.exp(min(0.0, item["avg_logprob"])), 4),
        no_speech_probability=round(float(item["no_speech_prob"]), 4),
    )
