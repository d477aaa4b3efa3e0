"""WebVTT subtitles, which browsers read, with speakers as voices and words that light up when said."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from auricle.exports.cues import Cue, CueOptions, build_cues
from auricle.exports.format import Exported, Format, option
from auricle.exports.reading import shows_speakers
from auricle.transcript import Transcript
from auricle.transcript.lines import Piece, tidy

_STYLE = "STYLE\n::cue(:future) {\n  opacity: 0.6;\n}\n"


@dataclass(frozen=True, kw_only=True)
class VttOptions(CueOptions):
    """Subtitles for browsers."""

    highlight: bool = option(False, "Light up each word when it is said, in players that can.")


def write(transcript: Transcript, options: VttOptions, title: str) -> Exported:
    """A WebVTT file as the W3C's recommendation has it; the title stands in its header."""
    named = shows_speakers(transcript, options.speakers)
    head = f"WEBVTT - {title}".replace("-->", "→")
    blocks = [f"{head}\n", *([_STYLE] if options.highlight else [])]
    for cue in build_cues(transcript, options):
        name = tidy(transcript.speaker_name(cue.speaker) or "") if named else ""
        voice = f"<v {escape(name, quote=False)}>" if name else ""
        blocks.append(f"{_stamp(cue.start)} --> {_stamp(cue.end)}\n{voice}{_text(cue, options)}\n")
    return Exported("\n".join(blocks).encode())


def _text(cue: Cue, options: VttOptions) -> str:
    if not options.highlight:
        return escape(cue.text, quote=False)
    shown = cue.start
    lines = []
    for line in cue.lines:
        parts = []
        for stamp, one in _stamped(cue, line, shown):
            shown = max(shown, stamp)
            parts.append((f"<{_stamp(stamp)}>" if stamp else "") + escape(one, quote=False))
        lines.append("".join(parts))
    return "\n".join(lines)


def _stamped(cue: Cue, line: Sequence[Piece], shown: int) -> Iterator[tuple[int, str]]:
    """Words with the time they light up; 0 where none may stand, as times have to rise within the cue."""
    for index, one in enumerate(line):
        at = round(one.start * 1000)
        rises = shown < at < cue.end
        shown = at if rises else shown
        yield at if rises else 0, (" " if one.spaced and index else "") + one.text


def _stamp(milliseconds: int) -> str:
    seconds, thousandths = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{thousandths:03}"


FORMAT = Format("vtt", ".vtt", "text/vtt; charset=utf-8", "WebVTT subtitles", VttOptions, write)
