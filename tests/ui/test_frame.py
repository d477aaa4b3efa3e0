"""What frames every page: where addresses lead."""

from playwright.sync_api import Page, expect

from browser import Complaints, arrives, axe, press, shows
from live_server import LiveServer


def test_an_address_that_leads_nowhere_says_so(
    server: LiveServer, page: Page, complaints: Complaints
) -> None:
    complaints.expect("404 /nowhere/at/all")
    page.goto(f"{server.origin}/nowhere/at/all")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")
    assert axe(page) == []
    press(page, "Back to the library")
    arrives(page, "/")
    shows(page, "Library")
