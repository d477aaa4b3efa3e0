"""Changes to a transcript, and what stays true whatever is changed."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.errors import AuricleError, InvalidOption, NotFound
from auricle.transcript import MadeWith, Segment, Speaker, Transcript, Word
from auricle.transcript.edit import (
    check_words,
    delete_segment,
    edit_segment,
    join_segments,
    replace_text,
    split_segment,
    uncheck_words,
)
from auricle.transcript.operations import apply
from auricle.transcript.schema import transcript_schema
from auricle.transcript.speaking import assign_speaker, color_speaker, merge_speakers, rename_speaker
from auricle.transcript.undo import changes, put_back

#: The web app foresees what becomes of a text: it is tested with the same cases.
REPLACING = json.loads(Path(__file__).with_name("replacing.json").read_text(encoding="utf-8"))


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


def test_who_reads_a_segment_again_doubts_it_no_longer_and_who_names_its_speaker_still_does(
    talk: Transcript,
) -> None:
    read = edit_segment(talk, 1, text="Bring the budget please.")
    assert read.segments[1] == replace(talk.segments[1], flags=())
    assert edit_segment(talk, 1, speaker="c").segments[1].flags == talk.segments[1].flags


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


def test_segments_that_overlap_are_joined_as_they_are_written(talk: Transcript) -> None:
    joined = join_segments(
        edit_segment(talk, 0, start=0.0, end=12.0, text="We meet on Monday at noon."), 0, 1
    )
    check(joined)
    assert joined.segments[0].text == "We meet on Monday at noon. Bring the budget please."


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


def test_a_speaker_is_another_from_a_segment_on(talk: Transcript) -> None:
    new = assign_speaker(talk, 1, "a", " Carla ")
    check(new)
    assert [one.speaker for one in new.segments] == ["a", "b", "speaker-1"]
    assert {word.speaker for word in new.segments[2].words} == {"speaker-1"}
    assert [(one.name, one.talk_seconds) for one in new.speakers] == [
        ("Anna", 4.0),
        ("Ben", 4.0),
        ("Carla", 2.0),
    ]
    known = assign_speaker(talk, 2, "a", "Ben")
    assert [one.speaker for one in known.segments] == ["a", "b", "b"]
    assert [one.name for one in assign_speaker(talk, 0, "a", "Ben").speakers] == ["Ben"]


def test_a_speaker_has_one_of_eight_colors(talk: Transcript) -> None:
    new = color_speaker(talk, "b", 7)
    check(new)
    assert [one.color for one in new.speakers] == [None, 7]


def test_words_are_checked_and_unchecked(talk: Transcript) -> None:
    new = check_words(talk, 1, 1, 2)
    check(new)
    assert [word.checked for word in new.segments[1].words] == [False, True, True, False]
    assert uncheck_words(new, 1, 0, 3) == talk


def test_what_a_person_writes_is_checked_and_the_rest_as_before(talk: Transcript) -> None:
    new = edit_segment(check_words(talk, 0, 0, 0), 0, text="We meet, on Monday.")
    check(new)
    assert [word.checked for word in new.segments[0].words] == [True, True, False, True]
    assert [word.confidence for word in new.segments[0].words] == [0.9, 0.9, 0.9, None]


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "edit_segment", "id": 1, "text": "Quite another."},
        {"op": "edit_segment", "id": 1, "start": 30.0, "end": 31.0},
        {"op": "split_segment", "id": 1, "word": 2},
        {"op": "join_segments", "first": 0, "last": 2},
        {"op": "delete_segment", "id": 2},
        {"op": "merge_speakers", "speaker": "b", "into": "a"},
        {"op": "assign_speaker", "first": 2, "speaker": "a", "name": "Carla"},
        {"op": "color_speaker", "speaker": "b", "color": 3},
        {"op": "check_words", "id": 0, "first": 0, "last": 3},
        {"op": "replace_text", "find": "e", "by": "i", "whole_words": False},
        {"op": "replace_text", "find": "Goodbye everyone.", "by": "", "whole_words": False},
    ],
)
def test_every_change_is_taken_back_and_done_again_exactly(
    talk: Transcript, operation: dict[str, Any]
) -> None:
    changed = apply(talk, [operation])
    there, back = taken_back(talk, changed), taken_back(changed, talk)
    assert apply(changed, [there]) == talk
    assert apply(talk, [back]) == changed


def taken_back(before: Transcript, after: Transcript) -> dict[str, Any]:
    """The operation that makes `before` of `after`, from what the API says of the change."""
    there, back = changes(before, after), changes(after, before)
    document = before.to_dict()
    old = {one["id"]: one for one in document["segments"]}
    return {
        "op": "put_back",
        "ids": [one.id for one in there.segments],
        "segments": [old[one.id] for one in back.segments],
        "speakers": document["speakers"],
    }


def test_what_is_put_back_is_looked_at(talk: Transcript) -> None:
    good = talk.to_dict()["segments"][0]
    for segments, words in (
        ([1], "Segment 1 has to be an object"),
        ([{**good, "start": "0"}], "Segment 1: start is '0', but has to be seconds"),
        ([{**good, "end": -1}], "Segment 1: end is -1"),
        ([{**good, "start": 9.0}], "Segment 1 ends before it begins"),
        ([{**good, "colour": 1}], "Segment 1 cannot have 'colour'"),
        ([{"id": 0}], "Segment 1 has no start"),
        ([good, {**good, "id": 1}], "Segment 1 is there: name it in ids"),
        ([good, good], "Two segments have the id 0"),
        ([{**good, "words": [{"text": "x", "start": 0.0}]}], "Segment 1, word 1 has no end"),
        ([{**good, "words": [{"text": "x", "start": 0.0, "end": 99.0}]}], "its words have to lie within it"),
        ([{**good, "words": [{**good["words"][0], "checked": 1}]}], "checked is 1, but has to be true or"),
    ):
        with pytest.raises(InvalidOption, match=words):
            put_back(talk, [0], segments)
    with pytest.raises(NotFound, match="no segment 9"):
        put_back(talk, [9], [])
    with pytest.raises(InvalidOption, match=r"ids holds '0', but"):
        put_back(talk, ["0"], [])
    for speakers, words in (
        ([{"id": "a"}], "Speaker 1 has no name"),
        ([{"id": "a", "name": "A", "color": 8}], "color is 8, but has to be 0 to 7 or null"),
        ([{"id": "a", "name": "A"}, {"id": "a", "name": "B"}], "Two speakers have the same id"),
    ):
        with pytest.raises(InvalidOption, match=words):
            put_back(talk, [], [], speakers)


def test_a_mistake_is_replaced_everywhere(talk: Transcript) -> None:
    assert replace_text(talk, "MUNDAY", "Monday").segments[0].text == "We meet on Monday."
    assert replace_text(talk, "MUNDAY", "Monday", match_case=True) == talk
    assert replace_text(talk, "Mund", "X") == talk
    assert replace_text(talk, "Mund", "Mond", whole_words=False).segments[0].text == "We meet on Monday."
    assert replace_text(talk, ".", r"\1", whole_words=False).segments[2].text == r"Goodbye everyone\1"


@pytest.mark.parametrize("case", REPLACING, ids=lambda case: case["name"])
def test_text_is_replaced_wherever_it_stands(case: dict[str, Any]) -> None:
    said = tuple(sentence(id, id * 10.0, text) for id, text in enumerate(case["texts"]))
    before = Transcript("en", 60.0, said, MadeWith("fake", "m"), speakers=(Speaker("a", "Anna", 9.0),))
    after = apply(before, [{"op": "replace_text", **case["operation"]}])
    check(after)
    assert {str(one.id): one.text for one in after.segments} == case["after"]
    assert apply(after, [taken_back(before, after)]).segments == before.segments


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
        (lambda talk: color_speaker(talk, "a", 8), InvalidOption),
        (lambda talk: assign_speaker(talk, 0, "x", "y"), NotFound),
        (lambda talk: assign_speaker(talk, 9, "a", "y"), NotFound),
        (lambda talk: assign_speaker(talk, 0, "a", " "), InvalidOption),
        (lambda talk: assign_speaker(talk, 0, "a", "Anna"), InvalidOption),
        (lambda talk: assign_speaker(talk, 2, "b", "y"), InvalidOption),
        (lambda talk: check_words(talk, 0, 0, 4), InvalidOption),
        (lambda talk: check_words(talk, 0, 2, 1), InvalidOption),
        (lambda talk: uncheck_words(talk, 9, 0, 0), NotFound),
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
        st.fixed_dictionaries(
            {
                "op": st.just("assign_speaker"),
                "first": ids,
                "speaker": st.sampled_from("abc"),
                "name": st.sampled_from("ABC"),
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
