"""Quality control: times one can rely on, doubts named, and the better of two decodes kept."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.pipeline.quality import better, flagged, is_doubtful, tidy
from auricle.transcript import Segment, Word


def tidied(*segments: Segment, duration: float = 30.0, word_times: bool = True) -> list[Segment]:
    return tidy(segments, duration, word_times=word_times)


def said(text: str, start: float = 0.0, end: float = 2.0, **more: float | tuple[str, ...]) -> Segment:
    return Segment(start, end, text, **more)


times = st.one_of(st.floats(-5, 40), st.sampled_from([0.0, 10.0, 30.0]))


@st.composite
def heard(draw: st.DrawFn) -> list[Segment]:
    """What an engine may say: times anywhere, words missing."""
    found = []
    for tokens in draw(
        st.lists(st.lists(st.sampled_from(["a", "an", "ant,", "他。", "—", "so."]), min_size=1), max_size=5)
    ):
        kept = [token for token in tokens if draw(st.booleans())]
        words = tuple(Word(token, draw(times), draw(times), 0.5) for token in kept)
        found.append(Segment(draw(times), draw(times), " ".join(tokens), words))
    return found


@given(heard(), st.sampled_from([0.0, 10.0, 30.0]))
@settings(deadline=None)
def test_times_are_within_the_window_and_never_go_backwards(segments: list[Segment], duration: float) -> None:
    result = tidied(*segments, duration=duration)
    starts = [time for one in result for time in (one.start, *(word.start for word in one.words))]
    assert starts == sorted(starts)
    for one in result:
        assert 0 <= one.start <= one.end <= duration
        assert all(one.start <= word.start <= word.end <= one.end for word in one.words)


@given(heard())
@settings(deadline=None)
def test_text_is_kept_and_every_word_of_it_has_times(segments: list[Segment]) -> None:
    result = tidied(*segments)
    assert [one.text for one in result] == [one.text for one in segments]
    for one in result:
        spoken = [token for token in one.text.split() if token != "—"]
        assert [word.text for word in one.words if word.text != "—"] == spoken


@given(heard())
@settings(deadline=None)
def test_tidy_segments_stay_as_they_are(segments: list[Segment]) -> None:
    once = tidied(*segments)
    assert tidied(*once) == once


def test_good_times_are_left_alone() -> None:
    good = said("Hello there.", 1.0, 2.0)
    good = replace(good, words=(Word("Hello", 1.0, 1.4, 0.9), Word("there.", 1.5, 2.0, 0.8)))
    assert tidied(good) == [good]


def test_words_without_times_get_them_between_their_neighbours_and_that_is_flagged() -> None:
    words = (Word("one", 1.0, 1.2, 0.9), Word("four", 2.2, 2.6, 0.9))
    [result] = tidied(replace(said("one two, and four", 1.0, 3.0), words=words))
    assert [word.text for word in result.words] == ["one", "two,", "and", "four"]
    two, three = result.words[1:3]
    assert 1.2 == two.start < two.end == three.start < three.end == pytest.approx(2.2)
    assert two.confidence is three.confidence is None
    assert result.flags == ("interpolated-times",)


def test_a_missing_word_is_not_mistaken_for_a_part_of_another() -> None:
    words = (Word("he", 1.0, 1.2), Word("is", 1.3, 1.5))
    [result] = tidied(replace(said("there he is", 0.0, 2.0), words=words))
    assert [(word.text, word.start) for word in result.words] == [("there", 0.0), ("he", 1.0), ("is", 1.3)]


def test_a_missing_word_between_overlapping_ones_does_not_go_back_in_time() -> None:
    words = (Word("one", 0.0, 2.0), Word("three", 1.0, 1.5))
    [result] = tidied(replace(said("one two three"), words=words))
    assert [word.start for word in result.words] == [0.0, 1.0, 1.0]


def test_an_engine_without_word_times_gets_them_all_estimated() -> None:
    [result] = tidied(said("ab abcdef", 2.0, 4.0))
    assert [word.text for word in result.words] == ["ab", "abcdef"]
    assert (result.words[0].start, result.words[-1].end) == (2.0, 4.0)
    assert result.words[0].end - result.words[0].start < result.words[1].end - result.words[1].start


def test_scripts_without_spaces_get_times_for_every_character() -> None:
    [result] = tidied(said("今日は雨。", 0.0, 5.0))
    assert [word.text for word in result.words] == ["今", "日", "は", "雨。"]


def test_punctuation_alone_is_no_missing_word() -> None:
    words = (Word("Hello", 0.0, 0.5), Word("there", 1.0, 1.5))
    [result] = tidied(replace(said("Hello — there."), words=words))
    assert result.words == words
    assert result.flags == ()


def test_words_nobody_asked_for_are_left_out() -> None:
    [result] = tidied(replace(said("Hello"), words=(Word("Hello", 0.0, 0.5),)), word_times=False)
    assert result.words == ()
    assert result.flags == ()


@pytest.mark.parametrize(
    ("segment", "kept"),
    [
        (said("Thank you.", no_speech_probability=0.9, confidence=0.2), False),
        (said("Thank you.", no_speech_probability=0.9, confidence=0.8), True),
        (said("Thank you.", no_speech_probability=0.9), True),
        (said("Thank you.", no_speech_probability=0.1, confidence=0.2), True),
        (said("Thank you.", confidence=0.2), True),
        (said("   "), False),
    ],
)
def test_text_the_engine_itself_takes_for_silence_is_left_out(segment: Segment, kept: bool) -> None:
    assert len(tidied(segment)) == kept


def test_flags_are_added_to_those_there_are() -> None:
    first = said("Hello there.", confidence=0.1, flags=("interpolated-times",))
    [result] = flagged([first])
    assert result.flags == ("interpolated-times", "low-confidence")
    assert flagged([result]) == [result]


def test_a_loop_over_many_segments_is_flagged_and_what_came_before_it_is_not() -> None:
    loop = [
        said("Thank you." if number % 2 else "thank you", 2.0 + number, 3.0 + number) for number in range(8)
    ]
    result = flagged([said("We are done for today."), *loop])
    assert [one.flags for one in result] == [(), *[("repetition",)] * 8]


def test_short_answers_that_recur_are_no_loop() -> None:
    answers = ["Yes.", "No, I was not there.", "Yes.", "On Monday?", "No.", "Yes.", "I see.", "Yes."]
    result = flagged([said(text, 2.0 * number, 2.0 * number + 1) for number, text in enumerate(answers)])
    assert {one.flags for one in result} == {()}


def test_only_doubt_makes_a_window_worth_hearing_again() -> None:
    assert not is_doubtful([])
    assert not is_doubtful([said("Hello."), said("There.", flags=("interpolated-times",))])
    assert is_doubtful([said("Hello."), said("There.", flags=("low-confidence",))])


GOOD = said("Hello there.", confidence=0.6)
BAD = said("Hello hello.", confidence=0.9, flags=("repetition",))


def test_of_two_decodes_the_one_with_less_time_under_doubt_is_kept() -> None:
    assert better([BAD], [GOOD]) == [GOOD]
    assert better([GOOD], [BAD]) == [GOOD]
    short_doubt = [replace(BAD, end=0.5), replace(GOOD, start=0.5, end=8.0)]
    long_doubt = [replace(BAD, end=4.0), replace(GOOD, start=4.0, end=8.0)]
    assert better(long_doubt, short_doubt) == short_doubt


def test_between_equal_doubts_the_more_probable_one_is_kept_and_else_the_first() -> None:
    likelier = replace(GOOD, confidence=0.7)
    assert better([GOOD], [likelier]) == [likelier]
    assert better([likelier], [GOOD]) == [likelier]
    same = replace(GOOD, text="Hello, there.")
    assert better([GOOD], [same]) == [GOOD]


def test_an_unknown_confidence_leaves_the_first() -> None:
    unknown = replace(GOOD, confidence=None)
    assert better([unknown], [GOOD]) == [unknown]
    assert better([GOOD], [unknown]) == [GOOD]


def test_silence_wins_only_over_text_that_is_probably_no_speech() -> None:
    phantom = said("Thank you.", no_speech_probability=0.9)
    assert better([phantom], []) == []
    assert better([], [phantom]) == []
    assert better([GOOD, phantom], []) == [GOOD, phantom]
    assert better([], [GOOD]) == [GOOD]
    assert better([], []) == []


def test_a_word_ends_before_the_next_begins() -> None:
    words = (Word("alpha", 0.0, 20.0), Word("beta", 0.5, 0.6))
    [segment] = tidy([Segment(0.0, 20.0, "alpha beta", words)], 20.0, word_times=True)
    assert [(word.start, word.end) for word in segment.words] == [(0.0, 0.5), (0.5, 0.6)]
