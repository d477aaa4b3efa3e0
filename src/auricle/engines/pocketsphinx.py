"""The engine of last resort: PocketSphinx, whose English model comes with the package."""

import re
from collections.abc import Iterable, Iterator
from threading import Lock
from typing import Any

import numpy as np

from auricle.engines import Capabilities, EngineIdentity, Heard, LanguageGuess, Samples, SpeechOptions
from auricle.errors import EngineFailed, EngineUnavailable, UnsupportedOption
from auricle.transcript import Segment, Word

NAME = "pocketsphinx"

CAPABILITIES = Capabilities(
    options=frozenset({"word_times"}),
    languages=frozenset({"en"}),
    word_times=True,
    window=30.0,
)

WARNING = (
    "Made by PocketSphinx, the engine of last resort: in free speech more than half of the words are often "
    "wrong, and there is no punctuation. Choose a Whisper model for text to rely on."
)

_FRAMES_PER_SECOND = 100
#: Below this amplitude (-80 dB) there is nothing to hear, and the decoder would make up words.
_QUIETEST = 1e-4
#: A silence (s) this long ends a segment.
_PAUSE = 0.5


def load(*, warnings: tuple[str, ...] = ()) -> "PocketSphinx":
    """Load the English model; EngineUnavailable where the package or its model is missing.

    `warnings` say why it is used and go into every transcript, before its own.
    """
    try:
        from pocketsphinx import Decoder

        return PocketSphinx(Decoder(loglevel="FATAL"), warnings)
    except (ImportError, RuntimeError) as error:
        raise EngineUnavailable(
            f"PocketSphinx cannot start ({error}). Install it again: "
            "pip install --force-reinstall pocketsphinx."
        ) from error


class PocketSphinx:
    """English only, any accent badly. One decoder behind a lock: it is not safe for threads."""

    capabilities = CAPABILITIES

    def __init__(self, decoder: Any, warnings: tuple[str, ...] = ()) -> None:
        self.identity = EngineIdentity(NAME, "en-us", revision="5prealpha", warnings=(*warnings, WARNING))
        self._decoder = decoder
        self._lock = Lock()

    def window(self, options: SpeechOptions) -> float | None:  # noqa: ARG002 (the port's signature)
        """30 s: one utterance each."""
        return self.capabilities.window

    def transcribe(self, windows: Iterable[Samples], options: SpeechOptions) -> Iterator[Heard]:
        """Decode each window as one utterance; a pause in it starts a new segment."""
        for number, window in enumerate(windows):
            for words in _phrases(self._decode(window)):
                yield Heard(number, _segment(words, options.word_times))

    def detect_language(
        self,
        samples: Samples,  # noqa: ARG002 (the port's signature)
        options: SpeechOptions,  # noqa: ARG002 (the port's signature)
    ) -> LanguageGuess:
        """Not possible: it knows English only."""
        raise UnsupportedOption("The engine pocketsphinx cannot detect languages; it knows English only.")

    def close(self) -> None:
        """Let the model go."""
        with self._lock:
            self._decoder = None

    def _decode(self, window: Samples) -> list[Word]:
        if len(window) == 0 or np.abs(window).max() < _QUIETEST:
            return []
        pcm = (np.clip(window, -1, 1) * 32767).astype("<i2").tobytes()
        with self._lock:
            decoder = self._decoder
            try:
                # Forgets the noise it learned from the last window.
                decoder.reinit_feat()
                decoder.start_utt()
                # The whole utterance at once: its own mean normalises it.
                decoder.process_raw(pcm, full_utt=True)
                decoder.end_utt()
            except RuntimeError as error:
                raise EngineFailed(
                    f"PocketSphinx could not decode {len(window) / 16_000:.1f} s: {error}."
                ) from error
            return _words(decoder)


def _words(decoder: Any) -> list[Word]:
    """What was really said: no silence, no noise, no mark of another pronunciation, as in `the(2)`."""
    if decoder.hyp() is None:
        return []
    return [
        Word(
            text=re.sub(r"\(\d+\)$", "", part.word),
            start=part.start_frame / _FRAMES_PER_SECOND,
            end=(part.end_frame + 1) / _FRAMES_PER_SECOND,
            confidence=round(min(1.0, part.prob), 4),
        )
        for part in decoder.seg()
        if not part.word.startswith(("<", "["))
    ]


def _phrases(words: list[Word]) -> Iterator[list[Word]]:
    """Cut at pauses."""
    phrase: list[Word] = []
    for word in words:
        if phrase and word.start - phrase[-1].end >= _PAUSE:
            yield phrase
            phrase = []
        phrase.append(word)
    if phrase:
        yield phrase


def _segment(words: list[Word], word_times: bool) -> Segment:
    return Segment(
        start=words[0].start,
        end=words[-1].end,
        text=" ".join(word.text for word in words),
        words=tuple(words) if word_times else (),
        confidence=round(sum(word.confidence or 0.0 for word in words) / len(words), 4),
    )
