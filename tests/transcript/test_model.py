import json
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.errors import AuricleError
from auricle.transcript import MadeWith, Segment, Speaker, Transcript, Word

seconds = st.floats(0, 1e6)
probabilities = st.none() | st.floats(0, 1)
names = st.none() | st.text(max_size=5)
words = st.builds(Word, st.text(), seconds, seconds, probabilities, names)
segments = st.builds(
    Segment,
    seconds,
    seconds,
    st.text(),
    st.lists(words, max_size=3).map(tuple),
    st.integers(0, 9),
    names,
    probabilities,
    probabilities,
    st.lists(st.text(max_size=5), max_size=2).map(tuple),
)
made_with = st.builds(
    MadeWith,
    engine=st.text(),
    model=st.text(),
    revision=names,
    options=st.dictionaries(st.text(), st.integers()),
    timings=st.dictionaries(st.text(), seconds),
    warnings=st.lists(st.text(), max_size=2).map(tuple),
)
transcripts = st.builds(
    Transcript,
    language=names,
    duration=seconds,
    segments=st.lists(segments, max_size=3).map(tuple),
    made_with=made_with,
    language_probability=probabilities,
    speech_duration=seconds,
    speakers=st.lists(st.builds(Speaker, st.text(), st.text(), seconds), max_size=2).map(tuple),
)


@given(transcripts)
def test_a_transcript_reads_back_from_its_json_unchanged(transcript: Transcript) -> None:
    assert Transcript.from_dict(json.loads(transcript.to_json())) == transcript


def test_json_keeps_every_script_readable() -> None:
    transcript = Transcript("ja", 1.0, (Segment(0, 1, "こんにちは"),), MadeWith("e", "m"))
    assert '"text": "こんにちは"' in transcript.to_json()


@pytest.mark.parametrize("document", [{}, {"schema": "auricle.transcript/2"}, {"schema": None}])
def test_another_form_is_refused_by_name(document: dict[str, str]) -> None:
    with pytest.raises(AuricleError, match=r"not a transcript of the form auricle\.transcript/1"):
        Transcript.from_dict(document)


def test_a_transcript_cannot_be_changed_in_place() -> None:
    transcript = Transcript(None, 1.0, (), MadeWith("e", "m"))
    with pytest.raises(FrozenInstanceError):
        transcript.duration = 2.0  # type: ignore[misc]  # this is what must not work


def test_a_speaker_without_a_name_goes_by_the_id() -> None:
    transcript = Transcript(None, 1.0, (), MadeWith("e", "m"), speakers=(Speaker("S1", "Ann"),))
    assert transcript.speaker_name("S1") == "Ann"
    assert transcript.speaker_name("S2") == "S2"
    assert transcript.speaker_name(None) is None
