"""The shape of a transcript, and its JSON form."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from auricle.errors import AuricleError
from auricle.transcript.lines import join

SCHEMA = "auricle.transcript/1"
#: How many colors speakers are shown in.
COLORS = 8


@dataclass(frozen=True, slots=True)
class Word:
    """One word as written, without the space around it.

    `start` and `end` are seconds from the recording's start. `confidence` is a probability in 0..1, or
    None where the engine gives none or the times were interpolated. `checked`: a person has confirmed or
    written it.
    """

    text: str
    start: float
    end: float
    confidence: float | None = None
    speaker: str | None = None
    checked: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech by one speaker, usually a sentence; its words lie within it.

    `flags` names what a reader should doubt (see `auricle.transcript.review`); `words` is empty where
    word times were not asked for. `text` joins the words with the spacing of the language.
    """

    start: float
    end: float
    text: str
    words: tuple[Word, ...] = ()
    id: int = 0
    speaker: str | None = None
    confidence: float | None = None
    no_speech_probability: float | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Speaker:
    """Somebody who talks; `name` is what people call them, `talk_seconds` how long they talk.

    `color` is one of the eight that speakers are shown in (0..7); None leaves the choice to who shows them.
    """

    id: str
    name: str
    talk_seconds: float = 0.0
    color: int | None = None


@dataclass(frozen=True, slots=True)
class MadeWith:
    """What was really used to make a transcript: the record that lets it be trusted and repeated.

    `timings` are seconds per stage; `warnings` are sentences for people.
    """

    engine: str
    model: str
    revision: str | None = None
    device: str = "cpu"
    compute_type: str | None = None
    diarizer: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    auricle: str = ""


@dataclass(frozen=True, slots=True)
class Transcript:
    """A whole recording in words. Times are seconds from its start and never go backwards."""

    language: str | None
    duration: float
    segments: tuple[Segment, ...]
    made_with: MadeWith
    language_probability: float | None = None
    task: str = "transcribe"
    speech_duration: float = 0.0
    speakers: tuple[Speaker, ...] = ()

    @property
    def text(self) -> str:
        """All segments as running text, with spaces between them where their script has any."""
        return join(segment.text for segment in self.segments)

    def speaker_name(self, speaker_id: str | None) -> str | None:
        """The name of a speaker, or None for no speaker."""
        names = {speaker.id: speaker.name for speaker in self.speakers}
        return None if speaker_id is None else names.get(speaker_id, speaker_id)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, in the order people read it."""
        return {
            "schema": SCHEMA,
            "language": self.language,
            "language_probability": self.language_probability,
            "task": self.task,
            "duration": self.duration,
            "speech_duration": self.speech_duration,
            "text": self.text,
            "segments": [segment_to_dict(segment) for segment in self.segments],
            "speakers": [speaker_to_dict(speaker) for speaker in self.speakers],
            "made_with": _made_with_to_dict(self.made_with),
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Transcript":
        """Read the JSON form; raises AuricleError when it is of another schema."""
        if document.get("schema") != SCHEMA:
            raise AuricleError(f"This is not a transcript of the form {SCHEMA}: {document.get('schema')!r}.")
        return cls(
            language=document["language"],
            language_probability=document["language_probability"],
            task=document["task"],
            duration=document["duration"],
            speech_duration=document["speech_duration"],
            segments=tuple(segment_from_dict(segment) for segment in document["segments"]),
            speakers=tuple(Speaker(**speaker) for speaker in document["speakers"]),
            made_with=MadeWith(
                **{**document["made_with"], "warnings": tuple(document["made_with"]["warnings"])}
            ),
        )

    def to_json(self) -> str:
        """The JSON form as text, readable and stable from run to run."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2) + "\n"


def segment_to_dict(segment: Segment) -> dict[str, Any]:
    """The JSON form of one segment."""
    return {
        "id": segment.id,
        "start": segment.start,
        "end": segment.end,
        "text": segment.text,
        "speaker": segment.speaker,
        "confidence": segment.confidence,
        "no_speech_probability": segment.no_speech_probability,
        "flags": list(segment.flags),
        "words": [_word_to_dict(word) for word in segment.words],
    }


def speaker_to_dict(speaker: Speaker) -> dict[str, Any]:
    """The JSON form of one speaker; a color nobody chose is left out."""
    document = asdict(speaker)
    if speaker.color is None:
        del document["color"]
    return document


def _word_to_dict(word: Word) -> dict[str, Any]:
    document: dict[str, Any] = {
        "text": word.text,
        "start": word.start,
        "end": word.end,
        "confidence": word.confidence,
        "speaker": word.speaker,
    }
    return {**document, "checked": True} if word.checked else document


def segment_from_dict(document: Mapping[str, Any]) -> Segment:
    """Read one segment of the JSON form."""
    return Segment(
        **{
            **document,
            "words": tuple(Word(**word) for word in document["words"]),
            "flags": tuple(document["flags"]),
        }
    )


def _made_with_to_dict(made_with: MadeWith) -> dict[str, Any]:
    document = asdict(made_with)
    document["warnings"] = list(made_with.warnings)
    return document
