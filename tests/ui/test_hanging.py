"""A server that hangs, or takes long, under open pages: nothing refuses an answer, and none comes."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from browser import press, shows
from served import AWAY, PatientServer
from services import wait_until
from worker_process import SAID, talk


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PatientServer]:
    with PatientServer(tmp_path) as running:
        running.open()
        yield running


@pytest.fixture
def recording(server: PatientServer, tmp_path: Path) -> str:
    accepted = server.upload(talk(tmp_path / "talk.wav"), "Long pause")
    wait_until(lambda: server.ended(accepted["job"]), "the transcript")
    recording: str = accepted["recording"]["id"]
    return recording


def banner(page: Page) -> Locator:
    return page.locator("a-connection-banner").get_by_text(AWAY)


def hang(server: PatientServer, page: Page) -> None:
    """Let the server hang, once the page has what it asked for."""
    page.wait_for_load_state("networkidle")
    server.pause()


def test_a_server_that_hangs_is_reported_and_gets_what_was_written_when_it_goes_on(
    server: PatientServer, recording: str, page: Page
) -> None:
    page.goto(f"{server.origin}/recordings/{recording}")
    passage = page.locator(".segment").first
    expect(passage).to_contain_text(SAID[0])
    server.pause()
    passage.dblclick()
    expect(page.get_by_role("textbox", name="Text at")).to_be_focused()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("Something else.")
    page.keyboard.press("Control+Enter")
    expect(banner(page)).to_be_visible()
    shows(page, "Kept here until the server is back")
    server.go_on()
    expect(banner(page)).to_have_count(0)
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    transcript = httpx.get(f"{server.origin}/api/v1/recordings/{recording}/transcript").json()
    assert transcript["segments"][0]["text"] == "Something else."


def test_a_page_that_does_not_come_says_so_and_comes_when_the_server_goes_on(
    server: PatientServer, page: Page
) -> None:
    page.goto(f"{server.origin}/add")
    expect(page.get_by_role("heading", level=1)).to_have_text("Add")
    hang(server, page)
    press(page, "Library")
    expect(page.get_by_role("progressbar", name="Opening the page")).to_be_visible()
    expect(banner(page)).to_be_visible()
    server.go_on()
    expect(page.get_by_role("heading", level=1)).to_have_text("Library")
    expect(banner(page)).to_have_count(0)
    expect(page.get_by_role("progressbar", name="Opening the page")).to_have_count(0)


def test_a_network_that_swallows_everything_is_reported(server: PatientServer, page: Page) -> None:
    held: list[Route] = []
    page.goto(server.origin)
    shows(page, "Library")
    page.route("**/api/**", lambda route: held.append(route))
    page.route("**/health/live", lambda route: held.append(route))
    page.get_by_role("searchbox").fill("something")
    expect(banner(page)).to_be_visible()
    page.unroute_all()
    expect(banner(page)).to_have_count(0)


def test_a_server_that_works_long_is_not_called_away(server: PatientServer, page: Page) -> None:
    held: list[Route] = []
    page.goto(server.origin)
    shows(page, "Library")
    page.route("**/api/v1/search*", lambda route: held.append(route))
    with page.expect_response("**/health/live") as asked:
        page.get_by_role("searchbox").fill("something")
    assert asked.value.ok
    # The answer has been taken in before the server is asked the next time.
    with page.expect_response("**/health/live"):
        pass
    assert banner(page).count() == 0
    held[-1].continue_()
    shows(page, "Nothing found")


def test_what_an_admin_was_told_before_the_server_hung_counts_no_longer(
    server: PatientServer, page: Page
) -> None:
    page.goto(f"{server.origin}/admin/system")
    shows(page, "Everything works.")
    server.pause()
    expect(banner(page)).to_be_visible()
    shows(page, "When the server answered last: Everything works.")
    expect(page.locator("a-health svg.good")).to_have_count(0)
    server.go_on()
    expect(page.locator("a-health svg.good").first).to_be_visible()
