"""Sentences made of segments: cut where a reader would stop, with every word kept."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.transcript import Segment, Word
from auricle.transcript.lines import join
from auricle.transcript.sentences import sentences

WORD = 0.3
GAP = 0.05


def segment(
    text: str,
    start: float = 0.0,
    *,
    tokens: Sequence[str] | None = None,
    gaps: dict[int, float] | None = None,
) -> Segment:
    """A segment whose words last 0.3 s, 0.05 s apart; `gaps` (s) come before words of these numbers."""
    words = []
    now = start
    for number, token in enumerate(text.split() if tokens is None else tokens):
        now += (gaps or {}).get(number, 0.0)
        words.append(Word(token, round(now, 3), round(now + WORD, 3), 0.9))
        now += WORD + GAP
    return Segment(start, words[-1].end, text, tuple(words))


def texts(segments: Iterable[Segment], **options: float) -> list[str]:
    return [one.text for one in sentences(segments, **options)]


def one_after_another(*parts: str) -> list[Segment]:
    """Segments of these texts, each beginning where the last ended."""
    found: list[Segment] = []
    for text in parts:
        found.append(segment(text, found[-1].end + GAP if found else 0.0))
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello there. How are you? Fine!", ["Hello there.", "How are you?", "Fine!"]),
        ("Dr. Brown met Mrs. Smith. They talked.", ["Dr. Brown met Mrs. Smith.", "They talked."]),
        ("Take fruit, e.g. Apples. Or none.", ["Take fruit, e.g. Apples.", "Or none."]),
        ("J. R. R. Tolkien wrote it. I read it.", ["J. R. R. Tolkien wrote it.", "I read it."]),
        ("The U.S. Army came. It left.", ["The U.S. Army came.", "It left."]),
        ("It costs 3.5 dollars. Cheap!", ["It costs 3.5 dollars.", "Cheap!"]),
        ("Play No. 5 now. Thanks.", ["Play No. 5 now.", "Thanks."]),
        ("He said no. Then he left.", ["He said no.", "Then he left."]),
        ("Am 5. Mai und 12. Juni. Gut.", ["Am 5. Mai und 12. Juni.", "Gut."]),
        ("In 2019. Then again.", ["In 2019.", "Then again."]),
        ("Pears etc. were sold. All.", ["Pears etc. were sold.", "All."]),
        ("I was... thinking. Well… Yes.", ["I was... thinking.", "Well…", "Yes."]),
        ("He said, “Go away.” She went.", ["He said, “Go away.”", "She went."]),
        ("“What?” he asked. (Nobody knew.) Silence.", ["“What?” he asked.", "(Nobody knew.)", "Silence."]),
        ("هل أنت هنا؟ نعم أنا هنا.", ["هل أنت هنا؟", "نعم أنا هنا."]),
        ("मैं यहाँ हूँ। तुम कहाँ हो?", ["मैं यहाँ हूँ।", "तुम कहाँ हो?"]),
    ],
)
def test_a_segment_is_cut_where_sentences_end(text: str, expected: list[str]) -> None:
    assert texts([segment(text)]) == expected


def test_scripts_without_spaces_are_cut_too_and_get_none() -> None:
    whole = segment("今日は晴れ。明日は雨。", tokens=["今日", "は", "晴れ。", "明日", "は", "雨。"])
    assert texts([whole]) == ["今日は晴れ。", "明日は雨。"]
    halves = [
        segment("今日は", tokens=["今日", "は"]),
        segment("晴れです。", 0.7, tokens=["晴れ", "です。"]),
    ]
    assert texts(halves) == ["今日は晴れです。"]


def test_a_quotation_mark_stays_with_the_sentence_it_opens() -> None:
    text = "He left. “Good,” she said."
    bare = segment(text, tokens=["He", "left", "Good", "she", "said"])
    assert texts([bare]) == ["He left.", "“Good,” she said."]


def test_an_abbreviation_before_a_clear_pause_ends_the_sentence() -> None:
    assert texts([segment("We met at 5 p.m. Then we left.", gaps={5: 0.7})]) == [
        "We met at 5 p.m.",
        "Then we left.",
    ]


def test_a_sentence_over_a_segment_s_edge_is_put_together_again() -> None:
    parts = one_after_another("The quick brown", "fox jumps. Over", "the dog.")
    assert texts(parts) == ["The quick brown fox jumps.", "Over the dog."]
    parts = one_after_another("We waited, and then,", "I think, he came.")
    assert texts(parts) == ["We waited, and then, I think, he came."]


def test_segments_without_full_stops_stay_apart_where_one_begins_with_a_capital_or_after_a_pause() -> None:
    assert texts(one_after_another("we waited", "Then he came")) == ["we waited", "Then he came"]
    assert texts([segment("we waited"), segment("then he came", 1.4)]) == ["we waited", "then he came"]


def test_a_long_pause_and_another_speaker_end_a_sentence() -> None:
    assert texts([segment("so I thought", gaps={2: 1.6})]) == ["so I", "thought"]
    assert texts([segment("so I thought", gaps={2: 1.6})], pause=2.0) == ["so I thought"]
    first, second = one_after_another("are you", "coming over")
    cut = list(sentences([replace(first, speaker="A"), replace(second, speaker="B")]))
    assert [(one.text, one.speaker) for one in cut] == [("are you", "A"), ("coming over", "B")]


def test_words_decide_who_speaks() -> None:
    whole = segment("are you yes I am")
    voices = ["A", "A", "B", "B", "B"]
    words = tuple(replace(word, speaker=who) for word, who in zip(whole.words, voices, strict=True))
    cut = list(sentences([replace(whole, words=words)]))
    assert [(one.text, one.speaker) for one in cut] == [("are you", "A"), ("yes I am", "B")]


def test_a_sentence_too_long_to_read_is_cut_after_a_clause() -> None:
    text = "one two three four five, six seven eight nine ten eleven twelve"
    assert texts([segment(text)], most_characters=45) == [
        "one two three four five,",
        "six seven eight nine ten eleven twelve",
    ]
    assert texts([segment(text)], longest=2.9)[0] == "one two three four five,"


def test_a_sentence_too_long_without_a_clause_is_cut_at_its_longest_pause() -> None:
    assert texts([segment("one two three four five six seven", gaps={4: 0.3})], most_characters=28) == [
        "one two three four",
        "five six seven",
    ]


def test_small_letters_after_every_full_stop_do_not_make_one_endless_sentence() -> None:
    text = "the first one. the second one. the third one. the fourth one."
    assert texts([segment(text)], most_characters=40) == [
        "the first one. the second one.",
        "the third one. the fourth one.",
    ]


def test_segments_without_word_times_pass_unchanged() -> None:
    bare = Segment(1.0, 9.0, "Hello there. How are you?", flags=("no-speech",))
    parts = [segment("so this"), bare, segment("is it", 10.0)]
    assert list(sentences(parts)) == parts


def test_flags_are_kept_and_confidence_is_averaged_by_words() -> None:
    first, second = one_after_another("we went", "home again now then.")
    first = replace(first, confidence=0.3, no_speech_probability=0.0, flags=("low-confidence",))
    second = replace(second, confidence=0.9, no_speech_probability=0.6, flags=("no-speech", "low-confidence"))
    [whole] = sentences([first, second])
    assert whole.flags == ("low-confidence", "no-speech")
    assert whole.confidence == pytest.approx(0.7)
    assert whole.no_speech_probability == pytest.approx(0.4)
    assert (whole.start, whole.end) == (first.start, second.end)


def test_a_confidence_nobody_gave_stays_unknown() -> None:
    first, second = one_after_another("we went", "home.")
    assert [one.confidence for one in sentences([first, second])] == [None]
    [whole] = sentences([first, replace(second, confidence=0.5)])
    assert whole.confidence == 0.5


TOKENS = [
    "a",
    "Then",
    "dog,",
    "end.",
    "Dr.",
    "5.",
    "what?",
    "“So",
    "it”",
    "e.g.",
    "...",
    "—",
    "今日",
    "雨。",
    "(or",
    "I.",
]


@st.composite
def transcripts(draw: st.DrawFn) -> list[Segment]:
    found: list[Segment] = []
    now = 0.0
    for tokens in draw(st.lists(st.lists(st.sampled_from(TOKENS), min_size=1, max_size=12), max_size=8)):
        gaps = {number: draw(st.sampled_from([0.0, 0.0, 0.4, 2.0])) for number in range(len(tokens))}
        one = segment(" ".join(tokens), now, gaps=gaps)
        speaker = draw(st.sampled_from([None, "A", "B"]))
        timed = draw(st.integers(0, 5)) > 0
        found.append(replace(one, speaker=speaker, words=one.words if timed else ()))
        now = one.end + GAP
    return found


@given(transcripts(), st.sampled_from([2.0, 20.0]), st.sampled_from([20, 220]))
@settings(deadline=None)
def test_no_word_is_lost_changed_or_moved(segments: list[Segment], longest: float, most: int) -> None:
    cut = list(sentences(segments, longest=longest, most_characters=most))
    assert [word for one in cut for word in one.words] == [word for one in segments for word in one.words]
    spaceless = [join(one.text for one in some).replace(" ", "") for some in (cut, segments)]
    assert spaceless[0] == spaceless[1]
    timed = [one for one in cut if one.words]
    assert all((one.start, one.end) == (one.words[0].start, one.words[-1].end) for one in timed)
    assert all(one.text == one.text.strip() != "" for one in cut)
    assert all(
        len(one.text) <= most and one.end - one.start <= longest for one in timed if len(one.words) > 1
    )


def test_the_space_between_segments_counts_too() -> None:
    parts = one_after_another("one two", "three", "four.")
    assert texts(parts, most_characters=18) == ["one two three", "four."]
    assert texts(parts, most_characters=20) == ["one two three four."]


@given(transcripts())
@settings(deadline=None)
def test_cutting_again_changes_nothing(segments: list[Segment]) -> None:
    once = list(sentences(segments))
    assert [one.text for one in sentences(once)] == [one.text for one in once]
