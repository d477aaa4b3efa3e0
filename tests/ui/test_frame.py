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


def bar(page: Page) -> str:
    """The colour that a phone's bars get: of the first that counts."""
    colour: str = page.evaluate(
        "[...document.querySelectorAll('meta[name=theme-color]')]"
        ".find((one) => matchMedia(one.media).matches).content"
    )
    return colour


def test_the_bars_of_a_phone_go_with_the_theme(server: LiveServer, page: Page) -> None:
    page.goto(server.origin)
    assert bar(page) == "#fbf8f2"
    press(page, "Theme: as the system")
    press(page, "Theme: light")
    expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()
    assert bar(page) == "#161513"
    page.reload(wait_until="commit")
    page.wait_for_selector("body", state="attached")
    assert bar(page) == "#161513"
    press(page, "Theme: dark")
    expect(page.get_by_role("button", name="Theme: as the system")).to_be_visible()
    assert bar(page) == "#fbf8f2"


def test_the_app_can_be_installed(server: LiveServer, page: Page) -> None:
    page.goto(server.origin)
    shows(page, "Library")
    wire = page.context.new_cdp_session(page)
    manifest = wire.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["url"] == f"{server.origin}/static/app/manifest.webmanifest"
    assert manifest["manifest"]["startUrl"] == f"{server.origin}/"
    assert manifest["manifest"]["scope"] == f"{server.origin}/"
    problems = [one["errorId"] for one in wire.send("Page.getInstallabilityErrors")["installabilityErrors"]]
    # A test's visitors have no history, in which nothing is installed.
    assert set(problems) <= {"in-incognito"}
    for icon in manifest["manifest"]["icons"]:
        assert page.request.get(icon["url"]).ok, icon
