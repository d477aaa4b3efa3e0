"""A Word document: title, speakers and times in styles that can be changed in one place."""

import io
import re
from typing import TYPE_CHECKING, Any

from auricle.exports.format import Exported, Format
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
    from docx.document import Document
    from docx.text.paragraph import Paragraph as DocxParagraph

_LONGEST_PROPERTY = 255  # characters python-docx lets a core property have
_QUIET = "5C6470"
_TIME = "Time"  # the character style of times
_EAST_ASIAN = {"zh": "zh-CN", "yue": "zh-HK", "ja": "ja-JP", "ko": "ko-KR"}
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")


def write(transcript: Transcript, options: ReadingOptions, title: str) -> Exported:
    """The document, with its language set for the spelling check and page numbers at the foot."""
    import docx
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    document = docx.Document()
    _set_properties(document, transcript, title)
    _set_styles(document, transcript.language)
    _number_pages(document)
    _set_direction(document.add_paragraph(title, style="Title"), title)
    subtitle = document.add_paragraph(about(transcript), style="Subtitle")
    if is_right_to_left(title):
        subtitle.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for sentence in cautions(transcript):
        document.add_paragraph(sentence, style="Intense Quote")
    found = paragraphs(transcript, options.speakers)
    for one in found:
        _add(document, one, clock(one.start, hours=needs_hours(transcript)) if options.times else None)
    if not found:
        document.add_paragraph(NO_SPEECH)
    content = io.BytesIO()
    document.save(content)
    return Exported(content.getvalue())


def _set_properties(document: "Document", transcript: Transcript, title: str) -> None:
    from datetime import UTC, datetime

    properties = document.core_properties
    properties.title = title[:_LONGEST_PROPERTY]
    properties.author = properties.last_modified_by = "Auricle"
    properties.subject = "Transcript"
    properties.comments = about(transcript)[:_LONGEST_PROPERTY]
    properties.language = transcript.language or ""
    properties.created = properties.modified = datetime.now(UTC).replace(tzinfo=None)


def _set_styles(document: "Document", language: str | None) -> None:
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Pt, RGBColor

    document.styles.add_style(_TIME, WD_STYLE_TYPE.CHARACTER)
    quiet = RGBColor.from_string(_QUIET)
    ink = RGBColor.from_string("1D2127")
    blue = RGBColor.from_string("1F5FBF")
    looks = (
        ("Normal", 11, ink),
        ("Title", 24, ink),
        ("Subtitle", 10, quiet),
        ("Heading 2", 12, blue),
        (_TIME, 9, quiet),
    )
    for name, size, colour in looks:
        style: Any = document.styles[name]
        style.font.size, style.font.color.rgb, style.font.italic = Pt(size), colour, False
        style.font.name = "Calibri"
        for theme in [key for key in style.element.rPr.rFonts.attrib if key.endswith("Theme")]:
            del style.element.rPr.rFonts.attrib[theme]
    normal: Any = document.styles["Normal"]
    normal.paragraph_format.space_after, normal.paragraph_format.line_spacing = Pt(8), 1.25
    if language and _LANGUAGE.fullmatch(language):
        _set_language(document, language)


def _set_language(document: "Document", language: str) -> None:
    from docx.oxml.ns import qn

    styles: Any = document.styles.element
    for default in styles.xpath("./w:docDefaults//w:lang"):
        default.set(qn("w:val"), language)
        default.set(qn("w:bidi"), language)
        default.set(qn("w:eastAsia"), _EAST_ASIAN.get(language, language))


def _number_pages(document: "Document") -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    foot = document.sections[0].footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    page, pages = OxmlElement("w:fldSimple"), OxmlElement("w:fldSimple")
    page.set(qn("w:instr"), "PAGE")
    pages.set(qn("w:instr"), "NUMPAGES")
    foot._p.append(page)
    foot.add_run(" / ")
    foot._p.append(pages)


def _add(document: "Document", one: Paragraph, time: str | None) -> None:
    """Add a paragraph; its styles go by their ids, since finding one by name reads through all of them."""
    if one.speaker:
        heading = document.add_paragraph(one.speaker)
        heading._p.style = "Heading2"
        _set_direction(heading, one.text)
    paragraph = document.add_paragraph()
    if time:
        paragraph.add_run(f"{time}  ")._r.style = _TIME
    paragraph.add_run(one.text)
    _set_direction(paragraph, one.text)


def _set_direction(paragraph: "DocxParagraph", text: str) -> None:
    """Set Arabic, Hebrew and the like from right to left, which Word does not find out by itself."""
    if not is_right_to_left(text):
        return
    from docx.oxml import OxmlElement

    paragraph._p.get_or_add_pPr().append(OxmlElement("w:bidi"))
    for run in paragraph.runs:
        run.font.rtl = True


FORMAT = Format(
    "docx",
    ".docx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "Word document",
    ReadingOptions,
    write,
)
