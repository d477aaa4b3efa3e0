from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.exports.cues import Cue, CueOptions, build_cues
from auricle.transcript import MadeWith, Segment, Speaker, Transcript, Word
from auricle.transcript.lines import line_text, tidy, width

TEXT = st.text(
    st.one_of(
        st.characters(codec="utf-8"),
        st.sampled_from("abc , . ? 你好，。「」 สวัสดีครับ เ한국 ́👩‍👩‍👧 \u00a0"),
    ),
    max_size=60,
)


@st.composite
def words(draw: st.DrawFn, start: float) -> tuple[Word, ...]:
    spoken = []
    for text in draw(st.lists(TEXT.filter(lambda text: bool(text.strip())), max_size=12)):
        start += draw(st.sampled_from((0.0, 0.0, 0.05, 0.4, 3.0)))
        end = start + draw(st.sampled_from((0.0, 0.02, 0.3, 1.0, 9.0)))
        spoken.append(Word(text.strip(), start, end))
        start = end
    return tuple(spoken)


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    start, segments = 0.0, []
    for _ in range(draw(st.integers(0, 6))):
        spoken = draw(words(start))
        space = draw(st.sampled_from((" ", "")))
        text = space.join(word.text for word in spoken) if draw(st.booleans()) else draw(TEXT)
        end = max([start, *(word.end for word in spoken)]) + draw(st.sampled_from((0.0, 0.5, 20.0)))
        segments.append(Segment(start, end, text, spoken, speaker=draw(st.sampled_from((None, "S1", "S2")))))
        start = max(0.0, end - draw(st.sampled_from((0.0, 0.0, 2.0))))
    return Transcript(
        None,
        start,
        tuple(segments),
        MadeWith("test", "test"),
        speakers=(Speaker("S1", "Ann"), Speaker("S2", "李")),
    )


rules = st.builds(
    CueOptions,
    max_line=st.integers(10, 50),
    max_lines=st.integers(1, 4),
    max_cps=st.floats(5, 40),
    min_gap=st.floats(0, 0.5),
    min_duration=st.floats(0, 1),
    max_duration=st.floats(1, 8),
)


@given(transcripts(), rules, st.booleans())
@settings(deadline=None, max_examples=150)
def test_cues_never_overlap_nor_end_before_they_start(
    transcript: Transcript, options: CueOptions, labelled: bool
) -> None:
    cues = build_cues(transcript, options, labelled=labelled)
    assert all(0 <= cue.start < cue.end for cue in cues)
    assert all(one.end <= other.start for one, other in pairwise(cues))


@given(transcripts(), rules)
@settings(deadline=None, max_examples=150)
def test_no_word_is_lost_and_none_is_added(transcript: Transcript, options: CueOptions) -> None:
    for segment in transcript.segments:
        alone = replace(transcript, segments=(segment,))
        shown = " ".join(line_text(line) for cue in build_cues(alone, options) for line in cue.lines)
        said = tidy(segment.text) or tidy(" ".join(word.text for word in segment.words))
        assert "".join(shown.split()) == "".join(said.split())


@given(transcripts(), rules, st.booleans())
@settings(deadline=None, max_examples=150)
def test_cues_keep_the_limits(transcript: Transcript, options: CueOptions, labelled: bool) -> None:
    for cue in build_cues(transcript, options, labelled=labelled):
        assert 1 <= len(cue.lines) <= options.max_lines
        assert all(0 <= width(line_text(line)) <= options.max_line for line in cue.lines)
        assert cue.end - cue.start <= round(options.max_duration * 1000)


@given(transcripts(), rules)
@settings(deadline=None, max_examples=150)
def test_cues_stay_long_enough_and_apart_wherever_there_is_room(
    transcript: Transcript, options: CueOptions
) -> None:
    gap, shortest = round(options.min_gap * 1000), round(options.min_duration * 1000)
    for one, other in pairwise(build_cues(transcript, options)):
        if other.start - one.start >= max(2 * gap, shortest + gap):
            assert other.start - one.end >= gap
            assert one.end - one.start >= shortest


def said(*sentences: str, gap: float = 0.1, rate: float = 15, speakers: str = "") -> Transcript:
    now, segments = 0.0, []
    for number, text in enumerate(sentences):
        spoken = []
        for word in text.split():
            spoken.append(Word(word, now, now + len(word) / rate))
            now += (len(word) + 1) / rate
        speaker = speakers[number] if speakers else None
        segments.append(Segment(spoken[0].start, spoken[-1].end, text, tuple(spoken), number, speaker))
        now += gap
    return Transcript("en", now, tuple(segments), MadeWith("test", "test"))


def texts(cues: list[Cue]) -> list[str]:
    return [cue.text for cue in cues]


def test_a_sentence_that_fits_is_one_cue() -> None:
    transcript = said("The quick brown fox jumps over the dog.", "It was a sunny day in the old forest.")
    assert texts(build_cues(transcript, CueOptions())) == [
        "The quick brown fox jumps over the dog.",
        "It was a sunny day in the old forest.",
    ]


def test_a_long_sentence_is_cut_after_a_clause_and_its_lines_too() -> None:
    transcript = said(
        "When the meeting was over and everybody had gone home, the two of them stayed behind "
        "in the kitchen, because somebody had to wash the cups."
    )
    assert texts(build_cues(transcript, CueOptions())) == [
        "When the meeting was over\nand everybody had gone home,",
        "the two of them stayed\nbehind in the kitchen,",
        "because somebody had to wash the cups.",
    ]


def test_a_new_speaker_begins_a_new_cue() -> None:
    cues = build_cues(said("Are you coming?", "Yes, I am.", "Good.", speakers="ABA"), CueOptions())
    assert [(cue.text, cue.speaker) for cue in cues] == [
        ("Are you coming?", "A"),
        ("Yes, I am.", "B"),
        ("Good.", "A"),
    ]


def test_a_label_stands_before_the_first_words_of_a_turn_only() -> None:
    transcript = said("Are you coming?", "I'd like to know it by tomorrow.", "Yes.", speakers="AAB", gap=0.5)
    assert texts(build_cues(transcript, CueOptions(), labelled=True)) == [
        "A: Are you coming?",
        "I'd like to know it by tomorrow.",
        "B: Yes.",
    ]


def test_a_word_too_short_to_be_read_joins_its_neighbour() -> None:
    assert texts(build_cues(said("Yes.", "We can do that tomorrow.", gap=0.05), CueOptions())) == [
        "Yes. We can do that tomorrow."
    ]


def test_a_long_pause_is_not_bridged() -> None:
    segment = Segment(0, 9, "One two", (Word("One", 0, 0.4), Word("two", 8, 8.4)))
    transcript = Transcript("en", 9, (segment,), MadeWith("test", "test"))
    assert [(cue.text, cue.start) for cue in build_cues(transcript, CueOptions())] == [
        ("One", 0),
        ("two", 8000),
    ]


def test_fast_speech_stays_until_it_can_be_read() -> None:
    transcript = replace(said("This is said far too fast to be read.", rate=60), duration=20.0)
    slow, fast = (build_cues(transcript, CueOptions(max_cps=cps))[0] for cps in (10, 40))
    assert slow.end - slow.start == pytest.approx(3700, abs=1)
    assert fast.end - fast.start == pytest.approx(925, abs=1)


def test_without_word_times_a_segment_is_shared_out_by_length() -> None:
    segment = Segment(
        10, 20, "Ten letters before it, and ten letters after it, and so it goes on and on and on."
    )
    cues = build_cues(
        Transcript("en", 30, (segment,), MadeWith("t", "t")), CueOptions(max_lines=1, min_gap=0)
    )
    assert [cue.text for cue in cues] == [
        "Ten letters before it,",
        "and ten letters after it,",
        "and so it goes on and on and on.",
    ]
    assert [cue.start for cue in cues] == pytest.approx([10_000, 10_000 + 10_000 * 19 / 64, 16_250], abs=1)


def test_words_that_do_not_spell_the_text_yield_to_it() -> None:
    segment = Segment(0, 2, "Corrected by hand.", (Word("Wrong", 0, 1), Word("words", 1, 2)))
    assert texts(build_cues(Transcript("en", 2, (segment,), MadeWith("t", "t")), CueOptions())) == [
        "Corrected by hand."
    ]


def test_chinese_is_cut_after_its_punctuation_and_counts_double() -> None:
    text = "这是一个非常重要的问题，我们应该仔细考虑一下，然后再做决定。"
    transcript = Transcript("zh", 9, (Segment(0, 9, text),), MadeWith("t", "t"))
    for options in (CueOptions(), CueOptions(max_line=24), CueOptions(max_line=10, max_lines=1)):
        lines = [line_text(line) for cue in build_cues(transcript, options) for line in cue.lines]
        assert "".join(lines) == text
        assert all(2 * len(line) <= options.max_line and line[0] not in "，。" for line in lines)
    assert texts(build_cues(transcript, CueOptions(max_line=24)))[0] == "这是一个非常重要的问题，"


def test_two_speakers_at_once_are_shown_one_after_the_other() -> None:
    both = (Segment(0, 4, "I talk.", speaker="A"), Segment(0, 4, "Me too.", speaker="B"))
    first, second = build_cues(Transcript("en", 4, both, MadeWith("t", "t")), CueOptions())
    assert first.end - first.start >= 830
    assert second.end - second.start >= 830
