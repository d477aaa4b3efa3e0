"""LRC, the timed lyrics of music players."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from auricle.exports.cues import Cue, CueOptions, build_cues
from auricle.exports.format import Exported, Format, SpeakerOptions, option
from auricle.exports.reading import shows_speakers
from auricle.transcript import Transcript

_SILENCE = 2000  # ms without speech after which the last line is cleared
#: Square and angle brackets enclose times and tags; in the text they would be taken for such.
_BRACKETS = str.maketrans("[]<>", "()‹›")


@dataclass(frozen=True, kw_only=True)
class LrcOptions(SpeakerOptions):
    """How lyrics are cut."""

    max_line: int = option(60, "Most characters in a line.", low=10, high=200)
    words: bool = option(False, "Give every word its time (enhanced LRC), for players that follow words.")


def write(transcript: Transcript, options: LrcOptions, title: str) -> Exported:
    """Tags for title, language and length, then one timed line each; an empty one where silence begins."""
    cutting = CueOptions(max_line=options.max_line, max_lines=1, min_gap=0)
    cues = build_cues(transcript, cutting, labelled=shows_speakers(transcript, options.speakers))
    language = [f"[la:{transcript.language}]"] if transcript.language else []
    tags = [f"[ti:{title.translate(_BRACKETS)}]", *language, f"[length:{_stamp(transcript.duration * 1000)}]"]
    return Exported("".join(f"{line}\n" for line in [*tags, "[re:Auricle]", *_lines(cues, options)]).encode())


def _lines(cues: Sequence[Cue], options: LrcOptions) -> Iterator[str]:
    for cue, following in zip_longest(cues, cues[1:]):
        text = _timed_words(cue) if options.words else cue.text.translate(_BRACKETS)
        yield f"[{_stamp(cue.start)}]{text}"
        if following is None or following.start - cue.end >= _SILENCE:
            yield f"[{_stamp(cue.end)}]"


def _timed_words(cue: Cue) -> str:
    pieces = [one for line in cue.lines for one in line]
    words = (
        (" " if one.spaced and index else "")
        + f"<{_stamp(max(cue.start, one.start * 1000))}>{one.text.translate(_BRACKETS)}"
        for index, one in enumerate(pieces)
    )
    return "".join(words)


def _stamp(milliseconds: float) -> str:
    hundredths = round(milliseconds / 10)
    return f"{hundredths // 6000:02}:{hundredths // 100 % 60:02}.{hundredths % 100:02}"


FORMAT = Format("lrc", ".lrc", "text/plain; charset=utf-8", "Timed lyrics", LrcOptions, write)
