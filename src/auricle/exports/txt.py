"""Plain text: paragraphs, or one line per sentence with its time."""

from collections.abc import Iterator
from dataclasses import dataclass

from auricle.exports.format import Exported, Format, SpeakerOptions, option
from auricle.exports.reading import clock, needs_hours, paragraphs, shows_speakers, speaker_name
from auricle.transcript import Transcript
from auricle.transcript.lines import tidy


@dataclass(frozen=True, kw_only=True)
class TxtOptions(SpeakerOptions):
    """What plain text shows beside the words."""

    times: bool = option(False, "Write one line per sentence, with the time it begins.")


def write(transcript: Transcript, options: TxtOptions, title: str) -> Exported:  # noqa: ARG001 - text has no title
    """The words and nothing that is not asked for, so that they can go into another program."""
    text = "".join(f"{line}\n" for line in (_timed if options.times else _plain)(transcript, options))
    return Exported(text.encode())


def _plain(transcript: Transcript, options: TxtOptions) -> Iterator[str]:
    for index, one in enumerate(paragraphs(transcript, options.speakers)):
        if index:
            yield ""
        yield f"{one.speaker}: {one.text}" if one.speaker else one.text


def _timed(transcript: Transcript, options: TxtOptions) -> Iterator[str]:
    named, hours = shows_speakers(transcript, options.speakers), needs_hours(transcript)
    for segment in transcript.segments:
        name = speaker_name(transcript, segment) if named else ""
        yield f"[{clock(segment.start, hours=hours)}] " + (f"{name}: " if name else "") + tidy(segment.text)


FORMAT = Format("txt", ".txt", "text/plain; charset=utf-8", "Plain text", TxtOptions, write)
