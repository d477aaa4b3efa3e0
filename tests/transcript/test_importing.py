"""Transcripts from elsewhere."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.errors import InvalidOption
from auricle.exports import export
from auricle.transcript import MadeWith, Segment, Speaker, Transcript, Word
from auricle.transcript.importing import read_transcript

SRT = """1
00:00:01,000 --> 00:00:02,500
Hello <i>there</i>,
world.

2
00:00:03,000 --> 00:00:04,000
ANNA: Fine & well.
"""
VTT = """WEBVTT - a title

NOTE nothing to see

STYLE
::cue { color: red }

intro
00:01.000 --> 00:02.500 align:start
<v.loud Anna Berg>Hello &amp; <00:01.500>welcome</v>

00:00:03.000 --> 00:00:04.000
<v Ben>Thanks.
"""


def said(content: str | bytes) -> list[tuple[float, float, str | None, str]]:
    raw = content.encode() if isinstance(content, str) else content
    return [(one.start, one.end, one.speaker, one.text) for one in read_transcript(raw).segments]


def test_srt_is_read() -> None:
    assert said(SRT) == [(1.0, 2.5, None, "Hello there, world."), (3.0, 4.0, None, "ANNA: Fine & well.")]
    transcript = read_transcript(SRT.encode(), 60.0)
    assert (transcript.duration, transcript.made_with.engine, transcript.made_with.model) == (
        60,
        "import",
        "srt",
    )


def test_webvtt_is_read_with_its_speakers_and_word_times() -> None:
    transcript = read_transcript(VTT.encode())
    assert said(VTT) == [(1.0, 2.5, "Anna Berg", "Hello & welcome"), (3.0, 4.0, "Ben", "Thanks.")]
    assert [one.name for one in transcript.speakers] == ["Anna Berg", "Ben"]
    words = transcript.segments[0].words
    assert [(word.text, word.start, word.end) for word in words] == [
        ("Hello", 1.0, 1.25),
        ("&", 1.25, 1.5),
        ("welcome", 1.5, 2.5),
    ]


def test_the_number_of_a_cue_may_stand_without_an_empty_line_before_it() -> None:
    crowded = "1\n00:01,000 --> 00:02,000\nOne\n2\n00:03,000 --> 00:04,000\nTwo"
    assert [text for *_, text in said(crowded)] == ["One", "Two"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_other_encodings_are_read(encoding: str) -> None:
    transcript = read_transcript(SRT.replace("Hello", "Müßig").encode(encoding))
    assert transcript.segments[0].text.startswith("Müßig")
    assert bool(transcript.made_with.warnings) == (encoding == "cp1252")


def test_line_endings_do_not_matter() -> None:
    assert said(SRT.replace("\n", "\r\n")) == said(SRT.replace("\n", "\r")) == said(SRT)


def test_whisper_and_openai_json_are_read() -> None:
    inside = {
        "segments": [{"start": 0, "end": 1, "text": " Hi", "words": [_word("Hi", 0, 1.2)]}],
        "language": "en",
    }
    beside = {
        "duration": 9.5,
        "language": "english",
        "segments": [{"start": 0, "end": 1, "text": "Hi"}, {"start": 2, "end": 3, "text": "you"}],
        "words": [_word("Hi", 0.1, 0.4), _word("you", 2.2, 2.5)],
    }
    first = read_transcript(json.dumps(inside).encode())
    assert (first.language, first.segments[0].words) == ("en", (Word("Hi", 0.0, 1.0, 0.5),))
    second = read_transcript(json.dumps(beside).encode())
    assert (second.language, second.duration) == ("en", 9.5)
    assert [[word.text for word in one.words] for one in second.segments] == [["Hi"], ["you"]]


def _word(text: str, start: float, end: float) -> dict[str, object]:
    return {"word": f" {text}", "start": start, "end": end, "probability": 0.5}


@pytest.fixture
def own() -> Transcript:
    words = (Word("Hello", 0.5, 1.0, 0.9, "a"), Word("you.", 1.0, 2.0, 0.8, "a"))
    return Transcript(
        "en",
        10.0,
        (
            Segment(0.5, 2.0, "Hello you.", words, id=0, speaker="a"),
            Segment(3.0, 4.0, "Bye.", id=1, speaker="b"),
        ),
        MadeWith("faster-whisper", "small"),
        speakers=(Speaker("a", "Anna", 1.5), Speaker("b", "Ben", 1.0)),
    )


def test_our_own_json_comes_back_as_it_was(own: Transcript) -> None:
    assert read_transcript(own.to_json().encode()) == own


@pytest.mark.parametrize("name", ["srt", "vtt"])
def test_our_own_subtitles_come_back_with_times_and_text(own: Transcript, name: str) -> None:
    content = export(own, name, title="t", options={"speakers": "no"}).content
    assert [(start, text) for start, _, _, text in said(content)] == [(0.5, "Hello you."), (3.0, "Bye.")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty"),
        (b"just a letter", "holds no cues"),
        (b"1\n00:00:05,000 --> 00:00:01,000\nx", "Line 2: the cue ends before it begins"),
        (b"1\n00:0x:05,000 --> 00:00:01,000\nx", "Line 2: '00:0x:05,000' is no time"),
        (b"1\n00:00:05,000 -->\nx", "Line 2: .* is no time range"),
        (b"{", "looks like JSON but is none"),
        (b"[1, 2]", "no list named segments"),
        (b'{"segments": [{"start": 0}]}', "The JSON is no transcript"),
        (b'{"segments": [{"start": "x", "end": 1, "text": "a"}]}', "The JSON is no transcript"),
        (b'{"segments": [{"start": 5, "end": 1, "text": "a"}]}', "times have to grow"),
        (b'{"segments": [{"start": NaN, "end": 1, "text": "a"}]}', "times have to grow"),
        (b'{"segments": [{"start": 0, "end": 1e400, "text": "a"}]}', "times have to grow"),
        (b'{"schema": "auricle.transcript/1"}', "The JSON is no transcript"),
        (b"[" * 100_000, "JSON"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(content: bytes, words: str) -> None:
    with pytest.raises(InvalidOption, match=words):
        read_transcript(content)


@given(content=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
@settings(max_examples=300, deadline=None)
def test_no_file_raises_anything_but_a_sentence(content: bytes) -> None:
    for body in (content, b"WEBVTT\n\n" + content, b"{" + content, SRT.encode()[:40] + content):
        with contextlib.suppress(InvalidOption):
            read_transcript(body)
