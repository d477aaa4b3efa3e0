"""Where keys go: the focus where what had it disappears, and other keyboards."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from auricle.testing import silence, write_wav
from browser import press, shows
from live_server import LiveServer, live_server
from served import PatientServer
from told import read, tell
from worker_process import talk


@pytest.fixture
def server(tmp_path: Path, tiny_model: Path) -> Iterator[LiveServer]:
    with live_server(tmp_path / "data", tiny_model) as running:
        yield running


@pytest.fixture
def store(server: LiveServer, tmp_path: Path) -> list[str]:
    """Titles of three recordings, as the library lists them."""
    sound = write_wav(tmp_path / "sound.wav", silence(1))
    titles = ["Third", "Second", "First"]
    for title in reversed(titles):
        server.upload(sound, title=title, transcribe="false")
    return titles


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[PatientServer]:
    with PatientServer(tmp_path) as running:
        yield running


def test_undo_leads_to_the_row_that_is_back(server: LiveServer, page: Page, store: list[str]) -> None:
    page.goto(server.origin)
    title = page.locator("a-recording-row a.title")
    expect(title).to_have_text(store)
    title.filter(has_text="Second").focus()
    page.keyboard.press("Delete")
    expect(title).to_have_text(["Third", "First"])
    page.get_by_role("button", name="Undo").press("Enter")
    expect(title).to_have_text(store)
    expect(title.filter(has_text="Second")).to_be_focused()


def test_a_list_that_was_emptied_leads_to_all_recordings(
    server: LiveServer, page: Page, store: list[str]
) -> None:
    for one in server.client.get("/recordings").json()["items"][:2]:
        changed = server.client.post(
            "/recordings/bulk", json={"ids": [one["id"]], "action": "tag", "tag": "old"}
        )
        assert changed.status_code == 200
    page.goto(f"{server.origin}/?tag=old")
    title = page.locator("a-recording-row a.title")
    expect(title).to_have_count(2)
    title.first.focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    expect(page.get_by_role("link", name="Show all recordings")).to_be_focused()
    page.get_by_role("button", name="Undo").press("Enter")
    expect(title.first).to_be_focused()


def test_who_stops_a_job_comes_to_what_it_became(patient: PatientServer, page: Page, tmp_path: Path) -> None:
    accepted = patient.upload(talk(tmp_path / "talk.wav"), "Stopped")
    page.goto(f"{patient.origin}/recordings/{accepted['recording']['id']}")
    page.get_by_role("button", name="Stop").press("Enter")
    patient.open()
    shows(page, "Stopped")
    expect(page.locator("a-ended-job")).to_be_focused()


def test_keys_work_after_the_volume_was_set_whose_arrows_stay_its_own(
    server: LiveServer, page: Page, meeting: Path
) -> None:
    read(page, server, tell(server, meeting, [("Anna", "We agreed.")]))
    volume = page.get_by_label("Volume")
    volume.click()
    before = volume.input_value()
    page.keyboard.press("ArrowRight")
    expect(volume).not_to_have_value(before)
    page.keyboard.press("x")
    expect(page.get_by_role("dialog", name="Export")).to_be_visible()


def test_letters_of_other_scripts_are_known_by_their_keys(
    server: LiveServer, page: Page, meeting: Path
) -> None:
    read(page, server, tell(server, meeting, [("Anna", "We agreed.")]))
    keyboard = page.context.new_cdp_session(page)
    find = {"key": "а", "code": "KeyF", "modifiers": 2}
    keyboard.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **find})
    keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", **find})
    expect(page.get_by_role("textbox", name="Find")).to_be_focused()
    page.keyboard.press("Escape")
    export = {"key": "ч", "code": "KeyX"}
    keyboard.send("Input.dispatchKeyEvent", {"type": "keyDown", **export})
    keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", **export})
    expect(page.get_by_role("dialog", name="Export")).to_be_visible()


def test_back_to_the_library_leads_to_what_was_left(
    server: LiveServer, page: Page, store: list[str], tmp_path: Path
) -> None:
    sound = write_wav(tmp_path / "more.wav", silence(1))
    for number in range(30):
        server.upload(sound, title=f"Many {number}", transcribe="false", tags="many")
    page.goto(f"{server.origin}/?tag=many")
    shows(page, "Many 29")
    page.keyboard.press("End")
    last = page.get_by_role("link", name="Many 0", exact=True)
    last.click()
    press(page, "Back to the library")
    expect(last).to_be_in_viewport()
    assert page.url.endswith("/?tag=many")
    page.goto(f"{server.origin}/?q=Many")
    found = page.locator("a.hit.title").last
    title = found.inner_text()
    found.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    press(page, "Back to the library")
    expect(page.get_by_role("searchbox")).to_have_value("Many")
    expect(found).to_be_in_viewport()
