"""The whole way from an installation that waits for its first admin to a corrected transcript."""

import re
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from auricle.audio.decode import decode
from auricle.audio.pcm import SAMPLE_RATE
from auricle.audio.probe import Limits
from browser import PHONE, Complaints, arrives, axe, fill, overflow, press, shows
from served import Served
from services import wait_until
from told import passage, saved
from visitors import PASSWORD

#: What is said once in the call, and what somebody makes of it.
HEARD, CORRECTED = "Laura will write the contract.", "Laura will write to Marcello."
_DROP = """(file) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(file.files[0]);
  for (const type of ["dragenter", "dragover", "drop"])
    document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def server(tmp_path: Path, tiny_model: Path) -> Iterator[Served]:
    with Served(tmp_path, auth="on", engine="faster-whisper", model=tiny_model) as served:
        yield served


@pytest.fixture
def call(tmp_path: Path, speech: Path) -> Path:
    """Four minutes: two people, each on their own channel, one after the other."""
    voices = []
    for name in ("meeting_en", "long_en"):
        decode(speech / f"{name}.flac", tmp_path / "voice.pcm", limits=Limits())
        voices.append(np.fromfile(tmp_path / "voice.pcm", np.int16))
    (first, second), file = voices, tmp_path / "Call with the office.wav"
    channels = np.zeros((len(first) + len(second), 2), np.int16)
    channels[: len(first), 0], channels[len(first) :, 1] = first, second
    with wave.open(str(file), "wb") as writer:
        writer.setnchannels(2)
        writer.setsampwidth(2)
        writer.setframerate(SAMPLE_RATE)
        writer.writeframes(channels.tobytes())
    return file


def drop(page: Page, file: Path) -> None:
    """Drop a file on the page, as from a desktop."""
    source = page.evaluate_handle("Object.assign(document.createElement('input'), { type: 'file' })")
    element = source.as_element()
    assert element is not None
    element.set_input_files(file)
    page.evaluate(_DROP, source)


def set_up(page: Page, server: Served, complaints: Complaints) -> None:
    """Become the first admin, by the link that the server prints."""
    complaints.allow("401 /api/v1/session")
    wait_until(lambda: "/setup#" in server.said, "the link")
    link = re.search(r"http\S+/setup#\S+", server.said)
    assert link
    page.goto(link[0])
    fill(page, "Name", "Anna Osei")
    fill(page, "New password", PASSWORD)
    press(page, "Save and sign in")
    arrives(page, "/")


def playhead(page: Page) -> Locator:
    return page.get_by_role("slider", name="Position in the recording")


def seconds(page: Page) -> float:
    return float(playhead(page).get_attribute("aria-valuenow") or -1)


def exported(page: Page, title: str) -> str:
    """The transcript as subtitles."""
    press(page, "Export")
    page.get_by_role("radio", name="SubRip").check(force=True)
    with page.expect_download() as download:
        press(page, "Download")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert download.value.suggested_filename == f"{title}.srt"
    return download.value.path().read_text(encoding="utf-8")


def test_from_the_first_link_to_a_corrected_transcript_and_back(
    server: Served, page: Page, call: Path, complaints: Complaints
) -> None:
    set_up(page, server, complaints)
    shows(page, "Your recordings will be here")
    press(page, "Add the first recording")
    arrives(page, "/add")
    page.get_by_text("More options").click()
    page.get_by_label("One speaker a channel").check()

    drop(page, call)
    added = page.locator("a-upload-row").filter(has_text="Call with the office")
    added.get_by_role("link").click()
    expect(page.get_by_role("region", name="Progress")).to_contain_text("Writing down what is said")
    expect(passage(page, HEARD)).to_be_visible()

    moment = correct_a_word(page)
    name_a_speaker(page)
    check_a_doubtful_word(page)
    replace_everywhere(page)

    subtitles = exported(page, "Call with the office")
    for text in (CORRECTED, "Kofi Osei", "seminar"):
        assert text in subtitles.replace("\n", " ")
    assert "meeting" not in subtitles.lower()

    press(page, "Back to the library")
    find_it_again(page, moment)
    delete_and_undo(page)

    press(page, "Account")
    press(page, "Sign out")
    arrives(page, "/sign-in")
    fill(page, "Name", "Anna Osei")
    fill(page, "Password", PASSWORD)
    press(page, "Sign in")
    arrives(page, "/")
    press(page, "Call with the office")
    expect(passage(page, CORRECTED)).to_be_visible()
    assert axe(page) == []


def correct_a_word(page: Page) -> float:
    """Go to a word and write another in its place; returns the second it is said at."""
    there = passage(page, HEARD)
    there.locator("[data-w]").filter(has_text="contract").click()
    expect(page.locator(".spoken")).to_have_text("contract.")
    moment = seconds(page)
    there.dblclick()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type(CORRECTED)
    page.keyboard.press("Control+Enter")
    expect(passage(page, CORRECTED)).to_be_visible()
    saved(page)
    return moment


def name_a_speaker(page: Page) -> None:
    page.locator(".transcript").get_by_role("button", name="rename or change the speaker").first.click()
    fill(page, "Name", "Kofi Osei")
    press(page, "Save")
    expect(page.locator(".transcript").get_by_text("Kofi Osei").first).to_be_visible()
    saved(page)


def check_a_doubtful_word(page: Page) -> None:
    page.keyboard.press("r")
    field = page.get_by_label("Is this right?")
    expect(field).to_be_focused()
    expect(page.get_by_role("status").filter(has_text=re.compile(r"^ ?0 of \d+ checked"))).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text=re.compile(r"^ ?1 of \d+ checked"))).to_be_visible()
    page.keyboard.press("Escape")
    expect(field).to_have_count(0)
    saved(page)


def replace_everywhere(page: Page) -> None:
    page.keyboard.press("Control+f")
    expect(page.get_by_label("Find in the transcript")).to_be_focused()
    page.keyboard.type("meeting")
    bar = page.get_by_role("search", name="Find and replace")
    bar.get_by_label("Replace with").fill("seminar")
    press(page, "Replace all")
    shows(page, "Replaced in")
    page.keyboard.press("Escape")
    saved(page)


def find_it_again(page: Page, moment: float) -> None:
    """Search for the word that somebody has written, and go to its second."""
    page.keyboard.press("/")
    page.keyboard.type("marcello")
    shows(page, "1 recording found")
    page.locator("a.snippet").click()
    expect(passage(page, CORRECTED)).to_be_in_viewport()
    expect(page.locator(".spoken")).to_be_in_viewport()
    assert abs(seconds(page) - moment) < 5
    press(page, "Back to the library")
    shows(page, "1 recording found")
    press(page, "Library")


def delete_and_undo(page: Page) -> None:
    row = page.get_by_role("listitem").filter(has_text="Call with the office")
    row.hover()
    press(page, "More for Call with the office")
    page.get_by_role("menuitem", name="Move to trash").click()
    expect(row).to_have_count(0)
    press(page, "Undo")
    expect(row).to_be_visible()


def test_the_short_way_on_a_phone_in_the_dark(
    server: Served, new_page: Callable[..., Page], speech: Path, complaints: Complaints
) -> None:
    page = new_page(PHONE, dark=True, has_touch=True, is_mobile=True)
    set_up(page, server, complaints)
    page.get_by_role("link", name="Add", exact=True).last.tap()
    page.set_input_files("#files", speech / "meeting_en.flac")
    page.locator("a-upload-row").get_by_role("link", name="meeting_en").tap()
    expect(passage(page, "Thomas will write the budget.")).to_be_visible()
    page.get_by_role("button", name="Play", exact=True).tap()
    expect(page.locator(".spoken")).to_be_visible()
    page.get_by_role("button", name="Pause", exact=True).tap()
    assert overflow(page) == 0
    assert axe(page) == []
    assert "Thomas will write the budget." in exported(page, "meeting_en")
