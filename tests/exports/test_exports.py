import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from auricle.errors import InvalidOption
from auricle.exports import FORMATS, Option, described, export, find_format
from auricle.transcript import Segment, Transcript

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "exports.md"
#: What the first bytes of a valid file look like.
BEGINNINGS = {
    "txt": b"",
    "md": b"# ",
    "srt": b"",
    "vtt": b"WEBVTT",
    "json": b"{",
    "docx": b"PK",
    "pdf": b"%PDF-",
    "html": b"<!doctype html>",
    "csv": b"start,end,",
    "tsv": b"start\tend\t",
    "lrc": b"[ti:",
}


def test_every_format_is_known_by_its_name_in_any_case_and_with_a_dot() -> None:
    assert set(FORMATS) == set(BEGINNINGS)
    for name, form in FORMATS.items():
        assert form.name == name
        assert form.extension == f".{name}"
        assert re.fullmatch(r"[a-z]+/[a-z0-9.+-]+(; charset=utf-8)?", form.media_type)
        assert find_format(f" .{name.upper()}") is form


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_writes_a_recording_without_speech(silence: Transcript, name: str) -> None:
    written = export(silence, name, title="Nothing")
    assert written.content.startswith(BEGINNINGS[name])
    assert written.warnings == ()


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_survives_any_title_and_text(talk: Transcript, name: str) -> None:
    nasty = (
        "\x00\x08tab\there\r\nline \ud800 \ufffe --> ]]> \"quoted\" 'too' <i> #let x = 1 \\u{41} $a$ *b* 😀"
    )
    segments = (*talk.segments, Segment(40.0, 41.0, nasty), Segment(41.0, 41.0, " \n "), Segment(42, 41, "-"))
    broken = replace(talk, segments=segments, duration=42.0)
    written = export(broken, name, title=nasty * 10)
    assert written.content.startswith(BEGINNINGS[name])


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"docx", "pdf"}))
def test_text_formats_are_utf8_that_holds_every_word(talk: Transcript, name: str) -> None:
    text = export(talk, name, title="Talk").content.decode("utf-8")
    for word in ("morning", "smaller", "השאלה", "决定"):
        assert word in text


def test_an_empty_title_is_replaced(talk: Transcript) -> None:
    assert b"# Transcript\n" in export(talk, "md", title=" \n").content


def test_an_unknown_format_names_those_there_are(talk: Transcript) -> None:
    with pytest.raises(InvalidOption, match=r"no format 'doc'\. Choose from: txt, md, srt"):
        export(talk, "doc", title="Talk")


def test_an_unknown_option_names_those_there_are(talk: Transcript) -> None:
    with pytest.raises(
        InvalidOption, match=r"srt has no option colour\. It has: speakers, max_line, max_lines"
    ):
        export(talk, "srt", title="Talk", options={"colour": "red"})


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("srt", {"max_line": "9"}, "max_line is 9, but has to be a whole number between 10 and 200"),
        ("srt", {"max_line": "3.5"}, "max_line is '3.5', but has to be a whole number between 10 and 200"),
        ("srt", {"max_cps": "nan"}, "max_cps is nan, but has to be a number between 5 and 100"),
        (
            "srt",
            {"min_duration": "3", "max_duration": "2"},
            "min_duration is 3, but has to be at most max_duration",
        ),
        ("vtt", {"highlight": "perhaps"}, "highlight is 'perhaps', but has to be yes or no"),
        ("txt", {"speakers": "loud"}, "speakers is 'loud', but has to be auto or yes or no"),
        ("csv", {"rows": "pages"}, "rows is 'pages', but has to be segments or words"),
        ("pdf", {"paper": "a9"}, "paper is 'a9', but has to be a4 or us-letter"),
        ("pdf", {"font": "No Such Sans"}, "font is 'No Such Sans', but has to be one of: .*Libertinus Serif"),
    ],
)
def test_a_bad_value_names_the_option_and_what_is_allowed(
    talk: Transcript, name: str, options: dict[str, str], sentence: str
) -> None:
    with pytest.raises(InvalidOption, match=sentence):
        export(talk, name, title="Talk", options=options)


def test_options_mean_the_same_as_text_and_as_values(talk: Transcript) -> None:
    as_text = {"max_line": "30", "max_cps": "12.5", "highlight": "On", "speakers": "YES"}
    as_values = {"max_line": 30, "max_cps": 12.5, "highlight": True, "speakers": "yes"}
    written = export(talk, "vtt", title="Talk", options=as_text)
    assert written == export(talk, "vtt", title="Talk", options=as_values)
    assert written != export(talk, "vtt", title="Talk")


def _telling_values(option: Option) -> list[list[str]]:
    """Values that should show: each choice by itself, the least or the greatest number, another font."""
    if option.choices:
        shown = {True: "yes", False: "no"}.get(option.default, option.default)
        return [[choice] for choice in option.choices if choice != shown]
    return [["DejaVu Sans Mono"] if option.low is None else [f"{option.low:g}", f"{option.high:g}"]]


@pytest.mark.parametrize(
    ("name", "option", "values"),
    [
        (name, option.name, values)
        for name, form in FORMATS.items()
        for option in described(form.options)
        for values in _telling_values(option)
    ],
)
def test_every_option_has_an_effect(talk: Transcript, name: str, option: str, values: list[str]) -> None:
    by_one = replace(talk, segments=tuple(replace(one, speaker="S1") for one in talk.segments))
    subject = by_one if values == ["yes"] and option == "speakers" else talk
    plain = _essence(export(subject, name, title="T").content)
    assert any(
        _essence(export(subject, name, title="T", options={option: v}).content) != plain for v in values
    )


def _essence(content: bytes) -> bytes:
    """What a file holds, without the moment it was made."""
    if content.startswith(b"PK"):
        return zipfile.ZipFile(io.BytesIO(content)).read("word/document.xml")
    return re.sub(rb"D:\d{14}[^)]*|xmp:\w+Date>[^<]*|<xmpMM[^>]*>[^<]*|/ID ?\[[^]]*\]", b"", content)


def test_json_reads_back_as_the_same_transcript(talk: Transcript) -> None:
    content = export(talk, "json", title="Talk").content
    assert Transcript.from_dict(json.loads(content)) == talk


def test_json_without_words_keeps_everything_else(talk: Transcript) -> None:
    content = export(talk, "json", title="Talk", options={"words": "no"}).content
    bare = tuple(replace(one, words=()) for one in talk.segments)
    assert Transcript.from_dict(json.loads(content)) == replace(talk, segments=bare)


def test_tables_and_json_agree_on_times(talk: Transcript) -> None:
    rows = list(csv.DictReader(io.StringIO(export(talk, "csv", title="Talk").content.decode())))
    assert [(float(row["start"]), float(row["end"])) for row in rows] == [
        (s.start, s.end) for s in talk.segments
    ]


def test_the_documentation_names_every_format_and_option_with_its_default() -> None:
    sections = dict(
        re.findall(
            r"^## `(\w+)`.*?\n(.*?)(?=^## |\Z)", DOCUMENTATION.read_text(encoding="utf-8"), re.M | re.S
        )
    )
    assert set(sections) == set(FORMATS)
    for name, form in FORMATS.items():
        for option in described(form.options):
            default = {True: "yes", False: "no"}.get(option.default, option.default)
            default = f"{default:g}" if type(default) is float else default
            assert f"| `{option.name}` | `{default}` |" in sections[name], f"{name}: {option.name}"
