"""Where words stand in the text of their segment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.transcript import Word
from auricle.transcript.text import texts_between, word_spans


def words(*texts: str) -> list[Word]:
    return [Word(text, 0.0, 0.0) for text in texts]


@pytest.mark.parametrize(
    ("text", "heard", "spans"),
    [
        ("Hello, world.", ["Hello,", "world."], [(0, 6), (7, 13)]),
        ("the cat the dog", ["the", "cat", "the", "dog"], [(0, 3), (4, 7), (8, 11), (12, 15)]),
        ("well-known", ["well", "-", "known"], [(0, 4), (4, 5), (5, 10)]),
        ("3.5 apples", ["3", ".5", "apples"], [(0, 1), (1, 3), (4, 10)]),
        ("今日は天気。", ["今日", "は", "天気。"], [(0, 2), (2, 3), (3, 6)]),
        ("", [], []),
    ],
)
def test_every_word_has_its_place(text: str, heard: list[str], spans: list[tuple[int, int]]) -> None:
    assert word_spans(text, words(*heard)) == spans


def test_a_word_is_not_found_inside_one_that_was_left_out() -> None:
    assert word_spans("there he is", words("he", "is")) == [(6, 8), (9, 11)]


def test_a_word_the_text_lacks_leaves_no_word_with_a_place() -> None:
    assert word_spans("Hello world", words("Hello", "there")) is None
    assert word_spans("Hello world", words("world", "Hello")) is None


@given(st.lists(st.sampled_from(["a", "an", "ant", "the", "there", "he", "I"]), max_size=12), st.data())
def test_words_are_found_whole_and_in_order_whichever_are_left_out(
    tokens: list[str], data: st.DataObject
) -> None:
    heard = [token for token in tokens if data.draw(st.booleans())]
    text = " ".join(tokens)
    spans = word_spans(text, words(*heard))
    assert spans is not None
    assert [text[begin:end] for begin, end in spans] == heard
    assert all(begin == 0 or text[begin - 1] == " " for begin, _ in spans)
    assert all(end == len(text) or text[end] == " " for _, end in spans)


def test_what_stands_between_words_is_one_text_more_than_there_are_words() -> None:
    assert texts_between("“Hello, world.”", [(1, 6), (8, 13)]) == ["“", ", ", ".”"]
    assert texts_between("alone", []) == ["alone"]
