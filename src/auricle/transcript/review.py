"""What a reader should doubt in a transcript, and why."""

import math
import re
import zlib
from collections.abc import Sequence

from auricle.transcript.model import Segment, Transcript, Word

#: The same words again and again: the decoder was caught in a loop.
REPETITION = "repetition"
#: Text where there is probably no speech.
NO_SPEECH = "no-speech"
#: More or fewer words than a person can say in the time.
SPEAKING_RATE = "speaking-rate"
#: The engine itself was unsure.
LOW_CONFIDENCE = "low-confidence"
#: Some word times were not heard but placed between their neighbours.
INTERPOLATED_TIMES = "interpolated-times"

#: Every flag with the sentence that explains it to people.
FLAGS = {
    REPETITION: "The same words repeat; the engine may have been caught in a loop.",
    NO_SPEECH: "There is probably no speech here.",
    SPEAKING_RATE: "Nobody speaks this fast, or this slowly.",
    LOW_CONFIDENCE: "The engine was unsure of these words.",
    INTERPOLATED_TIMES: "Some word times were estimated from their neighbours.",
}

#: Whisper's own bounds: text that compresses better than this is a loop, and a mean token probability
#: of less than 1/e is a failed decode (Radford et al. 2022, section 4.5).
COMPRESSION_LIMIT = 2.4
CONFIDENCE_LIMIT = math.exp(-1)
NO_SPEECH_LIMIT = 0.6

#: A word with less confidence is doubtful until a person has checked it: the engine held it likelier that
#: something else was said. It is the only bound that means the same with every engine.
DOUBTFUL_BELOW = 0.5

# Fast speech stays under 8 syllables, 25 letters or 12 ideographs a second; a tenth of a word a second
# is slower than any dictation.
_LETTERS_PER_SECOND = 30.0
_IDEOGRAPHS_PER_SECOND = 15.0
_SLOWEST_WORDS_PER_SECOND = 0.1
_SLOW_FROM = 10.0
_IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
# Words, ideographs, and pieces of what is too long for a word: twelve letters show a loop of 1, 2, 3, 4 or 6.
_TOKEN = re.compile(rf"{_IDEOGRAPH.pattern}|\w{{1,12}}")
_PHRASE = 4
_REPEATED_SHARE = 0.6


def doubts(segment: Segment) -> tuple[str, ...]:
    """The flags a segment deserves for its text, its times and what the engine said of it."""
    silent = (segment.no_speech_probability or 0.0) > NO_SPEECH_LIMIT
    unsure = segment.confidence is not None and segment.confidence < CONFIDENCE_LIMIT
    found = {
        REPETITION: is_repetitive(segment.text),
        NO_SPEECH: silent,
        SPEAKING_RATE: has_impossible_rate(segment),
        LOW_CONFIDENCE: unsure,
    }
    return tuple(flag for flag, holds in found.items() if holds)


def is_doubtful(word: Word) -> bool:
    """Whether a person should listen to this word: the engine was unsure, and nobody has checked it."""
    return word.confidence is not None and word.confidence < DOUBTFUL_BELOW and not word.checked


def doubtful_words(transcript: Transcript) -> int:
    """How many words of a transcript a person should listen to."""
    return sum(is_doubtful(word) for segment in transcript.segments for word in segment.words)


def is_repetitive(text: str) -> bool:
    """Whether text goes round in circles.

    It does when it says the same two to six words five times running, or a single word eight times
    (people do count and stammer), or when it compresses like a loop and three fifths of its phrases of
    four words were said before: counting, spelled digits and scripts of three bytes a letter compress well.
    """
    tokens = _TOKEN.findall(text.lower())
    runs = ((1, 8), (2, 5), (3, 5), (4, 5), (5, 5), (6, 5))
    if any(_runs(tokens, size, times) for size, times in runs):
        return True
    raw = text.encode()
    return len(raw) > COMPRESSION_LIMIT * len(zlib.compress(raw)) and _said_before(tokens) >= _REPEATED_SHARE


def _runs(tokens: Sequence[str], size: int, times: int) -> bool:
    run = 0
    for token, before in zip(tokens[size:], tokens, strict=False):
        run = run + 1 if token == before else 0
        if run >= size * (times - 1):
            return True
    return False


def _said_before(tokens: Sequence[str]) -> float:
    """The share (0..1) of phrases that occur earlier in the text."""
    phrases = list(zip(*(tokens[first:] for first in range(_PHRASE)), strict=False))
    return 1 - len(set(phrases)) / len(phrases) if phrases else 0.0


def has_impossible_rate(segment: Segment) -> bool:
    """Whether nobody could say this text in this time."""
    duration = max(segment.end - segment.start, 0.02)
    ideographs = len(_IDEOGRAPH.findall(segment.text))
    spelled = _IDEOGRAPH.sub(" ", segment.text)
    letters = sum(character.isalnum() for character in spelled)
    needed = letters / _LETTERS_PER_SECOND + ideographs / _IDEOGRAPHS_PER_SECOND
    # Whisper's times step by 0.02 s and short words get squeezed at a window's edge.
    if needed > duration + 0.25:
        return True
    words = ideographs + len(re.findall(r"\w+", spelled))
    return duration > _SLOW_FROM and words / duration < _SLOWEST_WORDS_PER_SECOND
