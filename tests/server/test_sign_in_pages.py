"""Set-up, sign-in and one's account, in a real browser."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from auricle.accounts import people
from auricle.server.deps import PLAIN_COOKIE
from browser import Browser, Tab
from live_server import LiveServer, live_server
from visitors import MARKUP, PASSWORD, add, admin, enter, get, is_open, let_the_admin_in, link_for, session_of

PAGES = ("/", "/setup", "/sign-in", "/account", "/docs", "/redoc")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[LiveServer]:
    """A server that asks everybody who they are, with an admin who has a password."""
    with live_server(tmp_path_factory.mktemp("server"), tiny_model, auth="on") as running:
        let_the_admin_in(running)
        yield running


@pytest.fixture
def tab(browser: Browser) -> Iterator[Tab]:
    """A tab of somebody new, whose pages may complain of nothing."""
    tab = browser.tab()
    yield tab
    assert tab.complaints == []


def sign_in(tab: Tab, name: str, password: str = PASSWORD) -> None:
    tab.fill("Name", name)
    tab.fill("Password", password)
    tab.press("Sign in")


def test_a_set_up_link_leads_to_a_key_that_works_and_back_in_by_password(
    make_server: Callable[..., LiveServer], tab: Tab
) -> None:
    server = make_server(auth="on")
    tab.open(server.origin)
    tab.shows("Nobody can sign in here yet")
    link = link_for(server)
    tab.open(link)
    assert tab.path == "/setup"
    tab.fill("Name", "Anna Osei")
    tab.fill("New password", PASSWORD)
    tab.press("Save and sign in")
    tab.arrives("/account")
    tab.shows("this browser")
    assert "Anna Osei" in tab.text

    tab.press("Make a key")
    tab.fill("What it is for", "Home server")
    tab.tick("write")
    tab.press("Make this key")
    tab.shows("it is not shown again")
    key = tab.evaluate("document.querySelector('.made code').textContent")
    with server.client_for(key) as client:
        assert client.get("/users/me").json()["name"] == "Anna Osei"
        assert client.post("/keys", json={"name": "another"}).status_code == 403
    tab.press("I have it")
    assert key not in tab.evaluate("document.documentElement.outerHTML")

    tab.press("Sign out")
    tab.arrives("/sign-in")
    sign_in(tab, "Anna Osei", "three other words")
    tab.shows("The name or the password is wrong.")
    sign_in(tab, "Anna Osei")
    tab.arrives("/account")
    tab.open(link)
    tab.shows("This link is no longer valid")
    assert "New password" not in tab.text
    assert tab.refusals == ["401 /api/v1/session", "404 /api/v1/setup/look"]


def test_an_invited_member_chooses_a_password_but_no_name(server: LiveServer, tab: Tab) -> None:
    with server.service.database.write() as session:
        invited = people.add_person(session, "Ben", "member", None)
    tab.open(link_for(server, invited))
    tab.shows("Welcome, Ben")
    assert tab.evaluate("document.activeElement.id") == "password"
    tab.call("Input.insertText", text="short")
    tab.press("Save and sign in")
    assert tab.evaluate("document.querySelector('#password').validity.tooShort")
    tab.fill("New password", "aaaaaaaaaaaa")
    tab.press("Save and sign in")
    tab.shows("This password is too easy to guess: choose another.")
    tab.fill("New password", PASSWORD)
    tab.press("Save and sign in")
    tab.arrives("/account")
    tab.press("Make a key")
    assert "transcribe" in tab.text
    assert "metrics" not in tab.text


def test_half_a_set_up_link_says_so(server: LiveServer, tab: Tab) -> None:
    tab.open(f"{server.origin}/setup")
    tab.shows("This address is not complete")


def test_the_keyboard_is_enough_to_sign_in(server: LiveServer, tab: Tab) -> None:
    add(server, "Keys")
    tab.open(f"{server.origin}/sign-in")
    assert tab.evaluate("document.activeElement.name") == "name"
    tab.call("Input.insertText", text="Keys")
    tab.key("Tab")
    tab.call("Input.insertText", text=PASSWORD)
    tab.key("Tab")
    assert tab.evaluate("document.activeElement.getAttribute('aria-label')") == "Show the password"
    tab.key(" ")
    assert tab.evaluate("document.querySelector('#password').type") == "text"
    tab.key("Tab")
    tab.key("Enter")
    tab.arrives("/account")


@pytest.mark.parametrize("wanted", ["/docs", "/redoc"])
def test_signing_in_goes_on_to_where_one_came_from(server: LiveServer, tab: Tab, wanted: str) -> None:
    add(server, f"From {wanted[1:]}")
    tab.open(server.origin + wanted)
    tab.press("Sign in")
    tab.arrives("/sign-in")
    sign_in(tab, f"From {wanted[1:]}")
    tab.arrives(wanted)
    tab.shows(f"From {wanted[1:]}")


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


def test_names_with_markup_are_shown_as_they_are(server: LiveServer, tab: Tab) -> None:
    user = add(server, MARKUP)
    session_of(server, user)
    enter(tab, server, user)
    tab.shows(MARKUP)
    tab.press("Make a key")
    tab.fill("What it is for", f"<script>1</script>{MARKUP}")
    tab.press("Make this key")
    tab.shows("it is not shown again")
    tab.press(f"Revoke <script>1</script>{MARKUP}")
    tab.shows(f"Revoke <script>1</script>{MARKUP}?")
    assert tab.evaluate("document.querySelectorAll('main img, main script, header img[onerror]').length") == 0
    assert tab.evaluate("document.title") == "Account · Auricle"
    tab.press("Revoke this key")
    tab.shows("You have no keys.")
    tab.open(f"{server.origin}/docs")
    tab.shows(MARKUP)


def test_a_session_is_ended_from_another_and_all_at_once(server: LiveServer, tab: Tab) -> None:
    user = add(server, "Carla")
    phone, laptop = session_of(server, user), session_of(server, user)
    enter(tab, server, user)
    tab.shows("192.0.2.7")
    tab.press(f"Sign out {MARKUP}, 192.0.2.7")
    tab.until("document.querySelectorAll('#sessions li').length === 2")
    assert is_open(server, phone) != is_open(server, laptop)
    tab.press("Sign out everywhere")
    tab.press("Sign out everywhere now")
    tab.arrives("/sign-in")
    assert not is_open(server, phone)
    assert not is_open(server, laptop)
    assert PLAIN_COOKIE not in tab.cookies


def test_a_changed_password_signs_other_browsers_out(server: LiveServer, tab: Tab) -> None:
    user = add(server, "Dora")
    phone = session_of(server, user)
    enter(tab, server, user)
    tab.fill("Current password", "not this one")
    tab.fill("New password", "five entirely new words")
    tab.press("Change password")
    tab.shows("The current password is wrong.")
    assert is_open(server, phone)
    tab.fill("Current password", PASSWORD)
    tab.press("Change password")
    tab.shows("Your password is changed.")
    assert not is_open(server, phone)
    tab.open(f"{server.origin}/account")
    tab.shows("this browser")


def test_a_cookie_planted_before_is_worth_nothing_after_signing_in(server: LiveServer, tab: Tab) -> None:
    user, thief = add(server, "Emil"), add(server, "Thief")
    for planted in ("a-token-of-the-thief's-choice", session_of(server, thief)):
        tab.open(f"{server.origin}/setup")
        tab.set_cookie(server.origin, PLAIN_COOKIE, planted)
        signed_in = tab.evaluate(
            "fetch('/api/v1/session', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: "
            f"JSON.stringify({{name: 'Emil', password: '{PASSWORD}'}})}}).then((answer) => answer.json())"
        )
        assert signed_in["user"]["id"] == user.id
        cookie = tab.cookies[PLAIN_COOKIE]
        assert cookie["value"] != planted
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
        assert tab.evaluate("document.cookie") == ""
        assert not is_open(server, planted)


_WHO_AM_I = "[id^=operations-users-who_am_i] .opblock-summary-control"


def test_the_api_page_asks_as_whoever_is_signed_in(server: LiveServer, tab: Tab) -> None:
    enter(tab, server, add(server, "Fred"), "/docs")
    tab.until(f"Boolean(document.querySelector('{_WHO_AM_I}'))")
    tab.evaluate(f"document.querySelector('{_WHO_AM_I}').click()")
    tab.press("Try it out")
    tab.press("Execute")
    tab.until("document.querySelector('.live-responses-table .microlight')?.textContent.includes('Fred')")


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
@pytest.mark.parametrize("page", PAGES)
def test_a_page_fits_a_phone_and_is_legible(
    server: LiveServer, browser: Browser, page: str, dark: bool
) -> None:
    tab = browser.tab(width=390, height=844, dark=dark)
    if page != "/sign-in":
        enter(tab, server, admin(server), page)
    else:
        tab.open(server.origin + page)
    tab.until("document.body.innerText.length > 60")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    paper = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(22, 21, 19)" if dark else "rgb(251, 248, 242)")
    assert tab.complaints == []


def test_everything_works_under_a_base_path(make_server: Callable[..., LiveServer], tab: Tab) -> None:
    server = make_server(auth="on", base_path="/auricle")
    base = f"{server.origin}/auricle"
    tab.open(f"{base}/")
    tab.shows("Nobody can sign in here yet")
    tab.open(link_for(server).replace("/setup", "/auricle/setup"))
    tab.fill("Name", "Greta")
    tab.fill("New password", PASSWORD)
    tab.press("Save and sign in")
    tab.arrives("/auricle/account")
    tab.press("Sign out")
    tab.arrives("/auricle/sign-in")
    tab.open(f"{base}/docs")
    tab.press("Sign in")
    sign_in(tab, "Greta")
    tab.arrives("/auricle/docs")
    tab.shows("Greta")
    assert tab.refusals == []
