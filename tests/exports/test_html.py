from dataclasses import replace
from html.parser import HTMLParser

import pytest

from auricle.exports import export
from auricle.transcript import Segment, Transcript

VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """Checks that every element is closed in order, and keeps the elements and their text."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(content)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and data.strip():
            self.texts.setdefault(self.open[-1], []).append(data)


def page(transcript: Transcript, title: str = "Talk", **options: str) -> Page:
    return Page(export(transcript, "html", title=title, options=options).content.decode())


def test_what_was_said_is_on_the_page_word_for_word(talk: Transcript) -> None:
    found = page(talk, 'A "good" <i>talk</i> & more')
    assert found.texts["title"] == found.texts["h1"] == ['A "good" <i>talk</i> & more']
    assert found.texts["h2"] == ["Alice Müller", "Bob", "Alice Müller", "Bob"]
    assert talk.segments[2].text in found.texts["p"]
    assert found.texts["time"] == ["0:00", "0:12", "0:17", "0:19"]


def test_nothing_runs_and_nothing_is_loaded(talk: Transcript) -> None:
    found = page(talk)
    tags = {tag for tag, _ in found.elements}
    assert tags.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "form", "base"})
    attributes = [(name, value) for _, attrs in found.elements for name, value in attrs.items()]
    assert not [name for name, _ in attributes if name.startswith("on") or name == "src"]
    assert all(str(value).startswith("#") for name, value in attributes if name == "href")
    assert "url(" not in found.texts["style"][0]
    assert "@import" not in found.texts["style"][0]


def test_every_time_links_to_its_paragraph(talk: Transcript) -> None:
    found = page(talk)
    ids = [attrs["id"] for _, attrs in found.elements if "id" in attrs]
    links = [attrs["href"] for _, attrs in found.elements if "href" in attrs]
    assert links == [f"#{one}" for one in ids]
    assert len(set(ids)) == len(ids)


def test_paragraphs_that_begin_in_the_same_second_have_links_of_their_own(talk: Transcript) -> None:
    quick = (Segment(1.1, 1.2, "Yes.", speaker="S1"), Segment(1.5, 1.9, "No.", speaker="S2"))
    found = page(replace(talk, segments=quick))
    ids = [attrs["id"] for _, attrs in found.elements if "id" in attrs]
    assert ids == ["t1", "t1-2"]


@pytest.mark.parametrize(("theme", "dark"), [("light", False), ("dark", True)])
def test_a_fixed_theme_does_not_follow_the_system(talk: Transcript, theme: str, dark: bool) -> None:
    found = page(talk, theme=theme)
    assert (found.elements[0][1].get("class") == "dark") is dark
    assert "prefers-color-scheme" not in found.texts["style"][0]


def test_the_page_knows_its_language_and_direction(talk: Transcript) -> None:
    assert page(talk).elements[0][1] == {"lang": "en", "dir": "ltr"}
    hebrew = replace(talk, language="he", segments=talk.segments[3:4])
    assert page(hebrew).elements[0][1] == {"lang": "he", "dir": "rtl"}


def test_a_recording_without_speech_says_so(silence: Transcript) -> None:
    assert "There is no speech in this recording." in page(silence).texts["p"]
