"""Comma-separated rows (RFC 4180) for spreadsheets, one per sentence or per word."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from auricle.exports.format import Exported, Format, Options, option
from auricle.exports.reading import speaker_name
from auricle.transcript import Transcript
from auricle.transcript.lines import tidy

COLUMNS = ("start", "end", "speaker", "text", "confidence", "flags")
_STARTS_A_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


@dataclass(frozen=True, kw_only=True)
class CsvOptions(Options):
    """What a row is, and for whom the file is."""

    rows: Literal["segments", "words"] = option("segments", "One row per sentence or per word.")
    bom: bool = option(False, "Begin with a byte order mark, which Excel needs to read UTF-8.")


def write(transcript: Transcript, options: CsvOptions, title: str) -> Exported:  # noqa: ARG001 - rows have no title
    """A header, then rows with times in seconds; flags are separated by spaces."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(_words(transcript) if options.rows == "words" else _segments(transcript))
    return Exported(table.getvalue().encode("utf-8-sig" if options.bom else "utf-8"))


def _segments(transcript: Transcript) -> Iterator[list[str]]:
    for segment in transcript.segments:
        name, flags = speaker_name(transcript, segment), " ".join(segment.flags)
        yield _row(segment.start, segment.end, name, segment.text, segment.confidence, flags)


def _words(transcript: Transcript) -> Iterator[list[str]]:
    for segment in transcript.segments:
        for word in segment.words:
            name = tidy(transcript.speaker_name(word.speaker or segment.speaker) or "")
            yield _row(word.start, word.end, name, word.text, word.confidence, " ".join(segment.flags))


def _row(start: float, end: float, name: str, text: str, confidence: float | None, flags: str) -> list[str]:
    sure = "" if confidence is None else f"{confidence:.3f}"
    return [f"{start:.3f}", f"{end:.3f}", _inert(name), _inert(tidy(text)), sure, _inert(flags)]


def _inert(cell: str) -> str:
    """Keep a spreadsheet from running speech as a formula (OWASP, "CSV injection")."""
    return f"'{cell}" if cell.startswith(_STARTS_A_FORMULA) else cell


FORMAT = Format("csv", ".csv", "text/csv; charset=utf-8", "Comma-separated", CsvOptions, write)
