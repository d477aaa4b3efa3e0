"""A recording's page with what is rare: an emptied field, choices an older version kept, endless names."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser import DESK, PHONE, overflow, press
from live_server import LiveServer
from told import read, tell

ENDLESS = "The honourable member for everything that was ever said " * 3


@pytest.fixture(scope="module")
def recording(server: LiveServer, meeting: Path) -> str:
    return tell(server, meeting, [(ENDLESS, "We have seventeen days left."), ("Ben", "Then let us begin.")])


def test_an_emptied_number_means_the_default_and_breaks_nothing(
    server: LiveServer, recording: str, page: Page
) -> None:
    read(page, server, recording)
    # As earlier versions kept it.
    page.evaluate(
        """localStorage.setItem("auricle.export", '{"format":"srt","values":{"srt":{"max_lines":null}}}')"""
    )
    page.reload()
    press(page, "Export")
    preview = page.get_by_label("Preview").locator("pre")
    expect(preview).to_contain_text("We have seventeen days left.")
    expect(page.get_by_label("Lines in a subtitle")).to_have_value("2")
    letters = page.get_by_label("Letters in a line")
    letters.fill("12")
    expect(preview).to_contain_text("We have\nseventeen")
    letters.fill("")
    expect(preview).to_contain_text("We have seventeen days left.")
    expect(letters).to_have_value("")
    expect(letters).to_have_attribute("placeholder", "42")
    letters.blur()
    expect(letters).to_have_value("42")
    letters.fill("")
    page.reload()
    press(page, "Export")
    expect(letters).to_have_value("42")
    expect(preview).to_contain_text("We have seventeen days left.")


def test_an_endless_name_leaves_the_time_beside_it_whole(
    server: LiveServer, recording: str, page: Page
) -> None:
    read(page, server, recording)
    for size in (DESK, PHONE):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        heights = page.locator("a-paragraph .head").evaluate_all(
            "heads => heads.map((one) => one.clientHeight)"
        )
        assert max(heights) < 40, "name and time are one line"
        assert overflow(page) == 0
