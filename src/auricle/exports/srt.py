"""SubRip subtitles, which every player reads."""

from auricle.exports.cues import CueOptions, build_cues
from auricle.exports.format import Exported, Format
from auricle.exports.reading import shows_speakers
from auricle.transcript import Transcript


def write(transcript: Transcript, options: CueOptions, title: str) -> Exported:  # noqa: ARG001 - SubRip has no title
    """Numbered cues; a speaker's name stands before what they say when the speaker changes."""
    cues = build_cues(transcript, options, labelled=shows_speakers(transcript, options.speakers))
    blocks = (
        f"{number}\n{_stamp(cue.start)} --> {_stamp(cue.end)}\n{_harmless(cue.text)}\n"
        for number, cue in enumerate(cues, 1)
    )
    return Exported("\n".join(blocks).encode())


def _stamp(milliseconds: int) -> str:
    seconds, thousandths = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02},{thousandths:03}"


def _harmless(text: str) -> str:
    """An arrow in speech would be taken for the arrow between two times."""
    return text.replace("-->", "→")


FORMAT = Format("srt", ".srt", "application/x-subrip", "SubRip subtitles", CueOptions, write)
