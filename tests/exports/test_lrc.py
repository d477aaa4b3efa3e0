import re

from auricle.exports import export
from auricle.transcript import Transcript

TAG = re.compile(r"\[(ti|la|length|re):[^\[\]]*\]")
LINE = re.compile(r"\[(\d{2,}):([0-5]\d)\.(\d\d)\]([^\[\]]*)")


def lines(transcript: Transcript, **options: str) -> list[tuple[float, str]]:
    content = export(transcript, "lrc", title="The [best] talk", options=options).content.decode()
    rows = [row for row in content.splitlines() if not TAG.fullmatch(row)]
    found = [LINE.fullmatch(row) for row in rows]
    assert all(found), rows
    return [(int(one[1]) * 60 + int(one[2]) + int(one[3]) / 100, one[4]) for one in found if one]


def test_lines_rise_in_time_and_hold_every_word(talk: Transcript) -> None:
    found = lines(talk, speakers="no")
    assert [time for time, _ in found] == sorted(time for time, _ in found)
    said = "".join(one.text for one in talk.segments).translate(str.maketrans("[]<>", "()‹›"))
    assert "".join(text for _, text in found).replace(" ", "") == said.replace(" ", "")


def test_silence_clears_the_line(talk: Transcript) -> None:
    assert lines(talk)[-1][1] == ""


def test_enhanced_lyrics_time_every_word(talk: Transcript) -> None:
    first = lines(talk, words="yes", speakers="no")[0][1]
    assert first.startswith("<00:00.50>Good <00:00.86>morning, <00:01.50>everyone, ")


def test_the_title_cannot_break_out_of_its_tag(talk: Transcript) -> None:
    assert export(talk, "lrc", title="a]\n[00:01.00]b").content.startswith(b"[ti:a) (00:01.00)b]\n")
