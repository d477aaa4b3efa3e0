"""JSON: the transcript itself, to be read back without loss."""

from dataclasses import dataclass, replace

from auricle.exports.format import Exported, Format, Options, option
from auricle.transcript import Transcript


@dataclass(frozen=True, kw_only=True)
class JsonOptions(Options):
    """How much of the transcript is written."""

    words: bool = option(True, "Write every word with its times; without them the file is far smaller.")


def write(transcript: Transcript, options: JsonOptions, title: str) -> Exported:  # noqa: ARG001 - it has its own form
    """The form `auricle.transcript/1`, which `Transcript.from_dict` reads."""
    if not options.words:
        bare = tuple(replace(segment, words=()) for segment in transcript.segments)
        transcript = replace(transcript, segments=bare)
    return Exported(transcript.to_json().encode(errors="replace"))


FORMAT = Format("json", ".json", "application/json", "JSON", JsonOptions, write)
