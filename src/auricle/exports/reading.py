"""Reading copies: a transcript as paragraphs, the way txt, md, html, docx and pdf set it."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auricle.exports.format import SpeakerOptions, option
from auricle.transcript import Segment, Transcript
from auricle.transcript.lines import join, tidy

_PAUSE = 2.0  # s of silence that begin a paragraph
_LONG = 600  # characters after which the next sentence begins a paragraph

#: What a reading copy says in place of an empty body.
NO_SPEECH = "There is no speech in this recording."


@dataclass(frozen=True, kw_only=True)
class ReadingOptions(SpeakerOptions):
    """What a reading copy shows beside the words."""

    times: bool = option(True, "Show when each paragraph begins.")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences by one speaker without a long pause.

    `speaker` is their name, given where somebody else spoke before; `voice` counts speakers from 0 in the
    order they first speak, -1 for nobody known.
    """

    start: float
    text: str
    speaker: str | None
    voice: int


def shows_speakers(transcript: Transcript, choice: str) -> bool:
    """Whether speakers are named: `auto` says yes from two on."""
    heard = {segment.speaker for segment in transcript.segments if segment.speaker}
    return bool(heard) and (choice == "yes" or (choice == "auto" and len(heard) > 1))


def speaker_name(transcript: Transcript, segment: Segment) -> str:
    """The name of who says a segment, empty if nobody knows."""
    return tidy(transcript.speaker_name(segment.speaker) or "")


def paragraphs(transcript: Transcript, speakers: str = "auto") -> list[Paragraph]:
    """The whole transcript as paragraphs; a change of speaker, a pause or great length begins a new one."""
    named = shows_speakers(transcript, speakers)
    voices: dict[str | None, int] = {}
    found: list[Paragraph] = []
    before: str | None = None
    for group in _grouped(transcript.segments):
        speaker = group[0].speaker
        if speaker and speaker not in voices:
            voices[speaker] = len(voices)
        turn = named and speaker is not None and (not found or speaker != before)
        found.append(
            Paragraph(
                start=group[0].start,
                text=join(tidy(segment.text) for segment in group),
                speaker=speaker_name(transcript, group[0]) if turn else None,
                voice=voices.get(speaker, -1) if named else -1,
            )
        )
        before = speaker
    return found


def _grouped(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    group: list[Segment] = []
    for segment in segments:
        if not tidy(segment.text):
            continue
        if group and (
            segment.speaker != group[-1].speaker
            or segment.start - group[-1].end >= _PAUSE
            or sum(len(one.text) for one in group) >= _LONG
        ):
            yield group
            group = []
        group.append(segment)
    if group:
        yield group


def clock(seconds: float, *, hours: bool) -> str:
    """A time as people write it: 4:05, or 1:04:05 with hours."""
    minutes, second = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{second:02}" if hours else f"{minutes}:{second:02}"


def needs_hours(transcript: Transcript) -> bool:
    """Whether times of this transcript are written with hours."""
    return transcript.duration >= 3600


def about(transcript: Transcript) -> str:
    """One line on what this is a transcript of: length, language, and what heard it."""
    made = transcript.made_with
    parts = [
        clock(transcript.duration, hours=needs_hours(transcript)),
        f"language {transcript.language}" if transcript.language else "",
        f"{made.engine} {made.model}".strip(),
    ]
    return " · ".join(tidy(part) for part in parts if part)


def cautions(transcript: Transcript) -> list[str]:
    """What a reader has to know before trusting the text."""
    return [sentence for sentence in map(tidy, transcript.made_with.warnings) if sentence]


def is_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction runs from right to left (Unicode's UAX #9, rule P2)."""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False
