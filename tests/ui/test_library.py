"""The library and its trash, in a real browser over real recordings."""

import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from auricle.testing import silence, write_wav
from browser import PHONE, Complaints, arrives, axe, overflow, press, shows
from live_server import LiveServer, live_server
from told import bring
from visitors import MARKUP


@pytest.fixture
def server(tmp_path: Path, tiny_model: Path) -> Iterator[LiveServer]:
    """A server for each test, since each deletes or counts."""
    with live_server(tmp_path / "data", tiny_model) as running:
        yield running


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "sound.wav", silence(1))


def store(server: LiveServer, sound: Path, *titles: str, **fields: str) -> list[str]:
    """Store recordings without transcribing them; their ids. The last title comes first in the list."""
    answers = [server.upload(sound, title=title, transcribe="false", **fields) for title in titles]
    return [one["recording"]["id"] for one in answers]


def failed(server: LiveServer, speech: Path, folder: Path, title: str) -> str:
    """A recording whose job fails: it begins like a FLAC file, but nothing in it can be decoded."""
    whole = (speech / "sentence_en.flac").read_bytes()
    broken = folder / "broken.flac"
    broken.write_bytes(whole[:200] + bytes(len(whole) - 200))
    accepted = server.upload(broken, title=title)
    assert server.wait(accepted["job"]["id"])["state"] == "failed"
    recording_id: str = accepted["recording"]["id"]
    return recording_id


def recording(server: LiveServer, recording_id: str) -> Any:
    return server.client.get(f"/recordings/{recording_id}").json()


def show(page: Page, server: LiveServer, path: str = "/") -> None:
    page.goto(server.origin + path)


def titles(page: Page) -> Locator:
    return page.locator("a-recording-row a.title")


def row(page: Page, title: str) -> Locator:
    return page.get_by_role("listitem").filter(has=page.get_by_role("link", name=title, exact=True))


def choose(page: Page, title: str, item: str) -> None:
    """Choose an item of a row's menu."""
    row(page, title).hover()
    page.get_by_role("button", name=f"More for {title}", exact=True).click()
    page.get_by_role("menuitem", name=item, exact=True).click()


def filter_by(page: Page, menu: str, choice: str) -> None:
    page.get_by_role("button", name=f"{menu}:").click()
    page.get_by_role("menuitemradio", name=choice).click()


def test_an_empty_library_says_what_to_do_first(
    server: LiveServer, page: Page, new_page: Callable[..., Page]
) -> None:
    show(page, server)
    shows(page, "Your recordings will be here")
    assert axe(page) == []
    press(page, "Add the first recording")
    arrives(page, "/add")
    phone = new_page(PHONE, dark=True)
    show(phone, server)
    shows(phone, "Your recordings will be here")
    assert axe(phone) == []
    assert overflow(phone) == 0


def test_a_recording_appears_by_itself_and_becomes_a_transcript(
    server: LiveServer, page: Page, speech: Path
) -> None:
    show(page, server)
    shows(page, "Your recordings will be here")
    accepted = server.upload(speech / "long_en.flac", title="Board meeting, March")
    found = row(page, "Board meeting, March")
    expect(found.get_by_role("progressbar", name="Progress of Board meeting, March")).to_be_visible()
    server.wait(accepted["job"]["id"])
    expect(found.get_by_role("progressbar")).to_have_count(0)
    expect(found).to_contain_text("English")
    assert axe(page) == []
    found.get_by_role("link", name="Board meeting, March").click()
    arrives(page, f"/recordings/{accepted['recording']['id']}")


def test_an_imported_transcript_is_one(server: LiveServer, page: Page, sound: Path) -> None:
    imported, _ = store(server, sound, "Imported", "Only stored")
    bring(imported, [("Anna", "We agreed.")], server.client)
    show(page, server)
    expect(row(page, "Only stored")).to_contain_text("not transcribed")
    expect(row(page, "Imported")).to_contain_text("Anna")
    expect(row(page, "Imported")).not_to_contain_text("not transcribed")
    page.get_by_role("button", name="More for Imported", exact=True).click()
    expect(page.get_by_role("menuitem", name="Transcribe again")).to_be_visible()


def test_a_failed_row_says_why_and_is_tried_again(
    server: LiveServer, page: Page, speech: Path, tmp_path: Path
) -> None:
    broken = failed(server, speech, tmp_path, "Dictation")
    job = recording(server, broken)["job_id"]
    why = server.client.get(f"/jobs/{job}").json()["error"]["message"]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    show(page, server, "/?view=failed")
    expect(page.get_by_role("link", name="failed 1")).to_be_visible()
    expect(row(page, "Dictation")).to_contain_text(why)
    assert not any("/jobs/" in url for url in asked)
    assert axe(page) == []
    press(page, "Try again: Dictation")
    shows(page, "“Dictation” is in the queue.")
    assert server.wait(job)["state"] == "failed"
    expect(row(page, "Dictation")).to_contain_text(why)


def test_the_address_holds_filters_and_order(
    server: LiveServer, page: Page, sound: Path, speech: Path
) -> None:
    store(server, sound, "Alpha", "Beta", tags="board")
    store(server, sound, "Gamma", tags="research")
    server.transcribed(speech / "sentence_de.flac", title="Delta")
    show(page, server)
    expect(titles(page)).to_have_text(["Delta", "Gamma", "Beta", "Alpha"])
    filter_by(page, "Tag", "board")
    expect(titles(page)).to_have_text(["Beta", "Alpha"])
    filter_by(page, "Order", "By title")
    expect(titles(page)).to_have_text(["Alpha", "Beta"])
    assert page.url == f"{server.origin}/?tag=board&sort=title"
    page.reload()
    expect(titles(page)).to_have_text(["Alpha", "Beta"])
    expect(page.get_by_role("button", name="Tag:")).to_contain_text("board")
    page.go_back()
    expect(titles(page)).to_have_text(["Beta", "Alpha"])
    press(page, "Clear filters")
    filter_by(page, "Language", "German")
    expect(titles(page)).to_have_text(["Delta"])


def test_who_comes_back_from_a_recording_is_at_its_row(server: LiveServer, page: Page, sound: Path) -> None:
    store(server, sound, "Alpha", "Beta", "Gamma")
    show(page, server)
    for leave in (page.go_back, lambda: press(page, "Back to the library")):
        page.get_by_role("link", name="Beta", exact=True).press("Enter")
        shows(page, "Not transcribed yet")
        leave()
        expect(page.get_by_role("link", name="Beta", exact=True)).to_be_focused()
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Alpha", exact=True)).to_be_focused()


def test_filters_that_nothing_fits_can_be_left_at_once(server: LiveServer, page: Page, sound: Path) -> None:
    store(server, sound, "Alpha")
    show(page, server, "/?view=running")
    shows(page, "Nothing is being transcribed.")
    show(page, server, "/?tag=nowhere&time=today")
    shows(page, "No recording fits these filters.")
    assert axe(page) == []
    press(page, "Show all recordings")
    expect(titles(page)).to_have_text(["Alpha"])


def test_days_are_chosen_from_a_calendar(server: LiveServer, page: Page, sound: Path) -> None:
    store(server, sound, "Alpha")
    show(page, server)
    page.get_by_role("button", name="Date:").click()
    page.get_by_role("menuitem", name="Between two days…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("From").fill("2020-02-01")
    dialog.get_by_label("To (inclusive)").fill("2020-01-01")
    dialog.get_by_role("button", name="Show").click()
    expect(dialog.get_by_role("alert")).to_contain_text("The first day has to come before the last.")
    dialog.get_by_label("To (inclusive)").fill("2020-03-01")
    assert axe(page) == []
    dialog.get_by_role("button", name="Show").click()
    shows(page, "No recording fits these filters.")
    assert page.url == f"{server.origin}/?time=2020-02-01..2020-03-01"


def test_what_was_said_is_found_as_one_types_and_leads_to_its_moment(
    server: LiveServer, page: Page, speech: Path, sound: Path
) -> None:
    meeting = server.transcribed(speech / "meeting_en.flac", title="Board meeting")["id"]
    store(server, sound, "The contract itself")
    show(page, server)
    shows(page, "Board meeting")
    page.keyboard.press("/")
    page.keyboard.type("send contr")
    shows(page, "1 recording found")
    assert page.url == f"{server.origin}/?q=send%20contr"
    snippet = page.locator("a.snippet").first
    expect(snippet.locator("mark")).to_have_text(["send", "contract"])
    assert axe(page) == []
    field = page.get_by_label("Search titles")
    field.fill("contract")
    shows(page, "2 recordings found")
    expect(page.locator("a.hit").first).to_have_text("The contract itself")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    expect(snippet).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/recordings/{meeting}\?t=\d+(\.\d+)?$"))
    page.go_back()
    shows(page, "2 recordings found")
    expect(field).to_have_value("contract")
    page.go_back()
    expect(titles(page)).to_have_text(["The contract itself", "Board meeting"])


def test_a_search_without_hits_says_what_to_try(server: LiveServer, page: Page, sound: Path) -> None:
    store(server, sound, "Alpha")
    show(page, server, "/?q=zebra")
    shows(page, "Nothing found for “zebra”.")
    shows(page, "The last word may be unfinished")
    assert axe(page) == []
    press(page, "Clear the search")
    expect(titles(page)).to_have_text(["Alpha"])


def test_only_the_answer_to_what_was_typed_last_is_shown(server: LiveServer, page: Page, sound: Path) -> None:
    store(server, sound, "Alpha", "Beta")
    late: list[Any] = []
    page.route(re.compile(r"search\?q=Alp$"), lambda route: late.append(route))
    show(page, server)
    shows(page, "Beta")
    field = page.get_by_label("Search titles")
    with page.expect_request(re.compile(r"search\?q=Alp$")):
        field.fill("Alp")
    field.fill("Bet")
    expect(page.locator("a.hit")).to_have_text(["Beta"])
    late[0].continue_()
    field.fill("Beta")
    shows(page, "1 recording found")
    expect(page.locator("a.hit")).to_have_text(["Beta"])


def test_many_are_selected_by_a_range_tagged_and_deleted_and_come_back(
    server: LiveServer, page: Page, sound: Path
) -> None:
    ids = store(server, sound, "Alpha", "Beta", "Gamma", "Delta", "Epsilon")
    show(page, server)
    page.get_by_role("checkbox", name="Select Delta").click()
    row(page, "Beta").click(modifiers=["Shift"])
    shows(page, "3 selected")
    assert axe(page) == []
    press(page, "Tags")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("New tag")).to_be_focused()
    dialog.get_by_label("New tag").fill("board")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("checkbox", name="board")).to_be_checked()
    assert axe(page) == []
    dialog.get_by_role("button", name="Save").click()
    shows(page, "The tags of 3 recordings are saved.")
    expect(row(page, "Gamma")).to_contain_text("board")
    assert [recording(server, one)["tags"] for one in ids] == [[], ["board"], ["board"], ["board"], []]
    press(page, "Move to trash")
    shows(page, "3 recordings are in the trash.")
    expect(titles(page)).to_have_text(["Epsilon", "Alpha"])
    expect(page.get_by_role("link", name="Alpha")).to_be_focused()
    press(page, "Undo")
    expect(titles(page)).to_have_text(["Epsilon", "Delta", "Gamma", "Beta", "Alpha"])
    assert all(recording(server, one)["deleted_at"] is None for one in ids)


def test_a_tag_that_only_some_have_stays_so_unless_somebody_decides(
    server: LiveServer, page: Page, sound: Path
) -> None:
    (first,) = store(server, sound, "Alpha", tags="board,old")
    (second,) = store(server, sound, "Beta")
    show(page, server)
    page.get_by_role("checkbox", name="Select Alpha").click()
    page.get_by_role("checkbox", name="Select Beta").click()
    press(page, "Tags")
    dialog = page.get_by_role("dialog")
    assert dialog.get_by_role("checkbox", name="board").evaluate("(box) => box.indeterminate")
    dialog.get_by_role("checkbox", name="old").check()
    dialog.get_by_role("checkbox", name="old").uncheck()
    dialog.get_by_role("button", name="Save").click()
    shows(page, "The tags of 2 recordings are saved.")
    assert recording(server, first)["tags"] == ["board"]
    assert recording(server, second)["tags"] == []


def test_everything_goes_by_keys(server: LiveServer, page: Page, sound: Path) -> None:
    ids = store(server, sound, "Alpha", "Beta", "Gamma")
    show(page, server)
    shows(page, "Gamma")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Gamma")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("x")
    expect(page.get_by_role("checkbox", name="Select Beta")).to_be_checked()
    page.keyboard.press("Escape")
    expect(page.get_by_role("checkbox", name="Select Beta")).not_to_be_checked()
    page.keyboard.press("F2")
    expect(page.get_by_label("Title", exact=True)).to_be_focused()
    page.keyboard.type(f"Beta {MARKUP}")
    page.keyboard.press("Enter")
    expect(titles(page).nth(1)).to_be_focused()
    expect(titles(page).nth(1)).to_have_text(f"Beta {MARKUP}")
    page.keyboard.press("Delete")
    expect(titles(page)).to_have_text(["Gamma", "Alpha"])
    expect(page.get_by_role("link", name="Alpha")).to_be_focused()
    page.keyboard.press("k")
    expect(page.get_by_role("link", name="Gamma")).to_be_focused()
    page.keyboard.press("Enter")
    arrives(page, f"/recordings/{ids[2]}")


def test_a_title_that_was_changed_elsewhere_is_not_overwritten_unasked(
    server: LiveServer, page: Page, sound: Path, complaints: Complaints
) -> None:
    (one,) = store(server, sound, "Alpha")
    show(page, server)
    choose(page, "Alpha", "Rename")
    server.client.patch(f"/recordings/{one}", json={"title": "Theirs"})
    complaints.expect(f"412 /api/v1/recordings/{one}")
    field = page.get_by_label("Title", exact=True)
    field.fill("Mine")
    page.keyboard.press("Enter")
    shows(page, "It was changed meanwhile: its title is “Theirs” now.")
    expect(field).to_have_value("Mine")
    assert recording(server, one)["title"] == "Theirs"
    page.keyboard.press("Enter")
    expect(titles(page)).to_have_text(["Mine"])
    assert recording(server, one)["title"] == "Mine"


def test_other_changes_do_not_get_in_the_way_of_a_new_title(
    server: LiveServer, page: Page, sound: Path, complaints: Complaints
) -> None:
    (one,) = store(server, sound, "Alpha")
    show(page, server)
    choose(page, "Alpha", "Rename")
    server.client.patch(f"/recordings/{one}", json={"tags": ["board"]})
    complaints.expect(f"412 /api/v1/recordings/{one}")
    page.get_by_label("Title", exact=True).fill("Mine")
    page.keyboard.press("Enter")
    expect(titles(page)).to_have_text(["Mine"])
    assert recording(server, one)["tags"] == ["board"]


def test_a_transcript_is_downloaded_from_its_row(server: LiveServer, page: Page, speech: Path) -> None:
    server.transcribed(speech / "sentence_en.flac", title="Notes")
    show(page, server)
    page.get_by_role("button", name="Export Notes").click()
    assert axe(page) == []
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Plain text").click()
    assert download.value.suggested_filename == "Notes.txt"
    assert download.value.path().read_text(encoding="utf-8").strip()


def test_many_transcripts_are_exported_as_one_file_and_the_formats_are_remembered(
    server: LiveServer, page: Page, speech: Path, sound: Path
) -> None:
    server.transcribed(speech / "sentence_en.flac", title="One")
    server.transcribed(speech / "sentence_de.flac", title="Two")
    store(server, sound, "Never transcribed")
    show(page, server)
    shows(page, "Never transcribed")
    page.keyboard.press("Control+a")
    page.get_by_role("toolbar").get_by_role("button", name="Export").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 of them has no transcript and is left out.")
    dialog.get_by_label("Word document").uncheck()
    dialog.get_by_role("button", name="Export").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Choose at least one format.")
    assert axe(page) == []
    dialog.get_by_label("Plain text").check()
    dialog.get_by_label("SubRip subtitles").check()
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Export").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert sorted(archive.namelist()) == ["One.srt", "One.txt", "Two.srt", "Two.txt"]
    expect(dialog).to_have_count(0)
    page.keyboard.press("e")
    expect(dialog.get_by_label("SubRip subtitles")).to_be_checked()


def test_further_pages_come_while_scrolling_and_all_of_them_can_be_selected(
    server: LiveServer, page: Page, sound: Path
) -> None:
    store(server, sound, *(f"Recording {number:03}" for number in range(230)))
    show(page, server)
    shows(page, "Recording 229")
    assert titles(page).count() < 80
    page.get_by_role("checkbox", name="Select Recording 229").click()
    press(page, "Select all 230")
    shows(page, "230 selected")
    page.keyboard.press("End")
    expect(page.get_by_role("link", name="Recording 000")).to_be_in_viewport()
    press(page, "Move to trash")
    shows(page, "230 recordings are in the trash.")
    shows(page, "Your recordings will be here")
    assert server.client.get("/recordings/counts").json()["trash"] == 230


def test_whoever_comes_back_finds_the_list_as_it_was(server: LiveServer, page: Page, sound: Path) -> None:
    store(server, sound, *(f"Recording {number:02}" for number in range(60)))
    show(page, server)
    shows(page, "Recording 59")
    page.keyboard.press("End")
    last = page.get_by_role("link", name="Recording 03")
    last.click()
    page.wait_for_url("**/recordings/*")
    page.go_back()
    expect(last).to_be_in_viewport()


def test_the_trash_brings_back_or_erases_for_ever(server: LiveServer, page: Page, sound: Path) -> None:
    ids = store(server, sound, "Alpha", "Beta", "Gamma")
    for one in ids:
        server.client.delete(f"/recordings/{one}")
    show(page, server)
    press(page, "Trash 3")
    arrives(page, "/trash")
    shows(page, "erased 30 days after it was deleted")
    shows(page, "erased in 30 days")
    assert axe(page) == []
    press(page, "Restore Alpha")
    shows(page, "“Alpha” is back in the library.")
    press(page, "Delete Beta for ever")
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("Nobody can bring them back.")
    question.get_by_role("button", name="Cancel").click()
    press(page, "Delete Beta for ever")
    question.get_by_role("button", name="Delete for ever").click()
    expect(page.get_by_role("listitem")).to_have_count(1)
    assert server.client.get(f"/recordings/{ids[1]}").status_code == 404
    press(page, "Empty the trash")
    question.get_by_role("button", name="Empty the trash").click()
    shows(page, "The trash is empty.")
    assert server.client.get(f"/recordings/{ids[2]}").status_code == 404
    page.locator("main").get_by_role("link", name="Library").click()
    expect(titles(page)).to_have_text(["Alpha"])


@pytest.mark.parametrize("dark", [False, True])
def test_a_phone_has_everything_in_two_lines(
    server: LiveServer, new_page: Callable[..., Page], sound: Path, speech: Path, tmp_path: Path, dark: bool
) -> None:
    store(server, sound, "A title of some length that a phone has no room for", "مقابلة", tags="board")
    failed(server, speech, tmp_path, "Dictation")
    page = new_page(PHONE, dark=dark)
    show(page, server)
    shows(page, "مقابلة")
    assert overflow(page) == 0
    assert axe(page) == []
    choose(page, "مقابلة", "Select")
    shows(page, "1 selected")
    assert axe(page) == []
    press(page, "Move to trash")
    shows(page, "is in the trash")
    show(page, server, "/trash")
    shows(page, "مقابلة")
    assert overflow(page) == 0
    assert axe(page) == []


def test_a_list_that_does_not_come_can_be_asked_for_again(
    server: LiveServer, page: Page, sound: Path, complaints: Complaints
) -> None:
    store(server, sound, "Alpha")
    refusal = {"detail": "The disk is full."}
    page.route("**/api/v1/recordings?*", lambda route: route.fulfill(status=503, json=refusal))
    complaints.expect("503 /api/v1/recordings")
    show(page, server)
    shows(page, "The disk is full.")
    page.unroute_all()
    press(page, "Try again")
    expect(titles(page)).to_have_text(["Alpha"])
