"""Two tabs of one person on the same recording, and what becomes of work on what was deleted."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser import Complaints, press
from live_server import LiveServer
from told import edit, passage, read, saved, tell, texts_of, write

TALK = [("Anna", "We agreed to move the launch."), ("Ben", "That should work.")]


@pytest.fixture
def talk(server: LiveServer, meeting: Path) -> str:
    return tell(server, meeting, TALK)


def test_two_tabs_agree_on_the_title_the_text_and_the_trash(
    server: LiveServer, page: Page, talk: str
) -> None:
    read(page, server, talk)
    other = page.context.new_page()
    read(other, server, talk)
    press(other, "Rename")
    other.keyboard.type("The launch")
    other.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("The launch")
    write(other, "That should work.", "That will work.")
    expect(passage(page, "That will work.")).to_be_visible()
    press(other, "More")
    other.get_by_role("menuitem", name="Delete").click()
    expect(page.get_by_text("In the trash since")).to_be_visible()
    press(page, "Bring it back")
    expect(page.get_by_text("In the trash since")).to_have_count(0)
    write(page, "That will work.", "That has worked.")
    saved(page)
    assert texts_of(server, talk)[1] == "That has worked."


def test_a_passage_that_was_only_opened_does_not_undo_what_another_tab_writes_there(
    server: LiveServer, page: Page, talk: str
) -> None:
    read(page, server, talk)
    other = page.context.new_page()
    read(other, server, talk)
    for key in ("Control+Enter", "Escape"):
        said = texts_of(server, talk)[1]
        edit(page, said)
        write(other, said, f"Changed before {key}.")
        saved(other)
        page.bring_to_front()
        page.keyboard.press(key)
        expect(passage(page, f"Changed before {key}.")).to_be_visible()
        saved(page)
        assert texts_of(server, talk)[1] == f"Changed before {key}."


def test_text_typed_into_a_passage_that_another_tab_deletes_is_not_lost(
    server: LiveServer, page: Page, talk: str, complaints: Complaints
) -> None:
    # Whether it is sent before the other tab is heard makes no difference.
    complaints.allow(f"412 /api/v1/recordings/{talk}/transcript")
    read(page, server, talk)
    other = page.context.new_page()
    read(other, server, talk)
    edit(page, "That should work.")
    page.keyboard.press("End")
    page.keyboard.type(" I think.")
    edit(other, "That should work.")
    other.keyboard.press("ControlOrMeta+A")
    other.keyboard.press("Backspace")
    other.keyboard.press("Control+Enter")
    saved(other)
    page.bring_to_front()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Somebody else took this passage out")).to_be_visible()
    press(page, "Save yours")
    expect(passage(page, "That should work. I think.")).to_be_visible()
    saved(page)
    assert texts_of(server, talk)[1] == "That should work. I think."


def test_what_is_written_into_the_trash_is_kept_and_saved_once_it_is_brought_back(
    server: LiveServer, page: Page, talk: str, complaints: Complaints
) -> None:
    complaints.expect(f"409 /api/v1/recordings/{talk}/transcript")
    read(page, server, talk)
    assert server.client.delete(f"/recordings/{talk}").status_code == 204
    write(page, "That should work.", "That will work.")
    expect(page.get_by_text("Not saved: it is in the trash")).to_be_visible()
    assert texts_of(server, talk)[1] == "That should work."
    press(page, "Bring it back")
    saved(page)
    assert texts_of(server, talk)[1] == "That will work."


def test_a_tab_looks_again_when_it_comes_to_the_front(server: LiveServer, page: Page, talk: str) -> None:
    read(page, server, talk)
    etag = server.client.get(f"/recordings/{talk}").headers["etag"]
    answer = server.client.patch(
        f"/recordings/{talk}", json={"title": "From another device"}, headers={"If-Match": etag}
    )
    assert answer.status_code == 200
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(page.get_by_role("heading", level=1)).to_have_text("From another device")
