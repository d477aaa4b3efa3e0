"""PDF, set by typst: title, speakers, times, page numbers, in any script whose fonts are there."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from auricle.errors import InvalidOption
from auricle.exports.format import Exported, Format, option
from auricle.exports.glyphs import explain, missing
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

if TYPE_CHECKING:
    from typst import Fonts

_BODY = "Libertinus Serif"  # comes with typst
#: Fonts that draw Han characters the way a language does; without one any font that has them is used.
_HAN_FONTS = {
    "zh": ("Noto Serif CJK SC", "Noto Sans CJK SC"),
    "yue": ("Noto Serif CJK HK", "Noto Sans CJK HK"),
    "ja": ("Noto Serif CJK JP", "Noto Sans CJK JP"),
    "ko": ("Noto Serif CJK KR", "Noto Sans CJK KR"),
}


@dataclass(frozen=True, kw_only=True)
class PdfOptions(ReadingOptions):
    """What the document shows and how it is set."""

    paper: Literal["a4", "us-letter"] = option("a4", "Size of the paper.")
    size: float = option(11.0, "Size of the letters, in points.", low=6, high=36)
    font: str = option(_BODY, "Family of an installed font; others stand in for what it lacks.")


def write(transcript: Transcript, options: PdfOptions, title: str) -> Exported:
    """The document, with a warning for each script that no font here can show."""
    import typst

    return typeset(transcript, options, title, typst.Fonts())


def typeset(transcript: Transcript, options: PdfOptions, title: str, fonts: "Fonts") -> Exported:
    """Set the document with these fonts. Text reaches typst as data and is never read as markup."""
    import typst

    families = _families(options.font, transcript.language, fonts.families())
    page = _page(transcript, options, title, families)
    shown = _all_text(page)
    content = typst.compile(
        (files("auricle.exports") / "page.typ").read_bytes(),
        font_paths=fonts,
        sys_inputs={"transcript": json.dumps(page, ensure_ascii=False)},
    )
    return Exported(content, tuple(explain(missing(shown, families, fonts))))


def _families(wanted: str, language: str | None, installed: Sequence[str]) -> list[str]:
    by_name = {family.casefold(): family for family in installed}
    if wanted.casefold() not in by_name:
        raise InvalidOption(f"font is {wanted!r}, but has to be one of: {', '.join(installed)}.")
    han = (family for family in _HAN_FONTS.get(language or "", ()) if family in installed)
    return list(dict.fromkeys([by_name[wanted.casefold()], *han]))


def _page(transcript: Transcript, options: PdfOptions, title: str, families: Sequence[str]) -> dict[str, Any]:
    hours = needs_hours(transcript)
    found = paragraphs(transcript, options.speakers) or [Paragraph(0.0, NO_SPEECH, None, -1)]
    return {
        "title": title,
        "title-rtl": is_right_to_left(title),
        "about": about(transcript),
        "cautions": cautions(transcript),
        "language": _typst_language(transcript.language),
        "paper": options.paper,
        "size": options.size,
        "fonts": families,
        "time-width": 3.2 if hours else 2.4,
        "paragraphs": [
            {
                "speaker": one.speaker,
                "voice": max(0, one.voice),
                "time": clock(one.start, hours=hours) if options.times and transcript.segments else None,
                "text": one.text,
                "rtl": is_right_to_left(one.text),
            }
            for one in found
        ],
    }


def _typst_language(language: str | None) -> str:
    """typst takes codes of two or three letters; `en` decides no more than the hyphens."""
    return language if language and re.fullmatch("[a-z]{2,3}", language) else "en"


def _all_text(page: dict[str, Any]) -> Iterable[str]:
    yield from (page["title"], page["about"], *page["cautions"])
    for one in page["paragraphs"]:
        yield from (one["text"], one["speaker"] or "")


FORMAT = Format("pdf", ".pdf", "application/pdf", "PDF document", PdfOptions, write)
