"""Whisper by faster-whisper (CTranslate2): the default engine, on CPU and CUDA."""

import itertools
import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from auricle.engines import Capabilities, EngineIdentity, Heard, LanguageGuess, Samples, SpeechOptions
from auricle.errors import EngineFailed, InvalidOption, ModelUnavailable, UnsupportedOption
from auricle.transcript import Segment, Word
from auricle.transcript.languages import WHISPER_LANGUAGES

NAME = "faster-whisper"
WINDOW = 30.0
_SAMPLE_RATE = 16_000
_WINDOW_SAMPLES = int(WINDOW * _SAMPLE_RATE)

#: Options that faster-whisper's batched pipeline takes and then ignores (1.2.1): asking for one of them
#: means decoding sequentially. `temperatures` and `best_of` belong here because the batched decoder
#: samples with top-k 1, where a temperature changes nothing.
SEQUENTIAL_OPTIONS = frozenset(
    {
        "best_of",
        "compression_ratio_threshold",
        "condition_on_previous_text",
        "hallucination_silence_threshold",
        "log_prob_threshold",
        "max_initial_timestamp",
        "no_speech_threshold",
        "prefix",
        "prompt_reset_on_temperature",
        "temperatures",
    }
)
#: Options of ours that faster-whisper calls by another name.
_THEIR_NAME = {"prompt": "initial_prompt", "temperatures": "temperature", "word_times": "word_timestamps"}
_BATCHED_OPTIONS = frozenset(
    {
        "beam_size",
        "hotwords",
        "length_penalty",
        "max_new_tokens",
        "multilingual",
        "no_repeat_ngram_size",
        "patience",
        "prompt",
        "repetition_penalty",
        "suppress_blank",
        "suppress_tokens",
        "word_times",
    }
)
_DETECTION_OPTIONS = frozenset({"language_detection_segments", "language_detection_threshold"})

CAPABILITIES = Capabilities(
    options=SEQUENTIAL_OPTIONS | _BATCHED_OPTIONS | _DETECTION_OPTIONS | {"batch_size", "decoding"},
    languages=frozenset(WHISPER_LANGUAGES),
    word_times=True,
    translate=True,
    prompt=True,
    hotwords=True,
    language_detection=True,
    streaming=True,
    batch=True,
    window=WINDOW,
)
_ENGLISH_ONLY = replace(
    CAPABILITIES,
    options=CAPABILITIES.options - _DETECTION_OPTIONS - {"multilingual"},
    languages=frozenset({"en"}),
    translate=False,
    language_detection=False,
)


def is_sequential(options: SpeechOptions) -> bool:
    """Whether these options can only be honoured by decoding one window after the other.

    Raises an error where they contradict each other.
    """
    asked = options.asked()
    needs = sorted(SEQUENTIAL_OPTIONS & asked.keys())
    if options.decoding == "batched" and needs:
        raise UnsupportedOption(
            f"Batched decoding cannot honour {', '.join(needs)}: leave out decoding = batched, or the option."
        )
    sequential = options.decoding == "sequential" or bool(needs)
    _refuse(sequential and options.batch_size is not None, "batch_size", "decoding is sequential")
    _refuse(options.hotwords is not None and options.prefix is not None, "hotwords", "a prefix is given")
    silence = options.hallucination_silence_threshold
    _refuse(
        silence is not None and not options.word_times,
        "hallucination_silence_threshold",
        "word times are off",
    )
    reset = options.prompt_reset_on_temperature is not None and not options.condition_on_previous_text
    _refuse(reset, "prompt_reset_on_temperature", "condition_on_previous_text is off")
    shown = bool(options.condition_on_previous_text)
    _refuse(
        shown and options.prefix is not None, "prefix", "windows after the first begin with the text before"
    )
    _refuse(options.patience is not None and options.beam_size == 1, "patience", "beam_size is 1")
    detection = sorted(_DETECTION_OPTIONS & asked.keys())
    _refuse(bool(detection) and options.language is not None, " and ".join(detection), "a language is given")
    _refuse(
        bool(options.multilingual) and options.language is not None, "multilingual", "a language is given"
    )
    return sequential


def _refuse(contradiction: bool, option: str, because: str) -> None:
    if contradiction:
        raise InvalidOption(f"{option} would have no effect, because {because}: leave one of them out.")


class FasterWhisper:
    """One Whisper model in memory. Calls from several threads share it.

    `lanes` batches are in work at once: while one is in its single-threaded stretches (features,
    token search, alignment) another keeps the remaining cores busy.
    """

    def __init__(self, model: Any, identity: EngineIdentity, *, batch_size: int = 8, lanes: int = 2) -> None:
        self._model = model
        self._batch_size = batch_size
        self._lanes = lanes
        self.identity = identity
        self.capabilities = _capabilities(model.model.is_multilingual, identity.model)

    def window(self, options: SpeechOptions) -> float | None:
        """30 s, Whisper's own; any length where each window is shown the text before it."""
        last = self._model.hf_tokenizer.get_vocab_size() - 1
        for token in options.suppress_tokens or ():
            if not -1 <= token <= last:  # CTranslate2 would write beyond its memory
                raise InvalidOption(f"suppress_tokens has {token}, but this model's tokens are 0 to {last}.")
        return None if is_sequential(options) and options.condition_on_previous_text else WINDOW

    def transcribe(self, windows: Iterable[Samples], options: SpeechOptions) -> Iterator[Heard]:
        """See `Engine.transcribe`; options only the sequential path honours choose that path."""
        if is_sequential(options):
            yield from self._sequential(windows, options)
        else:
            yield from self._batched(windows, options)

    def detect_language(self, samples: Samples, options: SpeechOptions) -> LanguageGuess:
        """The language by Whisper's own detection on the first windows of `samples`."""
        if not self._model.model.is_multilingual:
            return LanguageGuess("en", 1.0)
        asked = {name: getattr(options, name) for name in _DETECTION_OPTIONS & options.asked().keys()}
        language, probability, _ = self._model.detect_language(audio=samples, **asked)
        return LanguageGuess(language, round(float(probability), 4))

    def close(self) -> None:
        """Free the model's memory."""
        self._model.model.unload_model()

    def _sequential(self, windows: Iterable[Samples], options: SpeechOptions) -> Iterator[Heard]:
        arguments = {"condition_on_previous_text": False, **self._arguments(options)}
        for number, samples in enumerate(windows):
            if len(samples):
                segments, _ = self._model.transcribe(samples, vad_filter=False, **arguments)
                yield from (Heard(number, _segment(segment)) for segment in _guarded(segments))

    def _batched(self, windows: Iterable[Samples], options: SpeechOptions) -> Iterator[Heard]:
        pool = ThreadPoolExecutor(self._lanes, thread_name_prefix="whisper")
        working: deque[tuple[int, Future[list[Heard]]]] = deque()
        number = 0
        try:
            for batch in _batches(windows, self._lanes, options.batch_size or self._batch_size):
                working.append((number, pool.submit(self._decode, batch, options)))
                number += len(batch)
                if len(working) > self._lanes:
                    yield from _renumbered(*working.popleft())
            while working:
                yield from _renumbered(*working.popleft())
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _decode(self, batch: Sequence[Samples], options: SpeechOptions) -> list[Heard]:
        """Decode up to `batch_size` windows side by side: they lie in one array, 30 s apart."""
        from faster_whisper import BatchedInferencePipeline

        audio = np.zeros(len(batch) * _WINDOW_SAMPLES, np.float32)
        clips = []
        for number, samples in enumerate(batch):
            begin = number * _WINDOW_SAMPLES
            audio[begin : begin + len(samples)] = samples
            clips.append({"start": number * WINDOW, "end": number * WINDOW + len(samples) / _SAMPLE_RATE})
        segments, _ = BatchedInferencePipeline(self._model).transcribe(
            audio,
            clip_timestamps=clips,
            batch_size=len(batch),
            without_timestamps=False,
            **self._arguments(options),
        )
        return [_relative(_segment(segment)) for segment in _guarded(segments)]

    def _arguments(self, options: SpeechOptions) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            _THEIR_NAME.get(name, name): getattr(options, name)
            for name in (SEQUENTIAL_OPTIONS | _BATCHED_OPTIONS) & options.asked().keys()
        }
        for name in ("temperature", "suppress_tokens"):
            if name in arguments:
                arguments[name] = list(arguments[name])
        arguments |= {"task": options.task, "word_timestamps": options.word_times}
        return arguments | {"language": options.language}


def load(
    path: Path,
    *,
    model: str,
    revision: str | None = None,
    device: str = "cpu",
    compute_type: str = "int8",
    threads: int = 0,
    batch_size: int = 8,
    warnings: tuple[str, ...] = (),
) -> FasterWhisper:
    """Load a CTranslate2 Whisper model from its folder.

    `threads` is the number of CPU cores to use; they are shared out to lanes. On CUDA one real decode
    proves that the device works; where it does not, the model is loaded on the CPU with a warning.
    """
    if device == "cuda":
        identity = EngineIdentity(NAME, model, revision, device, compute_type, warnings)
        try:
            engine = _load(path, identity, threads=0, workers=1, lanes=2, batch_size=batch_size)
            self_test(engine)
        except (RuntimeError, ValueError, EngineFailed) as error:
            warnings = (
                *warnings,
                f"CUDA failed its self-test ({_first_line(error)}), so the CPU is used, in int8.",
            )
            compute_type = "int8"
        else:
            return engine
    identity = EngineIdentity(NAME, model, revision, "cpu", compute_type, warnings)
    lanes = _cpu_lanes(threads)
    try:
        return _load(
            path,
            identity,
            threads=max(1, threads // lanes),
            # One more than a file keeps busy, so that a short request never waits behind its batches. They
            # share the weights: of 57 MB that the tests' model takes, a further worker makes 57.1.
            workers=lanes + 1,
            lanes=lanes,
            batch_size=batch_size,
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise ModelUnavailable(
            f"The model {model} in {path} cannot be loaded ({_first_line(error)}). "
            "`auricle models verify` finds damaged files, `auricle models pull --force` fetches them again."
        ) from error


def _cpu_lanes(threads: int) -> int:
    """How many batches to decode at once: two or more wherever there are cores for them.

    Matrix products of this size hardly gain from more than four threads, and lose much of a second one.
    """
    return min(max(threads, 1), 2) if threads < 12 else 4


def _capabilities(multilingual: bool, model: str) -> Capabilities:
    """What a model can do: those for English know English, and turbo and distilled ones cannot translate.

    The latter take the task and write the spoken language all the same: they were trained without it
    (openai/whisper, model-card.md; huggingface/distil-whisper).
    """
    if not multilingual:
        return _ENGLISH_ONLY
    name = model.lower()
    return replace(CAPABILITIES, translate=False) if "turbo" in name or "distil" in name else CAPABILITIES


def self_test(engine: FasterWhisper) -> None:
    """Decode a second of silence for real; raises EngineFailed where the device cannot."""
    silence = np.zeros(_SAMPLE_RATE, np.float32)
    for _ in engine.transcribe([silence], SpeechOptions(language="en", word_times=False, max_new_tokens=4)):
        pass


def _load(
    path: Path, identity: EngineIdentity, *, threads: int, workers: int, lanes: int, batch_size: int
) -> FasterWhisper:
    from faster_whisper import WhisperModel
    from threadpoolctl import threadpool_limits

    # What numpy multiplies here is small: while one thread works, OpenBLAS's others would keep cores busy
    # with waiting (a third of a short request's CPU time).
    threadpool_limits(1, user_api="blas")
    model = WhisperModel(
        str(path),
        device=identity.device,
        compute_type=identity.compute_type or "default",
        cpu_threads=threads,
        num_workers=workers,
        local_files_only=True,
    )
    return FasterWhisper(model, identity, batch_size=batch_size, lanes=lanes)


def _batches(windows: Iterable[Samples], lanes: int, most: int) -> Iterator[list[Samples]]:
    """Batches that start small and double, so that every lane has work as soon as windows appear.

    Sizes depend on the number of windows alone, never on timing: the same windows are always decoded
    in the same company, which keeps results repeatable.
    """
    source = iter(windows)
    size = 1
    while round_ := list(itertools.islice(source, size * lanes)):
        share = math.ceil(len(round_) / lanes)
        yield from (round_[i : i + share] for i in range(0, len(round_), share))
        size = min(size * 2, most)


def _renumbered(first: int, future: Future[list[Heard]]) -> Iterator[Heard]:
    for heard in future.result():
        yield Heard(first + heard.window, heard.segment)


def _guarded(segments: Iterable[Any]) -> Iterator[Any]:
    """Decode lazily: segments with text, and the library's errors in our words."""
    try:
        yield from (segment for segment in segments if segment.text.strip())
    except ValueError as error:
        raise InvalidOption(f"Whisper refuses these options: {_first_line(error)}") from error
    except RuntimeError as error:
        raise EngineFailed(f"Whisper failed while decoding: {_first_line(error)}") from error


def _segment(segment: Any) -> Segment:
    words = tuple(
        Word(word.word.strip(), float(word.start), float(word.end), round(float(word.probability), 4))
        for word in segment.words or ()
        if word.word.strip()
    )
    return Segment(
        start=float(segment.start),
        end=float(segment.end),
        text=segment.text.strip(),
        words=words,
        id=segment.seek,
        confidence=round(math.exp(min(0.0, segment.avg_logprob)), 4),
        no_speech_probability=round(float(segment.no_speech_prob), 4),
    )


def _relative(segment: Segment) -> Heard:
    """A segment of a batch's array as one of its window (`id` still holds the window's first frame)."""
    window = segment.id // int(WINDOW * 100)
    begin = window * WINDOW
    words = tuple(replace(word, start=word.start - begin, end=word.end - begin) for word in segment.words)
    return Heard(
        window, replace(segment, start=segment.start - begin, end=segment.end - begin, words=words, id=0)
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0].rstrip(".") or type(error).__name__
