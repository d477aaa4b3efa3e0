"""A page of its own: no script, nothing loaded from elsewhere, fit for screen, phone and print."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import Literal

from auricle.exports.format import Exported, Format, option
from auricle.exports.reading import (
    NO_SPEECH,
    Paragraph,
    ReadingOptions,
    about,
    cautions,
    clock,
    is_right_to_left,
    needs_hours,
    paragraphs,
)
from auricle.transcript import Transcript

_VOICES = 8  # colours in page.css; further speakers use them again
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_THEME = re.compile(r"\.dark (\{.*?\n\})", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class HtmlOptions(ReadingOptions):
    """What a page shows and how it looks."""

    theme: Literal["auto", "light", "dark"] = option("auto", "Colours; auto follows the reader's system.")


def write(transcript: Transcript, options: HtmlOptions, title: str) -> Exported:
    """The whole page; every paragraph can be linked to by its time (`#t605` is at 605 s)."""
    found = paragraphs(transcript, options.speakers)
    language = f' lang="{escape(transcript.language)}"' if transcript.language else ""
    direction = "rtl" if is_right_to_left(" ".join(one.text for one in found[:3])) else "ltr"
    lines = [
        "<!doctype html>",
        f'<html{language} dir="{direction}"{_theme_class(options)}>',
        *_head(title, options),
        "<body>",
        *_header(transcript, title),
        "<main>",
        *_turns(found, options, hours=needs_hours(transcript)),
        "</main>",
        "</body>",
        "</html>",
    ]
    return Exported("\n".join(lines).encode() + b"\n")


def _theme_class(options: HtmlOptions) -> str:
    return ' class="dark"' if options.theme == "dark" else ""


def _head(title: str, options: HtmlOptions) -> list[str]:
    return [
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="generator" content="Auricle">',
        f"<title>{escape(title)}</title>",
        f"<style>\n{_style(options)}</style>",
        "</head>",
    ]


def _style(options: HtmlOptions) -> str:
    """The style sheet; with `auto` the dark colours apply on screens of readers who prefer them."""
    style = (files("auricle.exports") / "page.css").read_text(encoding="utf-8")
    if options.theme == "auto":
        dark = "@media screen and (prefers-color-scheme: dark) { :root "
        style = _THEME.sub(lambda found: f"{dark}{found[1]} }}", style)
    return style


def _header(transcript: Transcript, title: str) -> Iterator[str]:
    yield "<header>"
    yield f'<h1 dir="auto">{escape(title)}</h1>'
    yield f'<p class="about"><bdi dir="ltr">{escape(about(transcript))}</bdi></p>'
    for sentence in cautions(transcript):
        yield f'<p class="caution" dir="auto" role="note">{escape(sentence)}</p>'
    yield "</header>"


def _turns(found: Sequence[Paragraph], options: HtmlOptions, *, hours: bool) -> Iterator[str]:
    """A section for each turn of a speaker, a row in it for each paragraph."""
    if not found:
        yield f'<section><p class="empty">{NO_SPEECH}</p>'
    in_second = Counter[int]()
    for index, one in enumerate(found):
        second = int(one.start)
        in_second[second] += 1
        anchor = f"t{second}" + (f"-{in_second[second]}" if in_second[second] > 1 else "")
        if one.speaker or not index:
            yield "</section>\n<section>" if index else "<section>"
        yield f'<div class="row{" timed" if options.times else ""}" id="{anchor}">'
        if one.speaker:
            colour = f"color: var(--voice-{one.voice % _VOICES})"
            yield f'<h2 dir="auto" style="{colour}">{escape(one.speaker)}</h2>'
        if options.times:
            yield _time_link(second, anchor, hours)
        yield f'<p dir="auto">{escape(one.text)}</p>'
        yield "</div>"
    yield "</section>"


def _time_link(second: int, anchor: str, hours: bool) -> str:
    time = f'<time datetime="PT{second}S" dir="ltr">{clock(second, hours=hours)}</time>'
    return f'<a class="time" href="#{anchor}">{time}</a>'


FORMAT = Format("html", ".html", "text/html; charset=utf-8", "Web page", HtmlOptions, write)
