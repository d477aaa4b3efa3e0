import io
from dataclasses import replace

import docx
from docx.document import Document
from docx.oxml.ns import qn

from auricle.exports import export
from auricle.transcript import Transcript


def read(transcript: Transcript, title: str = "Talk", **options: str) -> Document:
    return docx.Document(io.BytesIO(export(transcript, "docx", title=title, options=options).content))


def texts(document: Document, style: str) -> list[str]:
    return [one.text for one in document.paragraphs if one.style is not None and one.style.name == style]


def test_title_speakers_and_times_are_in_their_styles(talk: Transcript) -> None:
    document = read(talk, "A <good> talk")
    assert texts(document, "Title") == ["A <good> talk"]
    assert texts(document, "Heading 2") == ["Alice Müller", "Bob", "Alice Müller", "Bob"]
    assert texts(document, "Normal")[1] == f"0:12  {talk.segments[2].text}"
    assert texts(document, "Intense Quote") == ["Heard with low accuracy."]


def test_times_and_speakers_can_be_left_out(talk: Transcript) -> None:
    document = read(talk, times="no", speakers="no")
    assert texts(document, "Heading 2") == []
    assert texts(document, "Normal")[1] == talk.segments[2].text


def test_properties_say_what_it_is(talk: Transcript) -> None:
    properties = read(talk, "T" * 400).core_properties
    assert properties.title == "T" * 255
    assert properties.language == "en"
    assert properties.author == "Auricle"


def test_the_language_is_set_for_the_spelling_check(talk: Transcript) -> None:
    styles = read(replace(talk, language="ja")).styles.element
    defaults = styles.xpath("./w:docDefaults//w:lang")[0]
    assert [defaults.get(qn(f"w:{name}")) for name in ("val", "eastAsia", "bidi")] == ["ja", "ja-JP", "ja"]


def test_hebrew_runs_from_right_to_left_and_english_does_not(talk: Transcript) -> None:
    directions = {
        one.text: bool(one._p.xpath("./w:pPr/w:bidi"))
        for one in read(talk, times="no", speakers="no").paragraphs
    }
    assert directions[talk.segments[3].text] is True
    assert directions[talk.segments[2].text] is False


def test_pages_are_numbered(talk: Transcript) -> None:
    foot = read(talk).sections[0].footer.paragraphs[0]
    assert foot._p.xpath("./w:fldSimple/@w:instr") == ["PAGE", "NUMPAGES"]


def test_a_recording_without_speech_says_so(silence: Transcript) -> None:
    assert texts(read(silence), "Normal") == ["There is no speech in this recording."]
