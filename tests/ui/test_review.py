"""Going through the doubtful words of a transcript in a real browser."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from browser import PHONE, axe, overflow, press, shows
from live_server import LiveServer, live_server
from services import wait_until
from told import read, saved, tell, texts_of, transcript_of

TALK = [
    ("Anna", "The audio(?) comes first, and the orchid(?) later."),
    ("Ben", "Audio,(?) I see."),
    ("Anna", "No, the audio(?) is done."),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("server"), tiny_model) as running:
        yield running


@pytest.fixture
def talk(server: LiveServer, speech: Path) -> str:
    """A conversation with four doubtful words, three of them alike."""
    return tell(server, speech / "sentence_en.flac", TALK)


def doubtful(server: LiveServer, recording: str) -> int:
    count: int = server.client.get(f"/recordings/{recording}").json()["doubtful"]
    return count


def review(page: Page, server: LiveServer, recording: str) -> Locator:
    """Open a recording and begin to check it; the field that asks."""
    read(page, server, recording)
    page.keyboard.press("r")
    field = page.get_by_label("Is this right?")
    expect(field).to_be_focused()
    return field


def test_doubtful_words_are_marked_and_say_how_sure_the_engine_was(
    server: LiveServer, page: Page, talk: str
) -> None:
    read(page, server, talk)
    marked = page.locator(".doubt")
    expect(marked).to_have_count(4)
    expect(marked.first).to_have_attribute("title", "The engine was 20 % sure of this word.")
    expect(marked.first).to_have_css("text-decoration-style", "dotted")


def test_a_passage_that_may_be_none_says_why_and_is_accepted_or_taken_out(
    server: LiveServer, page: Page, speech: Path
) -> None:
    said = [("Anna", "Thank you. Thank you.(!)"), ("Anna", "Thank you all.(!)"), ("Ben", "You are welcome.")]
    talk = tell(server, speech / "sentence_en.flac", said)
    before = transcript_of(server, talk)
    read(page, server, talk)
    signs = page.get_by_role("button", name="Doubtful passage: The same words repeat")
    expect(signs).to_have_count(2)
    signs.first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menu", name="Doubtful passage")).to_contain_text("gone round in circles")
    assert axe(page) == []
    page.get_by_role("menuitem", name="It is right").click()
    expect(signs).to_have_count(1)
    signs.click()
    page.get_by_role("menuitem", name="Take it out").click()
    shows(page, "The passage was deleted.")
    saved(page)
    now = transcript_of(server, talk)["segments"]
    assert [(one["text"], one["flags"]) for one in now] == [
        ("Thank you. Thank you.", []),
        ("You are welcome.", []),
    ]
    for _ in range(2):
        page.keyboard.press("Control+z")
    expect(signs).to_have_count(2)
    saved(page)
    assert transcript_of(server, talk) == before


def test_enter_accepts_typing_replaces_and_tab_goes_on(server: LiveServer, page: Page, talk: str) -> None:
    field = review(page, server, talk)
    expect(field).to_have_value("audio")
    expect(page.locator(".asked")).to_have_text("audio")
    shows(page, "0 of 4 checked")
    assert axe(page) == []
    page.keyboard.press("Enter")
    expect(field).to_have_value("orchid")
    shows(page, "1 of 4 checked")
    page.keyboard.press("Tab")
    expect(field).to_have_value("Audio")
    page.keyboard.press("Shift+Tab")
    expect(field).to_have_value("orchid")
    page.keyboard.type("audit")
    expect(page.get_by_role("button", name="Replace")).to_be_visible()
    page.keyboard.press("Enter")
    expect(field).to_have_value("Audio")
    shows(page, "2 of 4 checked")
    page.keyboard.press("Escape")
    expect(field).to_have_count(0)
    saved(page)
    assert texts_of(server, talk)[0] == "The audio comes first, and the audit later."
    assert doubtful(server, talk) == 2


def test_what_is_typed_while_the_last_answer_is_on_its_way_stays(
    server: LiveServer, page: Page, talk: str
) -> None:
    field = review(page, server, talk)
    held: list[Route] = []
    page.route("**/transcript", lambda route: held.append(route))
    page.keyboard.press("Enter")
    expect(field).to_have_value("orchid")
    wait_until(lambda: bool(page.wait_for_timeout(50) or held), "the request")
    page.keyboard.type("aud")
    held.pop().continue_()
    page.unroute("**/transcript")
    saved(page)
    page.keyboard.type("it")
    expect(field).to_have_value("audit")


def test_a_correction_of_all_alike_keeps_capitals_commas_and_times(
    server: LiveServer, page: Page, talk: str
) -> None:
    before = transcript_of(server, talk)
    review(page, server, talk)
    page.keyboard.type("audit")
    expect(page.get_by_role("button", name="Replace all 3 alike")).to_be_visible()
    page.keyboard.press("Control+Enter")
    shows(page, "3 of 4 checked")
    saved(page)
    after = transcript_of(server, talk)
    assert [one["text"] for one in after["segments"]] == [
        "The audit comes first, and the orchid later.",
        "Audit, I see.",
        "No, the audit is done.",
    ]

    def times(of: dict[str, list[dict[str, list[dict[str, float]]]]]) -> list[tuple[float, float]]:
        return [(one["start"], one["end"]) for part in of["segments"] for one in part["words"]]

    assert times(after) == times(before)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+z")
    shows(page, "Undone: words checked.")
    saved(page)
    assert transcript_of(server, talk) == before


def test_when_all_are_checked_it_says_so(server: LiveServer, page: Page, talk: str) -> None:
    field = review(page, server, talk)
    expect(page.get_by_role("button", name="All 3 alike are right")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(field).to_have_value("orchid")
    page.keyboard.press("Enter")
    shows(page, "All doubtful words are checked.")
    expect(page.get_by_role("button", name="Leave")).to_be_focused()
    assert axe(page) == []
    saved(page)
    assert doubtful(server, talk) == 0
    assert texts_of(server, talk)[1] == "Audio, I see."
    press(page, "Leave Esc")
    expect(page.locator(".doubt")).to_have_count(0)


def test_undo_asks_again_unless_something_was_typed(server: LiveServer, page: Page, talk: str) -> None:
    before = transcript_of(server, talk)
    field = review(page, server, talk)
    page.keyboard.press("Enter")
    expect(field).to_have_value("orchid")
    page.keyboard.type("orchids")
    page.keyboard.press("Control+z")
    expect(field).not_to_have_value("orchids")
    shows(page, "1 of 4 checked")
    page.keyboard.press("Tab")
    expect(field).to_have_value("Audio")
    page.keyboard.press("Control+z")
    expect(field).to_have_value("audio")
    expect(field).to_be_focused()
    shows(page, "0 of 4 checked")
    saved(page)
    assert transcript_of(server, talk) == before


def test_a_phone_checks_words_with_buttons(
    server: LiveServer, talk: str, new_page: Callable[..., Page]
) -> None:
    page = new_page(PHONE, dark=True, has_touch=True)
    read(page, server, talk)
    page.get_by_role("button", name="Review").click()
    shows(page, "0 of 4 checked")
    page.get_by_role("button", name="Right", exact=True).click()
    shows(page, "1 of 4 checked")
    assert overflow(page) == 0
    assert axe(page) == []
