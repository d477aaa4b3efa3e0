"""Markdown: a title, speakers as headings, times beside them."""

import re
from collections.abc import Iterator

from auricle.exports.format import Exported, Format
from auricle.exports.reading import (
    NO_SPEECH,
    ReadingOptions,
    about,
    cautions,
    clock,
    needs_hours,
    paragraphs,
)
from auricle.transcript import Transcript

#: Signs that mean something inside a line, and those that do only at its start.
_INSIDE = re.compile(r"([\\`*_\[\]<>&|~])")
_FIRST = re.compile(r"^([#+=-]|\d{1,9}(?=[.)]))")
_NUMBER = re.compile(r"^\d+$")


def write(transcript: Transcript, options: ReadingOptions, title: str) -> Exported:
    """CommonMark with everything that was said escaped, so that it reads as it was said."""
    return Exported("\n\n".join(_blocks(transcript, options, title)).encode() + b"\n")


def _blocks(transcript: Transcript, options: ReadingOptions, title: str) -> Iterator[str]:
    hours = needs_hours(transcript)
    yield f"# {_escape(title)}"
    yield f"*{_escape(about(transcript))}*"
    for sentence in cautions(transcript):
        yield f"> {_escape(sentence)}"
    found = paragraphs(transcript, options.speakers)
    for one in found:
        if one.speaker:
            yield f"## {_escape(one.speaker)}"
        yield (f"**{clock(one.start, hours=hours)}** " if options.times else "") + _escape(one.text)
    if not found:
        yield f"*{NO_SPEECH}*"


def _escape(text: str) -> str:
    inside = _INSIDE.sub(r"\\\1", text)
    return _FIRST.sub(lambda found: f"{found[0]}\\" if _NUMBER.match(found[0]) else f"\\{found[0]}", inside)


FORMAT = Format("md", ".md", "text/markdown; charset=utf-8", "Markdown", ReadingOptions, write)
