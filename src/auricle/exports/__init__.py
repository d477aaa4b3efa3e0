"""A transcript as a file: every format, its options, and one function that writes any of them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from auricle.errors import InvalidOption
from auricle.exports import csv, docx, html, json, lrc, md, pdf, srt, tsv, txt, vtt
from auricle.exports.format import Exported, Format, Option, described, parse
from auricle.transcript import Transcript
from auricle.transcript.lines import tidy

#: Every format by name, in the order people are shown them.
FORMATS: Mapping[str, Format[Any]] = MappingProxyType(
    {one.FORMAT.name: one.FORMAT for one in (txt, md, srt, vtt, json, docx, pdf, html, csv, tsv, lrc)}
)


def export(
    transcript: Transcript, name: str, *, title: str, options: Mapping[str, Any] = MappingProxyType({})
) -> Exported:
    """Write a transcript in the format `name`.

    `options` are values, or text as a person types it. Raises InvalidOption for a format, an option or
    a value that does not exist, naming what does.
    """
    form = find_format(name)
    return form.write(transcript, parse(form, options), tidy(title) or "Transcript")


def find_format(name: str) -> Format[Any]:
    """A format by its name, in any case and with or without the dot; InvalidOption where there is none."""
    form = FORMATS.get(name.strip().lower().removeprefix("."))
    if form is None:
        raise InvalidOption(f"There is no format {name!r}. Choose from: {', '.join(FORMATS)}.")
    return form


__all__ = ["FORMATS", "Exported", "Format", "Option", "described", "export", "find_format", "parse"]
