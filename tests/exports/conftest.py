"""Transcripts that the export tests share."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from auricle.transcript import MadeWith, Segment, Speaker, Transcript, Word

SENTENCES = (
    ("S1", "Good morning, everyone, and thank you for coming to the spring meeting of the committee."),
    ("S1", "Before we begin, a word about the budget: it's smaller than last year."),
    ("S2", "=SUM(A1:A9) --> is not <b>what</b> I'd say & [mean] aloud."),
    ("S1", "השאלה הזאת חשובה מאוד."),
    ("S2", "这是一个非常重要的问题，我们应该仔细考虑一下，然后再做决定。"),
)


def speak(sentences: Sequence[tuple[str | None, str]]) -> tuple[Segment, ...]:
    """Segments said one after the other at 14 characters a second, with every word timed."""
    now, segments = 0.5, []
    for number, (speaker, text) in enumerate(sentences):
        words = []
        for word in text.split():
            words.append(Word(word, round(now, 3), round(now + len(word) / 14, 3), 0.9, speaker))
            now += (len(word) + 1) / 14
        segments.append(Segment(words[0].start, words[-1].end, text, tuple(words), number, speaker, 0.875))
        now += 0.4
    return tuple(segments)


@pytest.fixture
def talk() -> Transcript:
    """Two people, three scripts, and everything that means something to a file format."""
    segments = speak(SENTENCES)
    return Transcript(
        language="en",
        duration=segments[-1].end + 1,
        segments=segments,
        made_with=MadeWith("faster-whisper", "base", warnings=("Heard with low accuracy.",)),
        speakers=(Speaker("S1", "Alice Müller", 12.0), Speaker("S2", "Bob", 8.0)),
    )


@pytest.fixture
def alone(talk: Transcript) -> Transcript:
    """The same words by one person whom nobody named."""
    segments = tuple(replace(one, speaker=None) for one in talk.segments)
    return replace(talk, segments=segments, speakers=())


@pytest.fixture
def silence() -> Transcript:
    """A recording in which nobody speaks."""
    return Transcript(language=None, duration=30.0, segments=(), made_with=MadeWith("faster-whisper", "base"))
