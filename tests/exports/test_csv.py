import csv
import io

from auricle.exports import export
from auricle.transcript import Transcript


def rows(transcript: Transcript, **options: str) -> list[dict[str, str]]:
    content = export(transcript, "csv", title="Talk", options=options).content
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


def test_a_row_per_sentence(talk: Transcript) -> None:
    first = rows(talk)[0]
    assert first["speaker"] == "Alice Müller"
    assert first["text"] == talk.segments[0].text
    assert first["confidence"] == "0.875"


def test_a_row_per_word(talk: Transcript) -> None:
    words = [word for segment in talk.segments for word in segment.words]
    assert [row["text"].removeprefix("'") for row in rows(talk, rows="words")] == [
        word.text for word in words
    ]


def test_speech_is_never_run_as_a_formula(talk: Transcript) -> None:
    cells = [cell for row in rows(talk) + rows(talk, rows="words") for cell in row.values()]
    assert "'=SUM(A1:A9)" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_lines_end_and_quotes_double_as_rfc_4180_says(talk: Transcript) -> None:
    content = export(talk, "csv", title="Talk").content
    assert content.count(b"\r\n") == len(talk.segments) + 1
    assert b'"Good morning, everyone, and' in content


def test_a_byte_order_mark_comes_first_where_asked_for(talk: Transcript) -> None:
    assert export(talk, "csv", title="Talk", options={"bom": "yes"}).content.startswith(b"\xef\xbb\xbfstart,")
