"""Stand-ins for tests: an engine that hears voiced tones as words, and the sounds it hears.

A word of the vocabulary is a vowel-like sound, and its pitch says which word it is. So a test can say
what it wants to hear back, through files, resampling and cutting, without a model:

    FakeEngine().transcribe([say("Alpha bravo. Charlie.")], SpeechOptions())
"""

import wave
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from auricle.engines import (
    Capabilities,
    Engine,
    EngineIdentity,
    Heard,
    LanguageGuess,
    Samples,
    SpeechOptions,
)
from auricle.engines.leases import ModelPool
from auricle.engines.scheduler import SharedEngine
from auricle.transcript import Segment, Word

RATE = 16_000

#: What can be said and heard, in order of pitch.
VOCABULARY = (
    "alpha",
    "bravo",
    "charlie",
    "delta",
    "echo",
    "foxtrot",
    "golf",
    "hotel",
    "india",
    "juliet",
    "kilo",
    "lima",
    "mike",
    "november",
    "oscar",
    "papa",
    "quebec",
    "romeo",
    "sierra",
    "tango",
    "uniform",
    "victor",
    "whiskey",
    "xray",
    "yankee",
    "zulu",
)

WORD = 0.5
GAP = 0.08
#: Silence (s) after a sentence; the engine takes any silence of half that for a sentence's end.
PAUSE = 0.6

#: Pitches (Hz) lie within one octave, so that no word's harmonics are another's.
_PITCHES = 110.0 + 4.0 * np.arange(len(VOCABULARY))
_HIGHEST = 5000.0
_LOUDNESS = 0.4
_FRAME = RATE // 100
_QUIETEST = 0.003
_SHORTEST = 0.06

CAPABILITIES = Capabilities(
    options=frozenset({"word_times"}),
    languages=frozenset({"en", "de"}),
    word_times=True,
    language_detection=True,
    streaming=True,
    window=30.0,
)


def silence(duration: float) -> Samples:
    """Nothing at all, for `duration` seconds."""
    return np.zeros(round(duration * RATE), dtype=np.float32)


def tone(frequency: float, duration: float, loudness: float = _LOUDNESS) -> Samples:
    """A pure tone (Hz, s, peak amplitude): sound that is not speech."""
    seconds = np.arange(round(duration * RATE)) / RATE
    return (loudness * np.sin(2 * np.pi * frequency * seconds)).astype(np.float32)


def noise(duration: float, loudness: float = _LOUDNESS, seed: int = 0) -> Samples:
    """White noise (s, peak amplitude), the same for the same seed: sound that is not speech."""
    values = np.random.default_rng(seed).uniform(-loudness, loudness, round(duration * RATE))
    return values.astype(np.float32)


def say(text: str, loudness: float = _LOUDNESS) -> Samples:
    """Speak words of the VOCABULARY; a full stop makes a pause. ValueError for any other word.

    `loudness` is the peak amplitude: the engine is less sure of quiet words.
    """
    parts: list[Samples] = [silence(GAP)]
    for word in text.lower().split():
        parts += [_voice(word.rstrip("."), loudness), silence(PAUSE if word.endswith(".") else GAP)]
    return np.concatenate(parts)


def write_wav(path: Path, *channels: Samples, rate: int = RATE) -> Path:
    """Write a 16-bit WAV file, one argument a channel, all of one length; returns its path."""
    pcm = (np.stack(channels, axis=1).clip(-1, 1) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm.tobytes())
    return path


class FakeEngine:
    """Hears what `say` speaks; deaf to silence, noise and tones. Words get sentence case and full stops.

    `on_window` is called with every window's number before the window is heard; it may raise, wait or
    count. `calls` keeps the options of each call.
    """

    def __init__(
        self,
        on_window: Callable[[int], None] | None = None,
        capabilities: Capabilities = CAPABILITIES,
        identity: EngineIdentity | None = None,
    ) -> None:
        self.identity = identity or EngineIdentity("fake", "tones", revision="1")
        self.capabilities = capabilities
        self.calls: list[SpeechOptions] = []
        self.closed = False
        self._on_window = on_window

    def window(self, options: SpeechOptions) -> float | None:  # noqa: ARG002 (the port's signature)
        """As its capabilities say."""
        return self.capabilities.window

    def transcribe(self, windows: Iterable[Samples], options: SpeechOptions) -> Iterator[Heard]:
        """Hear each window; a sentence is a segment."""
        self.calls.append(options)
        for number, window in enumerate(windows):
            if self._on_window is not None:
                self._on_window(number)
            for words in _sentences(_words(window)):
                yield Heard(number, _segment(words, options.word_times))

    def detect_language(
        self,
        samples: Samples,  # noqa: ARG002 (the port's signature)
        options: SpeechOptions,  # noqa: ARG002 (the port's signature)
    ) -> LanguageGuess:
        """English, surely."""
        return LanguageGuess("en", 1.0)

    def close(self) -> None:
        """Remember it."""
        self.closed = True


def _voice(word: str, loudness: float) -> Samples:
    """A vowel that glides from /i/ to /a/: harmonics of the word's pitch under moving formants."""
    if word not in VOCABULARY:
        raise ValueError(f"{word!r} is not in the vocabulary: {' '.join(VOCABULARY)}.")
    pitch = _PITCHES[VOCABULARY.index(word)]
    seconds = np.arange(round(WORD * RATE)) / RATE
    glide = seconds / WORD
    formants = [
        (300 + 450 * glide, 80),
        (2200 - 1000 * glide, 110),
        (2900 - 400 * glide, 160),
        (3500 + 0 * glide, 250),
    ]
    voiced = np.zeros_like(seconds)
    for harmonic in range(1, int(_HIGHEST / pitch)):
        frequency = harmonic * pitch
        gain = sum(1 / (1 + ((frequency - centre) / width) ** 2) for centre, width in formants)
        voiced += (gain + 0.02) * np.cos(2 * np.pi * frequency * seconds) / harmonic
    fade = np.minimum(1, np.minimum(seconds, WORD - seconds) / 0.03)
    voiced *= fade
    return np.asarray(loudness * voiced / np.abs(voiced).max(), dtype=np.float32)


def _words(window: Samples) -> list[Word]:
    """Every stretch of sound that has the pitch of a word."""
    heard = []
    for start, end in _sounds(window):
        sound = window[start:end]
        text = _recognise(sound)
        if text is not None:
            confidence = min(1.0, float(np.abs(sound).max()) / _LOUDNESS)
            heard.append(Word(text, start / RATE, end / RATE, round(confidence, 2)))
    return heard


def _sounds(window: Samples) -> list[tuple[int, int]]:
    """Where (in samples) the window is not silent."""
    frames = window[: len(window) // _FRAME * _FRAME].reshape(-1, _FRAME)
    loud = np.sqrt((frames**2).mean(axis=1)) > _QUIETEST if len(frames) else np.zeros(0, dtype=bool)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], loud, [False]]).astype(np.int8))) * _FRAME
    stretches = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [(start, end) for start, end in stretches if end - start >= _SHORTEST * RATE]


def _recognise(sound: Samples) -> str | None:
    """The word whose harmonics hold most of the sound, or None where none holds much of it."""
    piece = sound[: RATE // 2]
    spectrum: NDArray[np.float64] = np.abs(np.fft.rfft(piece * np.hanning(len(piece)), RATE)) ** 2
    harmonics = [np.rint(pitch * np.arange(1, int(_HIGHEST / pitch))).astype(int) for pitch in _PITCHES]
    spread = np.arange(-6, 7)
    shares = [spectrum[(bins[:, None] + spread).ravel()].sum() / spectrum.sum() for bins in harmonics]
    fundamental = [spectrum[bins[:3, None] + spread].sum(axis=1).min() for bins in harmonics]
    best = int(np.argmax(shares))
    return VOCABULARY[best] if shares[best] > 0.6 and fundamental[best] > 1e-4 * spectrum.sum() else None


def _sentences(words: list[Word]) -> Iterator[list[Word]]:
    """Cut at long silences; write each sentence with a capital letter and a full stop."""
    sentence: list[Word] = []
    for word in words:
        if sentence and word.start - sentence[-1].end > PAUSE / 2:
            yield _punctuated(sentence)
            sentence = []
        sentence.append(word)
    if sentence:
        yield _punctuated(sentence)


def _punctuated(words: list[Word]) -> list[Word]:
    texts = " ".join(word.text for word in words).capitalize() + "."
    return [
        Word(text, word.start, word.end, word.confidence)
        for text, word in zip(texts.split(), words, strict=True)
    ]


def _segment(words: list[Word], word_times: bool) -> Segment:
    return Segment(
        start=words[0].start,
        end=words[-1].end,
        text=" ".join(word.text for word in words),
        words=tuple(words) if word_times else (),
        confidence=round(sum(word.confidence or 0 for word in words) / len(words), 2),
        no_speech_probability=0.0,
    )


class OneEngine(ModelPool[SharedEngine]):
    """A pool that leases the same engine to everybody, whatever they ask for."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(idle=0)
        self._engine = SharedEngine(engine)

    @contextmanager
    def lease(
        self,
        key: Hashable,  # noqa: ARG002 (the pool's signature)
        load: Callable[[], SharedEngine],  # noqa: ARG002 (the pool's signature)
    ) -> Iterator[SharedEngine]:
        """The engine."""
        yield self._engine
