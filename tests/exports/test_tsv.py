import csv
from dataclasses import replace

from auricle.exports import export
from auricle.transcript import Segment, Transcript


def rows(transcript: Transcript, **options: str) -> list[list[str]]:
    content = export(transcript, "tsv", title="Talk", options=options).content.decode()
    return list(csv.reader(content.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


def test_times_are_whole_milliseconds_before_the_text(talk: Transcript) -> None:
    header, first, *_ = rows(talk)
    assert header == ["start", "end", "text"]
    assert first == ["500", "6786", talk.segments[0].text]


def test_a_speaker_column_where_asked_for(talk: Transcript) -> None:
    assert [row[2] for row in rows(talk, speakers="yes")[:2]] == ["speaker", "Alice Müller"]


def test_tabs_and_line_ends_in_speech_make_no_columns_or_rows(talk: Transcript) -> None:
    odd = replace(talk, segments=(Segment(0, 1, "one\ttwo\nthree\r\nfour\u2028five"),))
    assert rows(odd)[1:] == [["0", "1000", "one two three four five"]]
