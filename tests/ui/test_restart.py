"""A server that is killed and started again under open pages, as a process of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser import Complaints, press, shows
from served import AWAY, PatientServer
from services import wait_until
from worker_process import SAID, talk


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PatientServer]:
    with PatientServer(tmp_path) as running:
        yield running


@pytest.fixture(autouse=True)
def _is_away(complaints: Complaints) -> None:
    """Browsers write down what got nowhere, and what was cut off."""
    complaints.expect("net::ERR_")


def test_a_recording_goes_on_by_itself_on_its_page_and_in_the_library(
    server: PatientServer, page: Page, tmp_path: Path
) -> None:
    server.open(1)
    accepted = server.upload(talk(tmp_path / "talk.wav"), "Cut off")
    library = page.context.new_page()
    library.goto(server.origin)
    page.goto(f"{server.origin}/recordings/{accepted['recording']['id']}")
    shows(page, SAID[0])
    row = library.get_by_role("listitem").filter(has_text="Cut off")
    expect(row).to_contain_text("Writing down what is said")
    for each in (page, library):
        each.evaluate("window.never = 'loaded again'")

    server.kill()
    for each in (page, library):
        shows(each, AWAY)

    server.open()
    server.start()
    for each in (page, library):
        expect(each.get_by_text(AWAY)).to_have_count(0)
    for sentence in SAID:
        shows(page, sentence)
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_enabled()
    expect(row).to_contain_text("English")
    expect(row).not_to_contain_text("%")
    assert server.ended(accepted["job"])
    for each in (page, library):
        assert each.evaluate("window.never") == "loaded again"


def test_what_has_ended_before_the_page_is_back_is_known_to_it(
    server: PatientServer, page: Page, tmp_path: Path
) -> None:
    accepted = server.upload(talk(tmp_path / "talk.wav"), "Ended meanwhile")
    page.goto(server.origin)
    row = page.get_by_role("listitem").filter(has_text="Ended meanwhile")
    expect(row).to_contain_text("Writing down what is said")
    page.context.set_offline(True)
    server.kill()
    shows(page, "This device is offline.")
    server.open()
    server.start()
    wait_until(lambda: server.ended(accepted["job"]), "the transcript")
    page.context.set_offline(False)
    expect(row).not_to_contain_text("Writing down")
    expect(row).to_contain_text("English")


def test_a_page_that_could_not_be_fetched_is_opened_when_the_server_is_back(
    server: PatientServer, page: Page
) -> None:
    page.goto(server.origin)
    shows(page, "Library")
    server.kill()
    press(page, "Account")
    shows(page, AWAY)
    server.start()
    expect(page.get_by_role("banner").get_by_text(AWAY)).to_have_count(0)
    press(page, "Account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Account")


@pytest.mark.parametrize(
    ("tab", "asked", "found"),
    [("queues", "admin/overview", "Workers"), ("usage", "admin/usage", "Everybody")],
)
def test_that_the_server_is_away_is_said_once_and_an_admins_page_is_filled_when_it_is_back(
    server: PatientServer, page: Page, tab: str, asked: str, found: str
) -> None:
    page.goto(f"{server.origin}/admin/{tab}")
    shows(page, found)
    with page.expect_event("requestfailed", lambda request: asked in request.url):
        server.kill()
        if tab == "usage":
            page.get_by_label("Time").select_option(index=0)
    shows(page, AWAY)
    assert page.get_by_text(AWAY).count() == 1
    with page.expect_response(lambda answer: asked in answer.url and answer.ok):
        server.start()
    expect(page.get_by_text(AWAY)).to_have_count(0)
