"""Set-up, sign-in and one's account, in a real browser."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from playwright.sync_api import Page, expect

from auricle.accounts import people
from auricle.server.deps import PLAIN_COOKIE
from browser import PHONE, Complaints, arrives, fill, overflow, press, shows
from live_server import LiveServer, live_server
from visitors import MARKUP, PASSWORD, add, admin, enter, get, is_open, let_the_admin_in, link_for, session_of

PAGES = ("/", "/setup", "/sign-in", "/account", "/docs", "/redoc")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[LiveServer]:
    """A server that asks everybody who they are, with an admin who has a password."""
    with live_server(tmp_path_factory.mktemp("server"), tiny_model, auth="on") as running:
        let_the_admin_in(running)
        yield running


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    fill(page, "Name", name)
    fill(page, "Password", password)
    press(page, "Sign in")


def test_a_set_up_link_leads_to_a_key_that_works_and_back_in_by_password(
    make_server: Callable[..., LiveServer], page: Page, complaints: Complaints
) -> None:
    server = make_server(auth="on")
    complaints.expect("401 /api/v1/session", "404 /api/v1/setup/look")
    page.goto(server.origin)
    shows(page, "Nobody can sign in here yet")
    link = link_for(server)
    page.goto(link)
    arrives(page, "/setup")
    assert "#" not in page.url
    fill(page, "Name", "Anna Osei")
    fill(page, "New password", PASSWORD)
    press(page, "Save and sign in")
    arrives(page, "/account")
    shows(page, "this browser")
    shows(page, "Anna Osei")

    page.get_by_text("Make a key", exact=True).click()
    fill(page, "What it is for", "Home server")
    page.get_by_label("write").uncheck()
    press(page, "Make this key")
    shows(page, "it is not shown again")
    key = page.locator(".made code").inner_text()
    with server.client_for(key) as client:
        assert client.get("/users/me").json()["name"] == "Anna Osei"
        assert client.post("/keys", json={"name": "another"}).status_code == 403
    press(page, "I have it")
    assert key not in page.content()

    press(page, "Sign out")
    arrives(page, "/sign-in")
    sign_in(page, "Anna Osei", "three other words")
    shows(page, "The name or the password is wrong.")
    sign_in(page, "Anna Osei")
    arrives(page, "/account")
    page.goto(link)
    shows(page, "This link is no longer valid")
    expect(page.get_by_label("New password", exact=True)).to_be_hidden()


def test_an_invited_member_chooses_a_password_but_no_name(
    server: LiveServer, page: Page, complaints: Complaints
) -> None:
    complaints.expect("400 /api/v1/setup")
    with server.service.database.write() as session:
        invited = people.add_person(session, "Ben", "member", None)
    page.goto(link_for(server, invited))
    shows(page, "Welcome, Ben")
    expect(page.get_by_label("New password", exact=True)).to_be_focused()
    page.keyboard.type("short")
    press(page, "Save and sign in")
    assert page.evaluate("document.querySelector('#password').validity.tooShort")
    fill(page, "New password", "aaaaaaaaaaaa")
    press(page, "Save and sign in")
    shows(page, "This password is too easy to guess: choose another.")
    fill(page, "New password", PASSWORD)
    press(page, "Save and sign in")
    arrives(page, "/account")
    page.get_by_text("Make a key", exact=True).click()
    expect(page.get_by_label("transcribe")).to_be_visible()
    expect(page.get_by_label("metrics")).to_have_count(0)


def test_half_a_set_up_link_says_so(server: LiveServer, page: Page) -> None:
    page.goto(f"{server.origin}/setup")
    shows(page, "This address is not complete")


def test_the_keyboard_is_enough_to_sign_in(server: LiveServer, page: Page) -> None:
    add(server, "Keys")
    page.goto(f"{server.origin}/sign-in")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("Keys")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Show the password")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "text")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    arrives(page, "/account")


@pytest.mark.parametrize("wanted", ["/docs", "/redoc"])
def test_signing_in_goes_on_to_where_one_came_from(server: LiveServer, page: Page, wanted: str) -> None:
    add(server, f"From {wanted[1:]}")
    page.goto(server.origin + wanted)
    press(page, "Sign in")
    arrives(page, "/sign-in")
    sign_in(page, f"From {wanted[1:]}")
    arrives(page, wanted)
    shows(page, f"From {wanted[1:]}")


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/%0a/evil.example",
        "\\\\evil.example",
        "evil.example",
        "/docs/../..//evil.example",
        '/"><script>alert(1)</script>',
        "",
    ],
)
def test_signing_in_leads_to_no_other_site(server: LiveServer, wanted: str) -> None:
    address = f"/sign-in?{urlencode({'next': wanted})}"
    assert 'data-next="/account"' in get(server, address).text
    assert _leads(server, address, session_of(server, admin(server))) == "/account"


def test_names_with_markup_are_shown_as_they_are(server: LiveServer, page: Page) -> None:
    user = add(server, MARKUP)
    session_of(server, user)
    enter(page, server, user)
    shows(page, MARKUP)
    page.get_by_text("Make a key", exact=True).click()
    fill(page, "What it is for", f"<script>1</script>{MARKUP}")
    press(page, "Make this key")
    shows(page, "it is not shown again")
    press(page, f"Revoke <script>1</script>{MARKUP}")
    shows(page, f"Revoke <script>1</script>{MARKUP}?")
    expect(page.locator("main img, main script, header img[onerror]")).to_have_count(0)
    expect(page).to_have_title("Account · Auricle")
    press(page, "Revoke this key")
    shows(page, "You have no keys.")
    page.goto(f"{server.origin}/docs")
    shows(page, MARKUP)


def test_a_session_is_ended_from_another_and_all_at_once(server: LiveServer, page: Page) -> None:
    user = add(server, "Carla")
    phone, laptop = session_of(server, user), session_of(server, user)
    enter(page, server, user)
    shows(page, "192.0.2.7")
    page.get_by_role("button", name=f"Sign out {MARKUP}, 192.0.2.7").first.click()
    expect(page.locator("#sessions li")).to_have_count(2)
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
    assert not is_open(server, phone)
    page.goto(f"{server.origin}/account")
    shows(page, "this browser")


_ASK_FOR_A_SESSION = """(body) => fetch("/api/v1/session", {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
}).then((answer) => answer.json())"""


def test_a_cookie_planted_before_is_worth_nothing_after_signing_in(server: LiveServer, page: Page) -> None:
    user, thief = add(server, "Emil"), add(server, "Thief")
    for planted in ("a-token-of-the-thief's-choice", session_of(server, thief)):
        page.goto(f"{server.origin}/setup")
        page.context.add_cookies([{"name": PLAIN_COOKIE, "value": planted, "url": server.origin}])
        signed_in = page.evaluate(_ASK_FOR_A_SESSION, {"name": "Emil", "password": PASSWORD})
        assert signed_in["user"]["id"] == user.id
        [cookie] = page.context.cookies()
        assert cookie["value"] != planted
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
        assert page.evaluate("document.cookie") == ""
        assert not is_open(server, planted)


_WHO_AM_I = "[id^=operations-users-who_am_i] .opblock-summary-control"


def test_the_api_page_asks_as_whoever_is_signed_in(server: LiveServer, page: Page) -> None:
    enter(page, server, add(server, "Fred"), "/docs")
    page.locator(_WHO_AM_I).click()
    press(page, "Try it out")
    press(page, "Execute")
    expect(page.locator(".live-responses-table")).to_contain_text("Fred")


def test_a_signed_in_visitor_is_led_to_the_account_and_others_to_sign_in(server: LiveServer) -> None:
    assert _leads(server, "/") == "/sign-in"
    assert _leads(server, "/account") == "/sign-in?next=/account"
    assert _leads(server, "/account", "made-up") == "/sign-in?next=/account"
    assert _leads(server, "/", session_of(server, admin(server))) == "/account"


def _leads(server: LiveServer, page: str, token: str | None = None) -> str:
    answer = get(server, page, token)
    assert answer.status_code == 303
    location: str = answer.headers["location"]
    return location


def test_where_nobody_signs_in_the_pages_say_so(make_server: Callable[..., LiveServer]) -> None:
    server = make_server(auth="off")
    assert _leads(server, "/") == "/docs"
    for page in ("/sign-in", "/setup", "/account"):
        assert "Nobody has to sign in" in httpx.get(server.origin + page).text
    assert "/sign-in" not in httpx.get(f"{server.origin}/docs").text


@pytest.mark.parametrize("page", PAGES)
def test_no_script_and_no_style_stands_in_a_page(server: LiveServer, page: str) -> None:
    for token in (None, session_of(server, admin(server))):
        answer = get(server, page, token)
        if answer.status_code == 303:
            continue
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self';" in policy
        assert page in ("/docs", "/redoc") or "unsafe" not in policy
        assert "<style" not in answer.text
        assert " style=" not in answer.text
        assert "<script>" not in answer.text
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_a_phone_and_is_legible(
    server: LiveServer, new_page: Callable[..., Page], path: str, dark: bool
) -> None:
    page = new_page(PHONE, dark=dark)
    if path != "/sign-in":
        enter(page, server, admin(server), path)
    else:
        page.goto(server.origin + path)
    expect(page.locator("body")).to_contain_text(re.compile(r".{60}"), use_inner_text=True)
    assert overflow(page) == 0
    paper = "rgb(22, 21, 19)" if dark else "rgb(251, 248, 242)"
    expect(page.locator("body")).to_have_css("background-color", paper)


def test_everything_works_under_a_base_path(make_server: Callable[..., LiveServer], page: Page) -> None:
    server = make_server(auth="on", base_path="/auricle")
    base = f"{server.origin}/auricle"
    page.goto(f"{base}/")
    shows(page, "Nobody can sign in here yet")
    page.goto(link_for(server).replace("/setup", "/auricle/setup"))
    fill(page, "Name", "Greta")
    fill(page, "New password", PASSWORD)
    press(page, "Save and sign in")
    arrives(page, "/auricle/account")
    press(page, "Sign out")
    arrives(page, "/auricle/sign-in")
    page.goto(f"{base}/docs")
    press(page, "Sign in")
    sign_in(page, "Greta")
    arrives(page, "/auricle/docs")
    shows(page, "Greta")
