"""What an admin does for people, in a real browser: users, usage, audit."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from browser import Complaints, arrives, axe, fill, press, shows
from live_server import LiveServer, live_server
from visitors import MARKUP, PASSWORD, add, admin, enter, is_open, let_the_admin_in, session_of


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[LiveServer]:
    """A server that asks everybody who they are, with an admin who has a password."""
    with live_server(tmp_path_factory.mktemp("server"), tiny_model, auth="on") as running:
        let_the_admin_in(running)
        yield running


def row(page: Page, name: str) -> Locator:
    return page.locator("a-users li").filter(has=page.get_by_text(name, exact=True))


def choose(page: Page, name: str, what: str) -> None:
    """Take something from the menu of a person."""
    press(page, f"More for {name}")
    page.get_by_role("menuitem", name=what).click()


def test_an_added_person_gets_a_link_and_comes_in_by_it(
    server: LiveServer, page: Page, new_page: Callable[..., Page]
) -> None:
    enter(page, server, admin(server), "/admin/users")
    press(page, "Add a person")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    assert axe(page) == []
    fill(page, "Name", "Ben Osei")
    press(page, "Add and make the link")
    shows(page, "The set-up link of Ben Osei")
    assert axe(page) == []
    link = page.locator("a-link-dialog code").inner_text()
    press(page, "I have it")
    expect(row(page, "Ben Osei")).to_contain_text("no password yet")
    assert link not in page.content()

    guest = new_page()
    guest.goto(link)
    shows(guest, "Welcome, Ben Osei")
    fill(guest, "New password", PASSWORD)
    press(guest, "Save and sign in")
    arrives(guest, "/")
    page.reload()
    expect(row(page, "Ben Osei")).not_to_contain_text("no password yet")


def test_a_name_that_is_taken_is_refused_and_stays_typed(
    server: LiveServer, page: Page, complaints: Complaints
) -> None:
    complaints.expect("409 /api/v1/users")
    add(server, "Twice")
    enter(page, server, admin(server), "/admin/users")
    press(page, "Add a person")
    fill(page, "Name", "Twice")
    press(page, "Add and make the link")
    shows(page, "There is a user Twice already.")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Twice")


def test_a_person_gets_limits_and_another_role(server: LiveServer, page: Page) -> None:
    user = add(server, "Limited")
    enter(page, server, admin(server), "/admin/users")
    choose(page, "Limited", "Change")
    fill(page, "Space (GB)", "much")
    press(page, "Save")
    shows(page, "Space (GB) has to be a number that is not negative, or empty.")
    fill(page, "Space (GB)", "0.5")
    fill(page, "Minutes of audio a day", "60")
    fill(page, "Open jobs at once", "3")
    fill(page, "Recordings stay (days)", "30")
    page.get_by_label("Role").select_option("admin")
    assert axe(page) == []
    press(page, "Save")
    shows(page, "Limited is changed.")
    expect(row(page, "Limited")).to_contain_text("Admin")
    expect(row(page, "Limited")).to_contain_text("0 B of 500 MB")
    with server.client_for(server.key(user.id)) as client:
        me = client.get("/users/me").json()
    assert me["quota"] == {"space": 500_000_000, "minutes": 60.0, "max_open_jobs": 3}
    assert me["retention_days"] == 30
    choose(page, "Limited", "Change")
    expect(page.get_by_label("Space (GB)")).to_have_value("0.5")
    fill(page, "Space (GB)", "")
    press(page, "Save")
    expect(row(page, "Limited")).not_to_contain_text("500 MB")


def test_who_is_disabled_is_out_until_enabled_again(server: LiveServer, page: Page) -> None:
    user = add(server, "Out")
    token = session_of(server, user)
    enter(page, server, admin(server), "/admin/users")
    choose(page, "Out", "Disable")
    shows(page, "Disable Out?")
    press(page, "Disable")
    shows(page, "Out is disabled.")
    expect(row(page, "Out")).to_contain_text("disabled")
    assert not is_open(server, token)
    choose(page, "Out", "Enable")
    shows(page, "Out is enabled.")
    assert is_open(server, session_of(server, user))


def test_the_last_admin_stays_one(
    make_server: Callable[..., LiveServer], page: Page, complaints: Complaints
) -> None:
    complaints.expect("409 /api/v1/users/")
    server = make_server(auth="on")
    let_the_admin_in(server)
    enter(page, server, admin(server), "/admin/users")
    choose(page, "local", "Disable")
    press(page, "Disable")
    shows(page, "local is the only admin: make somebody else one first.")
    expect(row(page, "local")).not_to_contain_text("disabled")


def test_an_admin_makes_and_revokes_the_keys_of_others(server: LiveServer, page: Page) -> None:
    user = add(server, "Keyed")
    enter(page, server, admin(server), "/admin/users")
    choose(page, "Keyed", "API keys")
    shows(page, "API keys of Keyed")
    shows(page, "No keys.")
    press(page, "Make a key")
    fill(page, "What it is for", MARKUP)
    press(page, "Make this key")
    key = page.locator(".made code").first.inner_text()
    with server.client_for(key) as client:
        assert client.get("/users/me").json()["id"] == user.id
        press(page, "I have it")
        press(page, f"Revoke {MARKUP}")
        press(page, "Revoke this key")
        shows(page, "No keys.")
        assert client.get("/users/me").status_code == 401


def test_usage_is_drawn_and_told_by_person_and_day(server: LiveServer, page: Page, meeting: Path) -> None:
    user = add(server, "Talker")
    with server.client_for(server.key(user.id)) as client:
        server.transcribed(meeting, client)
    enter(page, server, admin(server), "/admin/usage")
    talker = page.locator("tr").filter(has_text="Talker").first
    expect(talker).to_contain_text("kB")
    chart = talker.get_by_role("img")
    expect(chart).to_have_accessible_name(re.compile("Talker: audio on each of the last 30 days"))
    page.get_by_text("Day by day, as a table").click()
    expect(page.locator("details")).to_contain_text("Talker")
    page.get_by_label("Time").select_option("7 days")
    expect(chart).to_have_accessible_name(re.compile("the last 7 days"))
    assert axe(page) == []


def test_the_audit_says_in_words_who_did_what_and_is_narrowed(
    server: LiveServer, page: Page, complaints: Complaints
) -> None:
    user = add(server, "Watched")
    with server.client_for(None) as stranger:
        stranger.post("/session", json={"name": MARKUP, "password": "guessed"})
    enter(page, server, admin(server), "/admin/audit")
    events = page.locator("a-audit ol")
    expect(events).to_contain_text("The server added Watched as a member")
    expect(events).to_contain_text(f"Somebody tried to sign in as {MARKUP} and was refused")
    page.get_by_label("What").select_option("People")
    expect(events).not_to_contain_text("tried to sign in")
    expect(events).to_contain_text("added Watched")
    page.get_by_label("Person").select_option("Watched")
    shows(page, "Nothing of that kind is noted.")
    page.get_by_label("What").select_option("Everything")
    expect(events).to_contain_text("Watched chose a new password")
    session_of(server, user)
    page.get_by_label("When").select_option("In 24 hours")
    expect(events).to_contain_text("Watched signed in")
    assert axe(page) == []


def test_older_events_come_when_asked_for(server: LiveServer, page: Page) -> None:
    user = add(server, "Busy")
    for _ in range(120):
        session_of(server, user)
    enter(page, server, admin(server), "/admin/audit")
    page.get_by_label("Person").select_option("Busy")
    events = page.locator("a-audit li")
    expect(events).to_have_count(100)
    press(page, "Show older")
    expect(events).to_have_count(122)
