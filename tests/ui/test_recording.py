"""The page of one recording, in a real browser: its sound, its progress, its versions, its exports."""

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from auricle.jobs import work
from auricle.testing import FakeEngine, say, silence, write_wav
from browser import DESK, PHONE, Complaints, arrives, axe, fill, overflow, press, shows
from live_server import LiveServer
from visitors import MARKUP
from worker_process import speech as long_speech


@pytest.fixture(scope="module")
def recording(server: LiveServer, bundled: Path) -> dict[str, Any]:
    """A recording of 48 seconds with its transcript; tests only look at it."""
    return server.transcribed(bundled, title="Board meeting, March")


@pytest.fixture
def own(server: LiveServer, meeting: Path) -> dict[str, Any]:
    """A short recording for one test alone."""
    return server.transcribed(meeting, title="My own")


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Let so many windows of 30 seconds be heard in all; the engine waits before each."""
    allowed = threading.Semaphore(0)
    monkeypatch.setattr(work, "open_engine", lambda _: FakeEngine(on_window=lambda _: allowed.acquire()))
    yield lambda windows: allowed.release(windows)
    allowed.release(1000)


def visit(page: Page, server: LiveServer, recording: dict[str, Any], query: str = "") -> None:
    page.goto(f"{server.origin}/recordings/{recording['id']}{query}")
    expect(page.get_by_role("heading", level=1)).to_have_text(recording["title"])


def ready(page: Page) -> None:
    """Wait until there is something to play."""
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_enabled()


def place(page: Page) -> Any:
    return page.get_by_role("slider", name="Position in the recording")


def at(page: Page, time: str) -> None:
    expect(place(page)).to_have_attribute("aria-valuetext", re.compile(f"^{time} of "))


def edit(server: LiveServer, recording: dict[str, Any], text: str) -> None:
    """Let somebody change what the first segment says."""
    path = f"/recordings/{recording['id']}/transcript"
    first = server.client.get(path).json()["segments"][0]["id"]
    operation = {"op": "edit_segment", "id": first, "text": text}
    server.client.patch(path, json={"operations": [operation]}).raise_for_status()


def test_the_playhead_is_moved_by_keys_and_by_the_pointer(
    server: LiveServer, recording: dict[str, Any], page: Page
) -> None:
    visit(page, server, recording, "?t=12.5")
    ready(page)
    at(page, "0:12")
    page.keyboard.press("l")
    at(page, "0:22")
    page.keyboard.press("j")
    page.keyboard.press("ArrowLeft")
    at(page, "0:07")
    place(page).focus()
    page.keyboard.press("End")
    at(page, "0:48")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowUp")
    at(page, "0:05")
    box = place(page).bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    at(page, "0:24")


def test_the_recording_is_played_by_the_space_key_at_the_speed_one_likes(
    server: LiveServer, recording: dict[str, Any], page: Page
) -> None:
    visit(page, server, recording)
    ready(page)
    page.keyboard.press(".")
    page.keyboard.press(".")
    press(page, "Speed: 1.5x")
    page.get_by_role("menuitemradio", name="3x").click()
    page.keyboard.press("k")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    expect(place(page)).not_to_have_attribute("aria-valuenow", "0")
    assert page.evaluate("document.querySelector('audio').playbackRate") == 3
    page.get_by_role("heading", level=1).click()
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Speed: 3x")).to_be_visible()


def test_silence_is_skipped_where_one_wants_that(
    make_server: Callable[..., LiveServer], gate: Callable[[int], None], page: Page, tmp_path: Path
) -> None:
    gate(100)
    sound = np.concatenate([say("Alpha bravo."), silence(300), say("Charlie delta.")])
    server = make_server()
    visit(page, server, server.transcribed(write_wav(tmp_path / "gap.wav", sound), title="A pause"))
    ready(page)
    press(page, "Skip silence")
    page.keyboard.press("k")
    # Nobody waits five minutes for this.
    at(page, "5:0.")


def test_a_recording_is_renamed_in_place(server: LiveServer, own: dict[str, Any], page: Page) -> None:
    visit(page, server, own)
    page.keyboard.press("F2")
    expect(page.get_by_label("Title")).to_be_focused()
    fill(page, "Title", MARKUP)
    with page.expect_response(lambda answer: answer.request.method == "PATCH" and answer.ok):
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(MARKUP)
    expect(page.get_by_role("button", name="Rename")).to_be_focused()
    expect(page).to_have_title(f"{MARKUP} · Auricle")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(MARKUP)
    press(page, "Rename")
    fill(page, "Title", "Given up")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", level=1)).to_have_text(MARKUP)


def test_of_two_who_rename_one_chooses(
    server: LiveServer, own: dict[str, Any], page: Page, complaints: Complaints
) -> None:
    visit(page, server, own)
    server.client.patch(f"/recordings/{own['id']}", json={"title": "Theirs"}).raise_for_status()
    complaints.expect("412 /api/v1/recordings")
    press(page, "Rename")
    fill(page, "Title", "Mine")
    page.keyboard.press("Enter")
    shows(page, "Somebody else has named it “Theirs” meanwhile.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Theirs")
    press(page, "Take mine")
    expect(page.get_by_role("heading", level=1)).to_have_text("Mine")


def test_tags_are_added_and_taken_away(server: LiveServer, own: dict[str, Any], page: Page) -> None:
    visit(page, server, own)
    page.get_by_role("tab", name="Details").click()
    fill(page, "Add a tag", "board")
    with page.expect_response(lambda answer: answer.request.method == "PATCH" and answer.ok):
        page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove the tag board")).to_be_visible()
    # Somebody else's other change is no reason to refuse this one.
    server.client.patch(f"/recordings/{own['id']}", json={"title": "Renamed"}).raise_for_status()
    page.reload()
    with page.expect_response(lambda answer: answer.request.method == "PATCH" and answer.ok):
        press(page, "Remove the tag board")
    expect(page.get_by_role("button", name="Remove the tag board")).to_have_count(0)
    expect(page.get_by_label("Add a tag")).to_be_focused()
    assert server.client.get(f"/recordings/{own['id']}").json()["tags"] == []


def test_details_say_what_made_the_transcript(
    server: LiveServer, recording: dict[str, Any], page: Page
) -> None:
    visit(page, server, recording)
    page.get_by_role("tab", name="Details").click()
    for fact in ("faster-whisper", "whisper-fixture-ct2", "cpu, int8", "16,000 Hz", "English"):
        shows(page, fact)
    shows(page, "Writing down what is said")
    shows(page, recording["sha256"])
    with page.expect_download() as download:
        press(page, "Download the original")
    assert download.value.suggested_filename == "meeting.flac"


def test_versions_are_compared_and_brought_back(server: LiveServer, own: dict[str, Any], page: Page) -> None:
    said = server.client.get(f"/recordings/{own['id']}/transcript").json()["segments"][0]["text"]
    edit(server, own, f"Indeed {said}")
    visit(page, server, own)
    page.get_by_role("tab", name="Versions").click()
    press(page, "Compare version 1")
    shows(page, "They differ in 1 place.")
    expect(page.locator("ins")).to_have_text("Indeed")
    expect(page.locator("del")).to_have_count(0)
    assert axe(page) == []
    press(page, "Close")
    press(page, "Restore version 1")
    shows(page, "Version 1 is the current one again.")
    transcript = f"/recordings/{own['id']}/transcript"
    assert server.client.get(transcript).json()["segments"][0]["text"] == said
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("listitem").filter(has_text="current").locator(".number")).to_have_text("4")
    assert server.client.get(transcript).json()["segments"][0]["text"] == f"Indeed {said}"


def test_an_export_is_seen_before_it_is_downloaded(
    server: LiveServer, recording: dict[str, Any], page: Page
) -> None:
    already = len(exported(server))
    visit(page, server, recording)
    page.keyboard.press("x")
    preview = page.get_by_label("Preview").locator("pre")
    expect(preview).to_contain_text("We have seventeen days left.")
    page.get_by_role("radio", name="SubRip").check(force=True)
    expect(preview).to_contain_text("00:00:00,")
    page.get_by_label("Letters in a line").fill("12")
    expect(preview).to_contain_text("We have\nseventeen")
    assert axe(page) == []
    page.get_by_label("Letters in a line").fill("3")
    shows(page, "A number between 10 and 200.")
    expect(page.get_by_role("link", name="Download")).to_have_count(0)
    page.get_by_label("Letters in a line").fill("12")
    with page.expect_download() as download:
        press(page, "Download")
    assert download.value.suggested_filename == "Board meeting, March.srt"
    assert "We have\nseventeen" in Path(download.value.path()).read_text(encoding="utf-8")
    page.reload()
    press(page, "Export")
    expect(page.get_by_label("Letters in a line")).to_have_value("12")
    press(page, "Back to the defaults")
    expect(page.get_by_label("Letters in a line")).to_have_value("42")
    page.get_by_role("radio", name="PDF").check(force=True)
    shows(page, "PDF document: this file is not text")
    assert len(exported(server)) == already + 1, "what was only seen is no export"


def exported(server: LiveServer) -> list[dict[str, Any]]:
    """What the audit says of exports."""
    query = {"action": "transcript.exported"}
    items: list[dict[str, Any]] = server.client.get("/admin/audit", params=query).json()["items"]
    return items


def test_an_export_is_copied(
    server: LiveServer, recording: dict[str, Any], new_page: Callable[..., Page]
) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    visit(page, server, recording)
    press(page, "Export")
    press(page, "Copy")
    shows(page, "Copied.")
    assert page.evaluate("navigator.clipboard.readText()").startswith("We have seventeen days left.")


def test_text_appears_as_it_is_heard_and_the_transcript_takes_its_place(
    make_server: Callable[..., LiveServer], gate: Callable[[int], None], page: Page, tmp_path: Path
) -> None:
    server = make_server()
    accepted = server.upload(long_speech(tmp_path / "long.wav"), title="A long talk")
    visit(page, server, accepted["recording"])
    shows(page, "Writing down what is said")
    shows(page, "The text appears here as it is heard.")
    gate(1)
    shows(page, "Alpha bravo charlie")
    page.reload()
    shows(page, "Alpha bravo charlie")
    assert axe(page) == []
    gate(100)
    expect(page.get_by_role("tab", name="Versions")).to_be_visible()
    expect(page.get_by_text("Writing down what is said")).to_have_count(0)


def test_on_a_phone_what_is_known_of_a_running_job_stands_in_lines(
    make_server: Callable[..., LiveServer],
    gate: Callable[[int], None],
    new_page: Callable[..., Page],
    tmp_path: Path,
) -> None:
    server = make_server()
    accepted = server.upload(long_speech(tmp_path / "long.wav"), title="A long talk")
    page = new_page(PHONE)
    visit(page, server, accepted["recording"])
    gate(1)
    shows(page, "x real time")
    shows(page, " left")
    facts = page.locator("p.facts")
    height = facts.evaluate("(one) => one.getBoundingClientRect().height")
    assert height <= 2 * 24, facts.inner_text()
    expect(page.get_by_role("button", name="Stop")).to_be_in_viewport()


def test_a_job_that_waits_says_its_place_and_is_stopped(
    make_server: Callable[..., LiveServer], meeting: Path, page: Page
) -> None:
    server = make_server(gpu_workers=0, cpu_workers=0)
    server.upload(meeting)
    accepted = server.upload(meeting, title="Second")
    visit(page, server, accepted["recording"])
    shows(page, "Waiting for its turn")
    shows(page, "2. in line")
    press(page, "Stop")
    shows(page, "Stopped")
    press(page, "Go on where it stopped")
    shows(page, "Waiting for its turn")


def test_a_job_that_failed_says_why_and_is_tried_again(
    server: LiveServer, page: Page, tmp_path: Path
) -> None:
    accepted = server.upload(write_wav(tmp_path / "empty.wav", silence(0)), title="Nothing in it")
    job = server.wait(accepted["job"]["id"])
    assert job["state"] == "failed"
    visit(page, server, accepted["recording"])
    shows(page, job["error"]["message"])
    assert axe(page) == []
    press(page, "Try again")
    shows(page, job["error"]["message"])
    press(page, "With other options…")
    expect(page.get_by_role("dialog")).to_contain_text("Language")


def test_a_recording_is_transcribed_again_with_other_options(
    server: LiveServer, own: dict[str, Any], page: Page
) -> None:
    visit(page, server, own)
    press(page, "More")
    page.get_by_role("menuitem", name="Transcribe again").click()
    shows(page, "The present transcript stays among the versions.")
    assert axe(page) == []
    page.get_by_label("Names and terms").fill("contract")
    press(page, "Transcribe")
    page.get_by_role("tab", name="Versions").click()
    expect(page.get_by_role("button", name="Compare version 2")).to_be_visible()
    page.get_by_role("tab", name="Details").click()
    shows(page, "contract")


def test_a_recording_without_a_transcript_gets_one(server: LiveServer, meeting: Path, page: Page) -> None:
    stored = server.upload(meeting, title="Only stored", transcribe="false")["recording"]
    visit(page, server, stored)
    shows(page, "Not transcribed yet")
    press(page, "Transcribe")
    page.get_by_role("dialog").get_by_role("button", name="Transcribe", exact=True).click()
    expect(page.get_by_role("tab", name="Versions")).to_be_visible()


def test_a_deleted_recording_can_be_brought_back(server: LiveServer, own: dict[str, Any], page: Page) -> None:
    visit(page, server, own)
    press(page, "More")
    page.get_by_role("menuitem", name="Delete").click()
    arrives(page, "/")
    with page.expect_response(lambda answer: answer.url.endswith("/restore") and answer.ok):
        press(page, "Undo")
    expect(page.get_by_text("The recording is in the trash.")).to_have_count(0)
    server.client.delete(f"/recordings/{own['id']}").raise_for_status()
    visit(page, server, own)
    shows(page, "In the trash since")
    press(page, "Bring it back")
    expect(page.get_by_text("In the trash since")).to_have_count(0)
    assert server.client.get(f"/recordings/{own['id']}").json()["deleted_at"] is None


def test_an_address_that_leads_to_no_recording_says_so(
    server: LiveServer, page: Page, complaints: Complaints
) -> None:
    complaints.expect("404 /api/v1/recordings/nothing")
    page.goto(f"{server.origin}/recordings/nothing")
    shows(page, "There is no such recording")
    press(page, "Back to the library")
    arrives(page, "/")


def test_sound_that_is_gone_is_said_and_the_text_stays(
    server: LiveServer, own: dict[str, Any], page: Page, complaints: Complaints
) -> None:
    (server.settings.data_dir / "blobs" / "recordings" / own["id"] / "source").unlink()
    complaints.expect("404 /api/v1/recordings/*/preview")
    visit(page, server, own)
    shows(page, "The sound of this recording is not on the server any more.")
    expect(page.get_by_role("tab", name="Versions")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_page_is_for_everybody(
    server: LiveServer,
    recording: dict[str, Any],
    new_page: Callable[..., Page],
    size: tuple[int, int],
    dark: bool,
) -> None:
    page = new_page(size, dark=dark)
    visit(page, server, recording)
    ready(page)
    assert axe(page) == []
    assert overflow(page) == 0
    if size == PHONE:
        press(page, "Speakers, versions, details")
    for tab in ("Versions", "Details", "Speakers"):
        page.get_by_role("tab", name=tab).click()
        assert axe(page) == []
    if size == PHONE:
        page.keyboard.press("Escape")
        expect(page.get_by_role("tab", name="Versions")).to_have_count(0)
    page.keyboard.press("x")
    expect(page.get_by_label("Preview").locator("pre")).to_be_visible()
    assert axe(page) == []
    assert overflow(page) == 0
