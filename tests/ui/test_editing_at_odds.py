"""Correcting transcripts in a real browser while answers are late, recordings change, or the page goes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from browser import Complaints, arrives, axe, fill, press
from live_server import LiveServer, live_server
from told import passage, read, saved, tell, texts_of, transcript_of, write

TALK = [("Anna", "We agreed to move the launch."), ("Ben", "That should work.")]
OTHER = [("Carla", "Nobody has been here."), ("Dora", "I have.")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("server"), tiny_model) as running:
        yield running


@pytest.fixture
def talk(server: LiveServer, speech: Path) -> str:
    """A conversation of two passages."""
    return tell(server, speech / "sentence_en.flac", TALK)


@pytest.fixture
def other(server: LiveServer, speech: Path) -> str:
    """Another conversation of two passages."""
    return tell(server, speech / "sentence_en.flac", OTHER)


def go(page: Page, recording: str) -> None:
    """Go from one recording to another as links do, without loading the page anew."""
    push = "history.pushState({}, '', path)"
    page.evaluate(f"path => ({push}, {push}, history.back())", f"/recordings/{recording}")


class Held:
    """Requests that wait until somebody lets them go."""

    def __init__(self, page: Page, path: str, method: str) -> None:
        self.waiting: list[Route] = []
        self._method = method
        self._open = False
        page.route(f"**{path}", self._come)

    def _come(self, route: Route) -> None:
        if route.request.method != self._method or self._open:
            route.continue_()
        else:
            self.waiting.append(route)

    def comes(self, page: Page) -> None:
        """Wait until one is held."""
        while not self.waiting:
            page.wait_for_timeout(20)

    def let_go(self) -> None:
        self._open = True
        for one in self.waiting:
            one.continue_()


def test_a_late_answer_of_one_recording_leaves_another_alone(
    server: LiveServer, page: Page, talk: str, other: str
) -> None:
    read(page, server, talk)
    held = Held(page, f"/recordings/{other}/transcript", "GET")
    go(page, other)
    held.comes(page)
    page.go_back()
    expect(passage(page, "That should work.")).to_be_visible()
    with page.expect_response(f"**/recordings/{other}/transcript"):
        held.let_go()
    write(page, "That should work.", "That will work.")
    saved(page)
    assert texts_of(server, talk)[1] == "That will work."
    assert texts_of(server, other) == [text for _, text in OTHER]


def test_a_correction_is_sent_while_another_recording_still_waits_for_its_own(
    server: LiveServer, page: Page, talk: str, other: str
) -> None:
    read(page, server, talk)
    held = Held(page, f"/recordings/{talk}/transcript", "PATCH")
    write(page, "That should work.", "That will work.")
    held.comes(page)
    go(page, other)
    write(page, "I have.", "I was.")
    saved(page)
    assert texts_of(server, other)[1] == "I was."
    with page.expect_response(f"**/recordings/{talk}/transcript"):
        held.let_go()
    assert texts_of(server, talk)[1] == "That will work."


def test_undo_redo_undo_without_a_pause_goes_one_step_back(server: LiveServer, page: Page, talk: str) -> None:
    read(page, server, talk)
    write(page, "That should work.", "That will work.")
    saved(page)
    once = transcript_of(server, talk)
    held = Held(page, f"/recordings/{talk}/transcript", "PATCH")
    write(page, "That will work.", "That has worked before.")
    held.comes(page)
    for keys in ("Control+z", "Control+y", "Control+z"):
        page.keyboard.press(keys)
    expect(passage(page, "That will work.")).to_be_visible()
    held.let_go()
    saved(page)
    assert transcript_of(server, talk) == once
    page.keyboard.press("Control+z")
    expect(passage(page, "That should work.")).to_be_visible()
    saved(page)
    assert texts_of(server, talk)[1] == "That should work."


def test_what_the_server_could_not_be_told_is_taken_back_at_once(
    server: LiveServer, page: Page, talk: str, complaints: Complaints
) -> None:
    complaints.expect("net::ERR")
    before = transcript_of(server, talk)
    read(page, server, talk)
    page.context.set_offline(True)
    write(page, "That should work.", "That will work.")
    page.keyboard.press("Control+z")
    expect(passage(page, "That should work.")).to_be_visible()
    page.context.set_offline(False)
    saved(page)
    assert transcript_of(server, talk) == before


def test_a_text_that_has_to_be_decided_on_survives_a_reload(
    server: LiveServer, page: Page, talk: str, complaints: Complaints
) -> None:
    complaints.expect(f"412 /api/v1/recordings/{talk}/transcript")
    read(page, server, talk)
    theirs = {"operations": [{"op": "edit_segment", "id": 1, "text": "Theirs."}]}
    assert server.client.patch(f"/recordings/{talk}/transcript", json=theirs).status_code == 200
    write(page, "That should work.", "Mine.")
    dialog = page.get_by_role("dialog", name="Somebody else changed this passage too")
    expect(dialog.get_by_label("Yours")).to_have_value("Mine.")
    page.reload()
    expect(dialog.get_by_label("Yours")).to_have_value("Mine.")
    expect(dialog).to_contain_text("Theirs.")
    fill(page, "Yours", "Ours.")
    page.reload()
    expect(dialog.get_by_label("Yours")).to_have_value("Ours.")
    press(page, "Save yours")
    expect(passage(page, "Ours.")).to_be_visible()
    saved(page)
    assert texts_of(server, talk)[1] == "Ours."
    page.reload()
    expect(passage(page, "Ours.")).to_be_visible()
    expect(dialog).to_have_count(0)


def asks_before_closing(page: Page) -> None:
    """Close the page, and stay when the browser asks whether that is meant."""
    with page.expect_event("dialog") as asked:
        page.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()


def test_closing_the_page_asks_while_a_correction_is_not_saved(
    server: LiveServer, page: Page, talk: str
) -> None:
    read(page, server, talk)
    held = Held(page, f"/recordings/{talk}/transcript", "PATCH")
    write(page, "That should work.", "That will work.")
    held.comes(page)
    asks_before_closing(page)
    press(page, "Library")
    arrives(page, "/")
    asks_before_closing(page)
    with page.expect_response(f"**/recordings/{talk}/transcript"):
        held.let_go()
    page.go_back()
    expect(passage(page, "That will work.")).to_be_visible()
    saved(page)
    with page.expect_event("close"):
        page.close(run_before_unload=True)


def test_who_comes_back_before_a_correction_is_saved_finds_it_and_it_is_saved_once(
    server: LiveServer, page: Page, talk: str, complaints: Complaints
) -> None:
    complaints.allow(f"412 /api/v1/recordings/{talk}/transcript")
    read(page, server, talk)
    held = Held(page, f"/recordings/{talk}/transcript", "PATCH")
    write(page, "That should work.", "That will work.")
    write(page, "We agreed to move the launch.", "We moved the launch.")
    held.comes(page)
    press(page, "Library")
    arrives(page, "/")
    page.go_back()
    expect(passage(page, "That will work.")).to_be_visible()
    expect(passage(page, "We moved the launch.")).to_be_visible()
    held.let_go()
    saved(page)
    assert texts_of(server, talk) == ["We moved the launch.", "That will work."]


def test_text_for_a_recording_that_is_gone_can_be_copied(
    server: LiveServer, page: Page, talk: str, complaints: Complaints
) -> None:
    complaints.expect(f"404 /api/v1/recordings/{talk}/transcript")
    complaints.allow("404 ")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    read(page, server, talk)
    assert server.client.delete(f"/recordings/{talk}").status_code == 204
    assert server.client.delete(f"/recordings/{talk}", params={"forever": "true"}).status_code == 204
    write(page, "That should work.", "That will work.")
    dialog = page.get_by_role("dialog", name="The server did not take this text")
    expect(dialog).to_contain_text("There is no such recording.")
    assert axe(page) == []
    press(page, "Copy")
    assert page.evaluate("navigator.clipboard.readText()") == "That will work."
    press(page, "Close")
    expect(dialog).to_have_count(0)
