"""Tab-separated lines with times in whole milliseconds, the way Whisper's own tool writes them."""

from dataclasses import dataclass

from auricle.exports.format import Exported, Format, Options, option
from auricle.exports.reading import speaker_name
from auricle.transcript import Transcript
from auricle.transcript.lines import tidy


@dataclass(frozen=True, kw_only=True)
class TsvOptions(Options):
    """Which columns are written."""

    speakers: bool = option(False, "Add a column with the speaker's name before the text.")


def write(transcript: Transcript, options: TsvOptions, title: str) -> Exported:  # noqa: ARG001 - rows have no title
    """A header, then one line per sentence; tabs and line ends in the text become spaces."""
    lines = ["\t".join(["start", "end", *(["speaker"] if options.speakers else []), "text"])]
    for segment in transcript.segments:
        name = [speaker_name(transcript, segment)] if options.speakers else []
        times = [str(round(segment.start * 1000)), str(round(segment.end * 1000))]
        lines.append("\t".join([*times, *name, tidy(segment.text)]))
    return Exported("".join(f"{line}\n" for line in lines).encode())


FORMAT = Format("tsv", ".tsv", "text/tab-separated-values; charset=utf-8", "Tab-separated", TsvOptions, write)
