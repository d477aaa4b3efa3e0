"""The words of a changed text; the web app is tested with the same cases."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.transcript import Segment, Word
from auricle.transcript.rewording import reworded

CASES = json.loads(Path(__file__).with_name("rewording.json").read_text(encoding="utf-8"))
TEXTS = st.text("ab 我们同意，「」。はが.เขาวันนี้", max_size=20)


def saying(words: list[list[Any]]) -> Segment:
    end = words[-1][2] if words else 1.0
    spoken = tuple(Word(text, since, until, 0.5, "a") for text, since, until in words)
    return Segment(0.0, end, " ".join(one.text for one in spoken), spoken, speaker="a")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_words_that_stay_keep_their_times_in_every_script(case: dict[str, Any]) -> None:
    found = reworded(saying(case["words"]), case["text"])
    assert [[one.text, one.start, one.end, one.checked] for one in found] == case["after"]


@given(st.lists(TEXTS, min_size=1, max_size=6), TEXTS)
def test_every_letter_of_the_new_text_is_in_one_word_in_the_order_of_time(old: list[str], new: str) -> None:
    words = reworded(saying([[text, n, n + 1] for n, text in enumerate(old)]), new)
    assert "".join(one.text for one in words) == "".join(new.split())
    assert all(one.start <= one.end and not one.text.isspace() for one in words)
    assert all(one.start <= other.start for one, other in pairwise(words))


@given(st.lists(TEXTS.filter(lambda text: text and " " not in text), min_size=1, max_size=6))
def test_a_text_that_is_as_it_was_changes_no_word(old: list[str]) -> None:
    segment = saying([[text, n, n + 1] for n, text in enumerate(old)])
    assert reworded(segment, " ".join(old)) == segment.words
