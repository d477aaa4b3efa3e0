"""A session that ends while somebody works."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from auricle.accounts import sessions
from auricle.store.schema import User
from browser import Complaints, axe, fill, press, shows
from live_server import LiveServer, live_server
from visitors import PASSWORD, add, enter, let_the_admin_in


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[LiveServer]:
    """A server that asks everybody who they are, with an admin who has a password."""
    with live_server(tmp_path_factory.mktemp("server"), tiny_model, auth="on") as running:
        let_the_admin_in(running)
        yield running


@pytest.fixture(autouse=True)
def _is_refused(complaints: Complaints) -> None:
    complaints.expect("401 /api/v1/users/me")
    complaints.allow("401 ")


def end_sessions(server: LiveServer, user: User) -> None:
    with server.service.database.write() as session:
        sessions.end_sessions(session, user.id)


def test_nothing_typed_is_lost_and_what_was_sent_is_sent_again(server: LiveServer, page: Page) -> None:
    user = add(server, "Anna")
    enter(page, server, user)
    press(page, "Make a key")
    fill(page, "What it is for", "Half a thought")
    fill(page, "Days", "7")
    end_sessions(server, user)
    press(page, "Save")
    shows(page, "Your session is over")
    shows(page, "Sign in again as Anna")
    password = page.get_by_role("dialog").get_by_label("Password", exact=True)
    expect(password).to_be_focused()
    assert axe(page) == []
    page.keyboard.press("Escape")
    for _ in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate("Boolean(document.activeElement.closest('[role=dialog]'))")
    password.fill("not this one")
    press(page, "Sign in")
    shows(page, "The name or the password is wrong.")
    password.fill(PASSWORD)
    press(page, "Sign in")
    shows(page, "Saved: your recordings stay 7 days.")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_label("What it is for")).to_have_value("Half a thought")
    expect(page.get_by_role("button", name="Save")).to_be_focused()
    press(page, "Make this key")
    shows(page, "The key Half a thought")


def test_signing_in_in_another_tab_is_enough(server: LiveServer, page: Page) -> None:
    user = add(server, "Ben")
    enter(page, server, user)
    fill(page, "Days", "7")
    end_sessions(server, user)
    press(page, "Save")
    shows(page, "Your session is over")
    other = page.context.new_page()
    other.goto(f"{server.origin}/sign-in")
    fill(other, "Name", "Ben")
    fill(other, "Password", PASSWORD)
    press(other, "Sign in")
    other.wait_for_url(f"{server.origin}/")
    other.close()
    page.bring_to_front()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    shows(page, "Saved: your recordings stay 7 days.")


def test_a_page_is_not_taken_over_by_somebody_else(server: LiveServer, page: Page) -> None:
    user, other = add(server, "Carl"), add(server, "Dora")
    enter(page, server, user)
    fill(page, "Days", "7")
    end_sessions(server, user)
    press(page, "Save")
    shows(page, "Sign in again as Carl")
    expect(page.get_by_role("dialog").get_by_label("Name")).not_to_be_editable()
    press(page, "Sign in as somebody else")
    fill(page, "Name", "Dora")
    fill(page, "Password", PASSWORD)
    press(page, "Sign in")
    page.wait_for_url(f"{server.origin}/")
    with server.client_for(server.key(other.id)) as client:
        assert client.get("/users/me").json()["retention_days"] is None
