"""One's account, in a real browser."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from auricle.accounts import people
from browser import Complaints, arrives, axe, fill, press, shows
from live_server import LiveServer, live_server
from visitors import MARKUP, PASSWORD, add, admin, enter, is_open, let_the_admin_in, session_of


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[LiveServer]:
    """A server that asks everybody who they are, where a person has some space and some minutes."""
    folder = tmp_path_factory.mktemp("server")
    limits = {"quota_space": 50_000_000, "quota_minutes": 60}
    with live_server(folder, tiny_model, auth="on", retention_days=90, **limits) as running:
        let_the_admin_in(running)
        yield running


def test_a_key_is_shown_once_and_does_what_was_chosen(server: LiveServer, page: Page) -> None:
    enter(page, server, add(server, "Anna"))
    press(page, "Make a key")
    expect(page.get_by_label("What it is for")).to_be_focused()
    expect(page.get_by_label("metrics")).to_have_count(0)
    fill(page, "What it is for", "Home server")
    page.get_by_label("write").uncheck()
    assert axe(page) == []
    press(page, "Make this key")
    shows(page, "it is not shown again")
    assert axe(page) == []
    key = page.locator(".made code").first.inner_text()
    shows(page, f'curl -H "Authorization: Bearer {key}" {server.url}/users/me')
    with server.client_for(key) as client:
        assert client.get("/users/me").json()["name"] == "Anna"
        assert client.post("/keys", json={"name": "another"}).status_code == 403
    press(page, "I have it")
    expect(page.get_by_role("button", name="Make a key")).to_be_focused()
    assert key not in page.content()


def test_a_key_that_may_do_nothing_is_not_made(server: LiveServer, page: Page) -> None:
    enter(page, server, admin(server))
    press(page, "Make a key")
    fill(page, "What it is for", "Nothing")
    for scope in ("transcribe", "read", "write"):
        page.get_by_role("checkbox", name=re.compile(f"^{scope}")).uncheck()
    press(page, "Make this key")
    shows(page, "Choose at least one thing this key may do.")
    page.get_by_label("metrics").check()
    press(page, "Make this key")
    shows(page, "The key Nothing")


def test_a_key_can_be_copied(server: LiveServer, new_page: Callable[..., Page]) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    enter(page, server, add(server, "Copier"))
    press(page, "Make a key")
    fill(page, "What it is for", "A client")
    press(page, "Make this key")
    press(page, "Copy")
    shows(page, "Copied")
    key = page.locator(".made code").first.inner_text()
    assert page.evaluate("navigator.clipboard.readText()") == key


def test_names_with_markup_are_shown_as_they_are(server: LiveServer, page: Page) -> None:
    user = add(server, MARKUP)
    session_of(server, user)
    enter(page, server, user)
    shows(page, MARKUP)
    press(page, "Make a key")
    fill(page, "What it is for", f"<script>1</script>{MARKUP}")
    press(page, "Make this key")
    shows(page, "it is not shown again")
    press(page, f"Revoke <script>1</script>{MARKUP}")
    shows(page, f"Revoke <script>1</script>{MARKUP}?")
    expect(page.locator("main img, main script, .dialog img, .dialog script")).to_have_count(0)
    expect(page).to_have_title("Account · Auricle")
    press(page, "Revoke this key")
    shows(page, "You have no keys.")
    page.goto(f"{server.origin}/docs")
    shows(page, MARKUP)


def test_a_session_is_ended_from_another_and_all_at_once(
    server: LiveServer, page: Page, complaints: Complaints
) -> None:
    complaints.allow("401 /api/v1/session")
    user = add(server, "Carla")
    phone, laptop = session_of(server, user), session_of(server, user)
    enter(page, server, user)
    shows(page, "192.0.2.7")
    page.get_by_role("button", name=f"Sign out {MARKUP}, 192.0.2.7").first.click()
    expect(page.locator("#sessions li")).to_have_count(2)
    expect(page.locator("#sessions")).to_be_focused()
    assert is_open(server, phone) != is_open(server, laptop)
    press(page, "Sign out everywhere")
    press(page, "Sign out everywhere now")
    arrives(page, "/sign-in")
    assert not is_open(server, phone)
    assert not is_open(server, laptop)
    assert page.context.cookies() == []


def test_a_changed_password_signs_other_browsers_out(
    server: LiveServer, page: Page, complaints: Complaints
) -> None:
    complaints.expect("403 /api/v1/users/me/password")
    user = add(server, "Dora")
    phone = session_of(server, user)
    enter(page, server, user)
    fill(page, "Current password", "not this one")
    fill(page, "New password", "five entirely new words")
    press(page, "Change password")
    shows(page, "The current password is wrong.")
    assert is_open(server, phone)
    fill(page, "Current password", PASSWORD)
    press(page, "Change password")
    shows(page, "Your password is changed.")
    expect(page.get_by_label("Current password", exact=True)).to_have_value("")
    assert not is_open(server, phone)
    page.reload()
    shows(page, "this browser")


def test_what_is_used_stands_beside_what_may_be_used(server: LiveServer, page: Page, meeting: Path) -> None:
    user = add(server, "User")
    with server.client_for(server.key(user.id)) as client:
        server.transcribed(meeting, client)
    enter(page, server, user)
    used = page.locator("a-used")
    expect(used).to_contain_text("kB of 50 MB")
    expect(used).to_contain_text("of 60 minutes")
    expect(used).to_contain_text("in 1 job")


def test_everybody_says_how_long_their_recordings_stay(server: LiveServer, page: Page) -> None:
    user = add(server, "Keeper")
    enter(page, server, user)
    shows(page, "Left empty: 90 days, as this installation says.")
    for wrong in ("0", "soon", "1.5"):
        fill(page, "Days", wrong)
        press(page, "Save")
        shows(page, "Days are a whole number from 1 to 36500")
    fill(page, "Days", "7")
    press(page, "Save")
    shows(page, "Saved: your recordings stay 7 days.")
    page.reload()
    expect(page.get_by_label("Days", exact=True)).to_have_value("7")
    fill(page, "Days", "")
    press(page, "Save")
    shows(page, "as long as this installation says")


def test_the_theme_is_chosen_and_kept(server: LiveServer, page: Page) -> None:
    enter(page, server, add(server, "Painter"))
    dark = "rgb(22, 21, 19)"
    page.get_by_role("radio", name="Dark").check()
    expect(page.locator("body")).to_have_css("background-color", dark)
    page.reload()
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    expect(page.locator("body")).to_have_css("background-color", dark)
    page.get_by_role("radio", name="As the system").check()
    expect(page.locator("body")).not_to_have_css("background-color", dark)


def test_everything_is_taken_along_and_then_erased(server: LiveServer, page: Page, meeting: Path) -> None:
    with server.service.database.write() as session:
        user = people.add_person(session, "Leaver", "member", None)
        people.set_password(session, user, PASSWORD)
    with server.client_for(server.key(user.id)) as client:
        recording = server.upload(meeting, client, transcribe="false")["recording"]["id"]
        enter(page, server, user)
        with page.expect_download() as download:
            press(page, "Download everything")
        names = zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())).namelist()
        assert f"{recording}/{meeting.name}" in names

        press(page, "Erase my data")
        assert axe(page) == []
        fill(page, "Type your name, Leaver, to go on", "leaver")
        press(page, "Erase everything for ever")
        shows(page, "That is not your name: it is Leaver.")
        assert client.get(f"/recordings/{recording}").status_code == 200
        fill(page, "Type your name, Leaver, to go on", "Leaver")
        press(page, "Erase everything for ever")
        shows(page, "Your recordings and transcripts are erased.")
        assert client.get(f"/recordings/{recording}").status_code == 404
    expect(page.locator("a-used")).to_contain_text("0 B of 50 MB")
