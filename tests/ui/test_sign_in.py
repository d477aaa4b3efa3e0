"""Set-up and sign-in, in a real browser."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Page, expect

from auricle.accounts import people
from auricle.server.deps import PLAIN_COOKIE
from browser import PHONE, Complaints, arrives, axe, fill, overflow, press, shows
from live_server import LiveServer, live_server
from visitors import PASSWORD, add, admin, be, enter, get, is_open, let_the_admin_in, link_for, session_of

PAGES = ("/", "/setup", "/sign-in", "/account", "/docs", "/redoc")
#: The answer to the question who is there, while nobody is signed in.
NOBODY = "401 */api/v1/session"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[LiveServer]:
    """A server that asks everybody who they are, with an admin who has a password."""
    with live_server(tmp_path_factory.mktemp("server"), tiny_model, auth="on") as running:
        let_the_admin_in(running)
        yield running


@pytest.fixture(autouse=True)
def _may_be_nobody(complaints: Complaints) -> None:
    complaints.allow(NOBODY)


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    fill(page, "Name", name)
    fill(page, "Password", password)
    press(page, "Sign in")


def test_a_set_up_link_leads_into_the_library_and_back_in_by_password(
    make_server: Callable[..., LiveServer], page: Page, complaints: Complaints
) -> None:
    server = make_server(auth="on")
    complaints.expect("401 /api/v1/session", "404 /api/v1/setup/look")
    page.goto(server.origin)
    shows(page, "Nobody can sign in here yet")
    shows(page, "auricle users setup-link")
    assert axe(page) == []
    link = link_for(server)
    page.goto(link)
    shows(page, "Welcome to Auricle")
    assert "#" not in page.url
    assert axe(page) == []
    fill(page, "Name", "Anna Osei")
    fill(page, "New password", PASSWORD)
    press(page, "Save and sign in")
    arrives(page, "/")

    press(page, "Account")
    shows(page, "Anna Osei")
    press(page, "Sign out")
    arrives(page, "/sign-in")
    sign_in(page, "Anna Osei", "three other words")
    shows(page, "The name or the password is wrong.")
    assert axe(page) == []
    sign_in(page, "Anna Osei")
    arrives(page, "/")
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
    expect(page.get_by_label("Name", exact=True)).not_to_be_editable()
    expect(page.get_by_label("New password", exact=True)).to_be_focused()
    page.keyboard.type("short")
    press(page, "Save and sign in")
    assert page.evaluate("document.querySelector('#password').validity.tooShort")
    fill(page, "New password", "aaaaaaaaaaaa")
    press(page, "Save and sign in")
    shows(page, "This password is too easy to guess: choose another.")
    fill(page, "New password", PASSWORD)
    press(page, "Save and sign in")
    arrives(page, "/")


def test_half_a_set_up_link_says_so_and_the_whole_one_opens_in_the_same_tab(
    server: LiveServer, page: Page
) -> None:
    page.goto(f"{server.origin}/setup")
    shows(page, "This address is not complete")
    with server.service.database.write() as session:
        invited = people.add_person(session, "Half", "member", None)
    page.goto(link_for(server, invited))
    shows(page, "Welcome, Half")


def test_the_set_up_page_can_be_loaded_again_until_its_link_is_used(server: LiveServer, page: Page) -> None:
    with server.service.database.write() as session:
        invited = people.add_person(session, "Again", "member", None)
    page.goto(link_for(server, invited))
    shows(page, "Welcome, Again")
    arrives(page, "/setup")
    page.reload()
    shows(page, "Welcome, Again")
    fill(page, "New password", PASSWORD)
    press(page, "Save and sign in")
    arrives(page, "/")
    assert page.evaluate("sessionStorage.getItem('auricle.setup')") is None


def test_password_managers_know_the_fields(server: LiveServer, page: Page) -> None:
    page.goto(f"{server.origin}/sign-in")
    expect(page.get_by_label("Name", exact=True)).to_have_attribute("autocomplete", "username")
    password = page.get_by_label("Password", exact=True)
    expect(password).to_have_attribute("autocomplete", "current-password")
    page.goto(link_for(server, add(server, "Manager")))
    password = page.get_by_label("New password", exact=True)
    expect(password).to_have_attribute("autocomplete", "new-password")


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
    arrives(page, "/")


@pytest.mark.parametrize("wanted", ["/docs", "/redoc"])
def test_signing_in_goes_on_to_where_one_came_from(server: LiveServer, page: Page, wanted: str) -> None:
    add(server, f"From {wanted[1:]}")
    page.goto(server.origin + wanted)
    press(page, "Sign in")
    arrives(page, "/sign-in")
    sign_in(page, f"From {wanted[1:]}")
    arrives(page, wanted)
    shows(page, f"From {wanted[1:]}")


def test_who_is_not_signed_in_signs_in_first_and_then_comes_to_the_page(
    server: LiveServer, page: Page
) -> None:
    add(server, "Deep")
    be(page, server, admin(server))
    page.context.add_cookies([{"name": PLAIN_COOKIE, "value": "made-up", "url": server.origin}])
    page.goto(f"{server.origin}/account")
    arrives(page, "/sign-in")
    sign_in(page, "Deep")
    arrives(page, "/account")
    shows(page, "Deep")


def test_who_is_signed_in_goes_on_but_to_no_other_site(server: LiveServer, page: Page) -> None:
    be(page, server, admin(server))
    page.goto(f"{server.origin}/sign-in?next=/account")
    arrives(page, "/account")
    for wanted in (
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/docs/../..//evil.example",
        '/"><script>alert(1)</script>',
        "",
    ):
        page.goto(f"{server.origin}/sign-in?{urlencode({'next': wanted})}")
        arrives(page, "/")
        assert f"http://{urlsplit(page.url).netloc}" == server.origin


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


def test_where_nobody_signs_in_the_pages_say_so(make_server: Callable[..., LiveServer], page: Page) -> None:
    server = make_server(auth="off")
    for path in ("/sign-in", "/setup", "/account"):
        page.goto(server.origin + path)
        shows(page, "Nobody has to sign in")
        expect(page.get_by_label("Password", exact=True)).to_have_count(0)
        expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
    page.goto(f"{server.origin}/docs")
    expect(page.get_by_role("link", name="Sign in")).to_have_count(0)


@pytest.mark.parametrize("path", PAGES)
def test_no_script_and_no_style_stands_in_a_page(server: LiveServer, path: str) -> None:
    for token in (None, session_of(server, admin(server))):
        answer = get(server, path, token)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self';" in policy
        assert path in ("/docs", "/redoc") or "unsafe" not in policy
        assert "<style" not in answer.text
        assert " style=" not in answer.text
        assert "<script>" not in answer.text
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("path", ["/setup", "/sign-in", "/account", "/docs", "/redoc"])
def test_a_page_fits_a_phone_and_is_legible(
    server: LiveServer, new_page: Callable[..., Page], path: str, dark: bool
) -> None:
    page = new_page(PHONE, dark=dark)
    if path != "/sign-in":
        enter(page, server, admin(server), path)
    else:
        page.goto(server.origin + path)
    expect(page.locator("h1, .info h2").first).to_be_visible()
    assert overflow(page) == 0
    paper = "rgb(22, 21, 19)" if dark else "rgb(251, 248, 242)"
    expect(page.locator("body")).to_have_css("background-color", paper)
    if path not in ("/docs", "/redoc"):
        assert axe(page) == []


def test_everything_works_under_a_base_path(make_server: Callable[..., LiveServer], page: Page) -> None:
    server = make_server(auth="on", base_path="/auricle")
    base = f"{server.origin}/auricle"
    page.goto(f"{base}/")
    shows(page, "Nobody can sign in here yet")
    page.goto(link_for(server).replace("/setup", "/auricle/setup"))
    fill(page, "Name", "Greta")
    fill(page, "New password", PASSWORD)
    press(page, "Save and sign in")
    arrives(page, "/auricle/")
    press(page, "Account")
    arrives(page, "/auricle/account")
    press(page, "Sign out")
    arrives(page, "/auricle/sign-in")
    page.goto(f"{base}/docs")
    press(page, "Sign in")
    sign_in(page, "Greta")
    arrives(page, "/auricle/docs")
    shows(page, "Greta")
