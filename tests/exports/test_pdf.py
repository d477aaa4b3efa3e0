import io
from dataclasses import replace

import pypdf
import pytest
import typst

from auricle.exports import export
from auricle.exports.glyphs import explain, missing
from auricle.exports.pdf import PdfOptions, typeset
from auricle.transcript import Segment, Transcript


@pytest.fixture(scope="module")
def own_fonts() -> typst.Fonts:
    """Only the fonts that typst brings with it, so that a test sees the same on every machine."""
    return typst.Fonts(include_system_fonts=False)


def read(content: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(content), strict=True)


def words(reader: pypdf.PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def test_title_speakers_times_and_text_are_on_the_page(talk: Transcript) -> None:
    latin = replace(talk, segments=talk.segments[:3])
    reader = read(export(latin, "pdf", title='A "good" talk: #strong[x]').content)
    text = words(reader)
    assert 'A "good" talk: #strong[x]' in text
    assert "Bob 0:12 =SUM(A1:A9) --> is not <b>what</b> I'd say & [mean] aloud." in text
    assert "Heard with low accuracy." in text
    assert reader.metadata is not None
    assert reader.metadata.title == 'A "good" talk: #strong[x]'


def test_pages_are_numbered(talk: Transcript) -> None:
    long = tuple(replace(talk.segments[0], id=n, start=n * 10.0, end=n * 10.0 + 5) for n in range(120))
    reader = read(export(replace(talk, segments=long, duration=1200), "pdf", title="Long").content)
    assert len(reader.pages) > 2
    for number, page in enumerate(reader.pages, 1):
        assert page.extract_text().strip().endswith(f"{number} / {len(reader.pages)}")


def test_paper_can_be_chosen(talk: Transcript) -> None:
    box = read(export(talk, "pdf", title="T", options={"paper": "us-letter"}).content).pages[0].mediabox
    assert (round(box.width), round(box.height)) == (612, 792)


def test_speech_is_never_read_as_markup(talk: Transcript) -> None:
    code = '#import "x.typ" \\ $ *b* _i_ `c` = h @r <l> // comment /* c */ #read("/etc/passwd") "'
    said = replace(talk, segments=(Segment(0, 1, code),))
    assert code.replace(" ", "") in words(read(export(said, "pdf", title=code).content)).replace(" ", "")


def test_a_script_that_no_font_has_is_named_with_a_package(talk: Transcript, own_fonts: typst.Fonts) -> None:
    written = typeset(talk, PdfOptions(), "Talk", own_fonts)
    [warning] = written.warnings
    assert warning.startswith("No font here can show Han (for example ")
    assert "Debian package fonts-noto-cjk" in warning


def test_scripts_that_a_font_has_need_no_warning(own_fonts: typst.Fonts) -> None:
    assert (
        missing(["Größe “naïve” – señor… Ελληνικά Русский שלום мир"], ["Libertinus Serif"], own_fonts) == []
    )


def test_only_missing_characters_are_reported(own_fonts: typst.Fonts) -> None:
    text = "a中ж한あ\U0001f600ก\u0301\u200d"
    assert missing([text], ["Libertinus Serif"], own_fonts) == sorted("中한あ\U0001f600ก")


def test_all_of_latin_is_there_without_looking(
    own_fonts: typst.Fonts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auricle.exports.glyphs._ALWAYS_THERE", "\x00")
    latin = "".join(map(chr, range(0x20, 0x250)))
    assert missing([latin], ["Libertinus Serif"], own_fonts) == []


def test_each_missing_script_has_its_sentence() -> None:
    sentences = list(explain(["中", "文", "あ", "ก", "\U0001f600"]))
    assert [sentence.split(" (")[0].removeprefix("No font here can show ") for sentence in sentences] == [
        "Han",
        "Hiragana",
        "Thai",
        "symbols and emoji",
    ]
    assert "2 different characters" in sentences[0]
    assert "fonts-noto-core" in sentences[2]
    assert "fonts-noto-color-emoji" in sentences[3]


def test_a_recording_without_speech_says_so(silence: Transcript) -> None:
    assert "There is no speech in this recording." in words(
        read(export(silence, "pdf", title="Nothing").content)
    )
