"""Changes to a transcript, and what stays true whatever is changed."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.errors import AuricleError, InvalidOption, NotFound
from auricle.transcript import MadeWith, Segment, Speaker, Transcript, Word
from auricle.transcript.edit import (
    apply,
    delete_segment,
    edit_segment,
    join_segments,
    merge_speakers,
    rename_speaker,
    replace_text,
    split_segment,
)
from auricle.transcript.schema import transcript_schema


def sentence(id: int, start: float, text: str, speaker: str | None = "a") -> Segment:
    """A segment whose words last a second each."""
    words = tuple(Word(word, start + n, start + n + 1, 0.9, speaker) for n, word in enumerate(text.split()))
    return Segment(
        start, words[-1].end, text, words, id=id, speaker=speaker, confidence=0.9, flags=("low_confidence",)
    )


@pytest.fixture
def talk() -> Transcript:
    return Transcript(
        "en",
        60.0,
        (
            sentence(0, 0.0, "We meet on Munday."),
            sentence(1, 10.0, "Bring the budget please.", "b"),
            sentence(2, 20.0, "Goodbye everyone."),
        ),
        MadeWith("fake", "m"),
        speakers=(Speaker("a", "Anna", 6.0), Speaker("b", "Ben", 4.0)),
    )


def check(transcript: Transcript) -> None:
    """What holds for every transcript."""
    jsonschema.validate(json.loads(transcript.to_json()), transcript_schema())
    assert Transcript.from_dict(transcript.to_dict()) == transcript
    starts = [one.start for one in transcript.segments]
    assert starts == sorted(starts)
    assert len({one.id for one in transcript.segments}) == len(transcript.segments)
    for one in transcript.segments:
        assert all(one.start <= word.start <= word.end <= one.end for word in one.words)
        times = [word.start for word in one.words]
        assert times == sorted(times)


def test_a_corrected_word_takes_the_time_of_the_wrong_one(talk: Transcript) -> None:
    new = edit_segment(talk, 0, text="We meet on Monday.")
    check(new)
    first = new.segments[0]
    assert [(word.text, word.start, word.end) for word in first.words] == [
        ("We", 0.0, 1.0),
        ("meet", 1.0, 2.0),
        ("on", 2.0, 3.0),
        ("Monday.", 3.0, 4.0),
    ]
    assert [word.confidence for word in first.words] == [0.9, 0.9, 0.9, None]
    assert (first.flags, first.confidence) == ((), None)
    assert talk.segments[0].text == "We meet on Munday.", "the old transcript stays as it is"


def test_words_that_are_added_share_the_time_there_is(talk: Transcript) -> None:
    new = edit_segment(talk, 2, text="Goodbye and thank you everyone.")
    check(new)
    words = new.segments[2].words
    assert words[0].end <= words[1].start <= words[3].end <= words[4].start
    assert (words[4].start, words[4].end) == (21.0, 22.0)


def test_case_and_punctuation_do_not_move_words(talk: Transcript) -> None:
    new = edit_segment(talk, 1, text="bring the BUDGET, please!")
    assert [word.start for word in new.segments[1].words] == [10.0, 11.0, 12.0, 13.0]
    assert [word.text for word in new.segments[1].words] == ["bring", "the", "BUDGET,", "please!"]


def test_times_and_speakers_change(talk: Transcript) -> None:
    new = edit_segment(talk, 1, start=11.5, end=13.0, speaker="c")
    check(new)
    assert {word.speaker for word in new.segments[1].words} == {"c"}
    assert [(one.id, one.talk_seconds) for one in new.speakers] == [("a", 6.0), ("b", 0.0), ("c", 1.5)]
    assert edit_segment(new, 1, speaker="").segments[1].speaker is None


def test_a_segment_moved_in_time_finds_its_place(talk: Transcript) -> None:
    new = edit_segment(talk, 2, start=5.0, end=6.0)
    check(new)
    assert [one.id for one in new.segments] == [0, 2, 1]


def test_a_segment_is_cut_and_joined_again(talk: Transcript) -> None:
    cut = split_segment(talk, 1, 2)
    check(cut)
    assert [(one.id, one.text) for one in cut.segments[1:3]] == [(1, "Bring the"), (3, "budget please.")]
    joined = join_segments(cut, 1, 3)
    check(joined)
    assert joined.segments[1].text == "Bring the budget please."
    assert [one.id for one in joined.segments] == [0, 1, 2]


@pytest.mark.parametrize("word", [0, 4, -1])
def test_a_segment_is_not_cut_outside_its_words(talk: Transcript, word: int) -> None:
    with pytest.raises(InvalidOption, match="has 4 words"):
        split_segment(talk, 1, word)


def test_speakers_are_renamed_and_merged(talk: Transcript) -> None:
    named = rename_speaker(talk, "b", "  Benedict  the Second ")
    assert named.speaker_name("b") == "Benedict the Second"
    merged = merge_speakers(named, "b", "a")
    check(merged)
    assert [(one.id, one.talk_seconds) for one in merged.speakers] == [("a", 10.0)]
    assert {word.speaker for one in merged.segments for word in one.words} == {"a"}


def test_a_mistake_is_replaced_everywhere(talk: Transcript) -> None:
    assert replace_text(talk, "MUNDAY", "Monday").segments[0].text == "We meet on Monday."
    assert replace_text(talk, "MUNDAY", "Monday", match_case=True) == talk
    assert replace_text(talk, "Mund", "X") == talk
    assert replace_text(talk, "Mund", "Mond", whole_words=False).segments[0].text == "We meet on Monday."
    assert replace_text(talk, ".", r"\1", whole_words=False).segments[2].text == r"Goodbye everyone\1"


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (lambda talk: edit_segment(talk, 9, text="x"), NotFound),
        (lambda talk: edit_segment(talk, 0, start=5.0, end=1.0), InvalidOption),
        (lambda talk: edit_segment(talk, 0, start=-1.0), InvalidOption),
        (lambda talk: edit_segment(talk, 0, end=float("inf")), InvalidOption),
        (lambda talk: delete_segment(talk, 9), NotFound),
        (lambda talk: join_segments(talk, 2, 0), InvalidOption),
        (lambda talk: join_segments(talk, 0, 9), NotFound),
        (lambda talk: rename_speaker(talk, "x", "y"), NotFound),
        (lambda talk: rename_speaker(talk, "a", "  "), InvalidOption),
        (lambda talk: merge_speakers(talk, "a", "a"), InvalidOption),
        (lambda talk: replace_text(talk, " ", "x"), InvalidOption),
    ],
)
def test_what_cannot_be_done_is_said(talk: Transcript, act: Any, kind: type[AuricleError]) -> None:
    with pytest.raises(kind, match=r"\.$"):
        act(talk)


ids = st.integers(0, 5)
texts = st.text(st.sampled_from("ab. é語"), max_size=12)
times = st.floats(0, 60)
operations = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {"op": st.just("edit_segment"), "id": ids},
            optional={"text": texts, "start": times, "end": times, "speaker": st.sampled_from("abc")},
        ),
        st.fixed_dictionaries({"op": st.just("split_segment"), "id": ids, "word": st.integers(0, 4)}),
        st.fixed_dictionaries({"op": st.just("join_segments"), "first": ids, "last": ids}),
        st.fixed_dictionaries({"op": st.just("delete_segment"), "id": ids}),
        st.fixed_dictionaries(
            {
                "op": st.just("merge_speakers"),
                "speaker": st.sampled_from("abc"),
                "into": st.sampled_from("abc"),
            }
        ),
    ),
    max_size=8,
)


@given(operations=operations)
@settings(max_examples=300, deadline=None)
def test_whatever_is_changed_the_transcript_stays_one(operations: list[dict[str, Any]]) -> None:
    transcript = Transcript(
        "en",
        60.0,
        tuple(sentence(n, 10.0 * n, "one two three four") for n in range(4)),
        MadeWith("fake", "m"),
        speakers=(Speaker("a", "A"), Speaker("b", "B")),
    )
    for operation in operations:
        try:
            transcript = apply(transcript, [operation])
        except AuricleError:
            continue
        check(transcript)


def test_all_operations_are_made_or_none(talk: Transcript) -> None:
    with pytest.raises(NotFound, match=r"^Operation 2: There is no segment 77\.$"):
        apply(talk, [{"op": "delete_segment", "id": 0}, {"op": "delete_segment", "id": 77}])
