import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.transcript.lines import (
    Piece,
    break_lines,
    clusters,
    fit,
    join,
    line_text,
    lines_needed,
    piece,
    pieces,
    tidy,
    width,
)


@pytest.mark.parametrize(
    "characters",
    [
        ["a", "é", "e\u0301", "ñ"],
        ["👩‍👩‍👧", "👍🏽", "❤️", "🇩🇪", "🇫🇷"],
        ["हि", "न्दी"],
        ["เ", "กี่", "ย", "ว", "น้ำ"],
        ["각", "\u1100\u1161\u11a8", "나"],
        ["你", "好", "が"],
    ],
)
def test_what_a_reader_takes_for_one_character_stays_whole(characters: list[str]) -> None:
    assert clusters("".join(characters)) == characters


@given(st.text())
@settings(deadline=None)
def test_clusters_lose_nothing_and_never_begin_with_a_mark(text: str) -> None:
    found = clusters(text)
    assert "".join(found) == text
    assert not [one for one in found[1:] if unicodedata.category(one[0]) in ("Mn", "Me", "Mc")]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("abc", 3),
        ("é", 1),
        ("e\u0301", 1),
        ("你好", 4),
        ("ｗ", 2),
        ("한국", 4),
        ("👩‍👩‍👧", 2),
        ("กี่", 1),
        ("", 0),
    ],
)
def test_wide_characters_count_double_and_marks_nothing(text: str, columns: int) -> None:
    assert width(text) == columns


def test_tidy_text_is_one_line_that_can_be_written_anywhere() -> None:
    assert tidy(" a\tb\r\nc\x00d  e\u2028f ") == "a b c d e f"
    assert tidy("x\ud800y\ufffez") == "x\ufffdy\ufffdz"
    assert tidy("Bonjour\u00a0!") == "Bonjour\u00a0!"
    assert tidy("\n \x1f") == ""


@given(st.text(st.characters()))
def test_tidy_text_is_stable_and_fits_utf8(text: str) -> None:
    once = tidy(text)
    assert tidy(once) == once
    once.encode("utf-8")


def test_sentences_are_joined_the_way_their_script_is_written() -> None:
    assert join(["One.", "Two."]) == "One. Two."
    assert join(["你好。", "再见。"]) == "你好。再见。"
    assert join(["你好。", "OK.", "", "再见。"]) == "你好。 OK. 再见。"
    assert join(["สวัสดี", "ครับ"]) == "สวัสดี ครับ"
    assert join([]) == ""


def texts(found: list[Piece]) -> list[str]:
    return [one.text for one in found]


def test_text_with_spaces_is_cut_at_them_only() -> None:
    assert texts(pieces("It's a well-known, fine 3.5 % café", 0, 1)) == [
        "It's", "a", "well-known,", "fine", "3.5", "%", "café",
    ]  # fmt: skip


def test_text_without_spaces_is_cut_between_characters_but_not_around_their_punctuation() -> None:
    assert texts(pieces("他说：「你好，世界」。", 0, 1)) == ["他", "说：", "「你", "好，", "世", "界」。"]
    assert texts(pieces("データベース", 0, 1)) == ["デー", "タ", "ベー", "ス"]
    assert texts(pieces("OK吗", 0, 1)) == ["OK", "吗"]
    assert texts(pieces("ไทยเก่า", 0, 1)) == ["ไท", "ย", "เก่า"]


def test_time_is_shared_out_by_width() -> None:
    assert [(one.start, one.end) for one in pieces("ab 你", 10, 14)] == [(10, 12), (12, 14)]


def test_a_word_wider_than_a_line_is_cut_between_its_characters() -> None:
    long = piece("e\u0301" * 25, True, 0, 5)
    assert texts(fit(long, 10)) == ["e\u0301" * 10, "e\u0301" * 10, "e\u0301" * 5]
    assert [one.spaced for one in fit(long, 10)] == [True, False, False]
    assert fit(long, 25) == [long]


def row(text: str) -> list[Piece]:
    return pieces(text, 0, 1)


def broken(text: str, widest: int) -> list[str]:
    return [line_text(line) for line in break_lines(row(text), widest)]


def test_lines_are_of_even_length() -> None:
    assert broken("one two three four five six seven", 30) == ["one two three four", "five six seven"]


def test_lines_are_broken_after_a_clause_rather_than_in_the_middle() -> None:
    assert broken("Well, when they had all gone home, she slept", 38) == [
        "Well, when they had all gone home,",
        "she slept",
    ]


@given(st.lists(st.text("abc,.你。", min_size=1, max_size=8), min_size=1, max_size=30), st.integers(16, 60))
@settings(deadline=None)
def test_lines_keep_the_width_use_no_line_too_many_and_lose_nothing(words: list[str], widest: int) -> None:
    pieces_in = [short for long in row(" ".join(words)) for short in fit(long, widest)]
    lines = break_lines(pieces_in, widest)
    assert [one for line in lines for one in line] == pieces_in
    assert all(width(line_text(line)) <= widest for line in lines)
    assert len(lines) == lines_needed(pieces_in, widest)
