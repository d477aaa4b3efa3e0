from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from auricle.exports import export
from auricle.transcript import MadeWith, Segment, Transcript
from auricle.transcript.lines import tidy


def shown(markdown: str) -> list[tuple[str, str]]:
    """What a CommonMark parser shows: each block's kind and its text without markup."""
    tokens = MarkdownIt("commonmark").parse(markdown)
    return [
        (before.tag, "".join(_text(child) for child in token.children or []))
        for before, token in pairwise(tokens)
        if token.type == "inline"
    ]


def _text(token: Token) -> str:
    return (
        token.content
        if token.type in ("text", "text_special")
        else f"<{token.type}>" * (token.tag != "strong")
    )


def test_titles_and_speakers_are_headings(talk: Transcript) -> None:
    blocks = shown(export(talk, "md", title="A *good* talk").content.decode())
    assert blocks[0] == ("h1", "A *good* talk")
    assert [text for tag, text in blocks if tag == "h2"] == ["Alice Müller", "Bob", "Alice Müller", "Bob"]
    assert ("p", "Heard with low accuracy.") in blocks


def test_a_paragraph_begins_with_its_time(talk: Transcript) -> None:
    blocks = shown(export(talk, "md", title="Talk").content.decode())
    assert ("p", f"0:12 {talk.segments[2].text}") in blocks


@pytest.mark.parametrize(
    "text",
    [
        "# no heading",
        "- no list",
        "1. no list",
        "23) no",
        "> no quote",
        "```",
        "+ x",
        "a_b_c",
        "[x](y)",
        "===",
    ],
)
@pytest.mark.parametrize("times", ["yes", "no"])
def test_speech_is_never_markup(text: str, times: str) -> None:
    assert _round_trip(text, times) == text


@given(st.text(st.sampled_from("#*_`~[]()<>!&;\\|-+=.:0123456789 ab/\"'{}$^@"), min_size=1))
@settings(deadline=None, max_examples=200)
def test_any_speech_reads_as_it_was_said(text: str) -> None:
    assert _round_trip(text, "no") == tidy(text)


def _round_trip(text: str, times: str) -> str:
    transcript = Transcript("en", 1, (Segment(0, 1, text),), MadeWith("t", "t"))
    content = export(transcript, "md", title="T", options={"times": times}).content.decode()
    blocks = shown(content)
    if not tidy(text):
        return ""
    assert [tag for tag, _ in blocks] == ["h1", "p", "p"]
    return blocks[2][1].removeprefix("0:00 " if times == "yes" else "")
