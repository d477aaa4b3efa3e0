"""What frames every page: where addresses lead."""

from pathlib import Path

from playwright.sync_api import Page, Request, Route, expect

from browser import Complaints, arrives, axe, press, shows
from live_server import LiveServer
from services import wait_until


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


def test_what_happened_can_be_read_and_undone_before_an_open_dialog(
    server: LiveServer, page: Page, talk: Path
) -> None:
    for title in ("First", "Second"):
        server.upload(talk, title=title, transcribe="false")
    page.goto(server.origin)
    held: list[Route] = []
    page.route("**/api/v1/recordings/bulk", lambda route: held.append(route))

    def remove(title: str) -> None:
        page.get_by_role("button", name=f"More for {title}").click()
        page.get_by_role("menuitem", name="Move to trash").click()

    remove("First")
    wait_until(lambda: bool(page.wait_for_timeout(50) or held), "the request")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    held.pop().continue_()
    page.unroute("**/api/v1/recordings/bulk")
    shows(page, "“First” is in the trash.")
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="First")).to_be_visible()

    remove("Second")
    shows(page, "“Second” is in the trash.")
    page.keyboard.press("?")
    expect(dialog).to_be_visible()
    assert axe(page) == []
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Second")).to_be_visible()


class Upgrade:
    """The server has another version since `begins`: files of the app that a page was begun with are gone."""

    def __init__(self, page: Page, complaints: Complaints) -> None:
        self._old = False
        page.route("**/static/app/*.js", self._answer)
        page.on("request", self._look)
        complaints.expect("404 /static/app/")

    def begins(self) -> None:
        self._old = True

    def _answer(self, route: Route) -> None:
        if self._old:
            route.fulfill(status=404, body="")
        else:
            route.continue_()

    def _look(self, request: Request) -> None:
        # A page that is loaded as a whole asks for the files there are.
        if request.is_navigation_request():
            self._old = False


def test_a_page_of_another_version_is_loaded_as_a_whole(
    server: LiveServer, page: Page, complaints: Complaints
) -> None:
    upgrade = Upgrade(page, complaints)
    page.goto(server.origin)
    expect(page.get_by_role("searchbox")).to_be_visible()
    upgrade.begins()
    press(page, "Account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Account")
    arrives(page, "/account")


def test_a_dialog_of_another_version_is_offered_with_it(
    server: LiveServer, page: Page, complaints: Complaints
) -> None:
    upgrade = Upgrade(page, complaints)
    page.goto(server.origin)
    expect(page.get_by_role("searchbox")).to_be_visible()
    upgrade.begins()
    page.get_by_role("searchbox").fill("typed before")
    press(page, "All keys")
    shows(page, "A part of this page could not be loaded: there is a new version of Auricle.")
    expect(page.get_by_role("searchbox")).to_have_value("typed before")
    press(page, "Load the new version")
    press(page, "All keys")
    expect(page.get_by_role("dialog")).to_contain_text("Keys")


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
