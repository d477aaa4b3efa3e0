import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from auricle.transcript import SCHEMA, MadeWith, Segment, Speaker, Transcript, Word
from auricle.transcript.schema import transcript_schema


@pytest.fixture
def document() -> dict[str, Any]:
    """A transcript with something in every field, as it is read back from its JSON text."""
    word = Word("Hello", 0.5, 1.0, 0.9, "S1", checked=True)
    segment = Segment(0.5, 1.0, "Hello", (word,), 0, "S1", 0.9, 0.01, ("repetition",))
    transcript = Transcript(
        language="en",
        duration=2.0,
        segments=(segment, Segment(1.0, 2.0, "")),
        made_with=MadeWith(
            "faster-whisper", "base", "r1", "cuda", "int8", "none", {"beam_size": 5}, {"decode": 0.1}
        ),
        language_probability=0.99,
        speech_duration=0.5,
        speakers=(Speaker("S1", "Ann", 0.5, 7),),
    )
    read: dict[str, Any] = json.loads(transcript.to_json())
    return read


def check(document: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(transcript_schema()).validate(document)


def test_the_schema_is_a_valid_one_and_of_the_form_it_describes() -> None:
    jsonschema.Draft202012Validator.check_schema(transcript_schema())
    assert transcript_schema()["properties"]["schema"]["const"] == SCHEMA


def test_what_the_model_writes_is_valid(document: dict[str, Any]) -> None:
    check(document)


def test_a_recording_without_speech_is_valid() -> None:
    check(Transcript(None, 0.0, (), MadeWith("pocketsphinx", "en-us")).to_dict())


@pytest.mark.parametrize(
    ("name", "model", "optional"),
    [
        ("word", Word, {"checked"}),
        ("segment", Segment, set()),
        ("speaker", Speaker, {"color"}),
        ("made_with", MadeWith, set()),
    ],
)
def test_the_schema_has_the_fields_of_the_model(name: str, model: type[Any], optional: set[str]) -> None:
    described = transcript_schema()["$defs"][name]
    assert set(described["properties"]) == {one.name for one in fields(model)}
    assert set(described["properties"]) - set(described["required"]) == optional


def test_what_nobody_chose_is_left_out() -> None:
    segment = Segment(0.0, 1.0, "Hi", (Word("Hi", 0.0, 1.0),))
    written = Transcript("en", 1.0, (segment,), MadeWith("e", "m"), speakers=(Speaker("a", "A"),)).to_dict()
    assert "checked" not in written["segments"][0]["words"][0]
    assert "color" not in written["speakers"][0]
    assert Transcript.from_dict(written).segments == (segment,)


def test_the_schema_has_the_fields_of_a_transcript(document: dict[str, Any]) -> None:
    schema = transcript_schema()
    assert set(schema["properties"]) == set(schema["required"]) == set(document)
    assert {one.name for one in fields(Transcript)} == set(document) - {"schema", "text"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "auricle.transcript/2"),
        (("duration",), -1),
        (("duration",), None),
        (("task",), "sing"),
        (("language_probability",), 1.5),
        (("segments",), None),
        (("segments", 0, "start"), "0.5"),
        (("segments", 0, "id"), -1),
        (("segments", 0, "confidence"), -0.1),
        (("segments", 0, "flags"), "repetition"),
        (("segments", 0, "colour"), "red"),
        (("segments", 0, "words", 0, "end"), None),
        (("segments", 0, "words", 0, "confidence"), 2),
        (("segments", 0, "words", 0, "checked"), "yes"),
        (("speakers", 0, "color"), 8),
        (("speakers", 0, "name"), None),
        (("made_with", "engine"), None),
        (("made_with", "timings"), {"decode": "long"}),
    ],
)
def test_a_wrong_value_is_refused(
    document: dict[str, Any], path: tuple[str | int, ...], value: object
) -> None:
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        check(document)


def test_a_missing_field_is_refused(document: dict[str, Any]) -> None:
    for name in list(document):
        with pytest.raises(jsonschema.ValidationError, match=name):
            check({key: value for key, value in document.items() if key != name})


def test_the_schema_ships_beside_the_model() -> None:
    import auricle.transcript.model

    assert (Path(auricle.transcript.model.__file__).parent / "transcript.schema.json").is_file()
