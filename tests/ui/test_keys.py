"""The keys that the web app knows, and those that its documentation has."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from conftest import ROOT
from live_server import LiveServer

_ROW = re.compile(r"^\| (\w+) \| (`.+`) \| (.+) \|$", re.MULTILINE)

Keys = set[tuple[str, tuple[str, ...], str]]


def test_the_documentation_has_the_keys_of_every_page(server: LiveServer, meeting: Path, page: Page) -> None:
    recording = server.transcribed(meeting)["id"]
    found = {key for path in ("/", f"/recordings/{recording}") for key in sheet(server, page, path)}
    assert found == documented()


def sheet(server: LiveServer, page: Page, path: str) -> Keys:
    """What `?` shows on a page: where, keys and what they do."""
    page.goto(server.origin + path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    if "recordings" in path:
        expect(
            page.get_by_role("region", name="Transcript").or_(page.get_by_label("Transcript")).first
        ).to_be_visible()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    keys: Keys = set()
    for group in dialog.locator("h3").all():
        for line in group.locator("xpath=following-sibling::dl[1]/div").all():
            names = tuple(line.locator("kbd").all_inner_texts())
            keys.add((group.inner_text(), names, line.locator("dd").inner_text()))
    page.keyboard.press("Escape")
    return keys


def documented() -> Keys:
    _, text = (ROOT / "docs" / "web.md").read_text(encoding="utf-8").split("\n## Keys\n")
    return {(where, tuple(re.findall("`([^`]+)`", keys)), what) for where, keys, what in _ROW.findall(text)}
