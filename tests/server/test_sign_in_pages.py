"""Set-up, sign-in and one's account, in a real browser; and what pages of other sites try."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from auricle.accounts import people, sessions
from auricle.server.deps import PLAIN_COOKIE
from auricle.store.schema import LOCAL_USER, User
from browser import Browser, Tab, browser_in
from live_server import LiveServer, live_server

PASSWORD = "three plain words"
MARKUP = '<img src="x" onerror="document.title=1">'
PAGES = ("/", "/setup", "/sign-in", "/account", "/docs", "/redoc")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[LiveServer]:
    """A server that asks everybody who they are, with an admin who has a password."""
    with live_server(tmp_path_factory.mktemp("server"), tiny_model, auth="on") as running:
        with running.service.database.write() as session:
            people.set_password(session, people.first_admin(session), PASSWORD)
        yield running


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser_in(tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture
def tab(browser: Browser) -> Iterator[Tab]:
    """A tab of somebody new, whose pages may complain of nothing."""
    tab = browser.tab()
    yield tab
    assert tab.complaints == []


def add(server: LiveServer, name: str) -> User:
    """A member with a password."""
    with server.service.database.write() as session:
        user = people.add_person(session, name, "member", None)
        people.set_password(session, user, PASSWORD)
    return user


def link_for(server: LiveServer, user: User | None = None) -> str:
    with server.service.database.write() as session:
        token = people.make_link(session, user or people.first_admin(session))
    return f"{server.origin}/setup#{token}"


def session_of(server: LiveServer, user: User) -> str:
    """The token of a new session."""
    with server.service.database.write() as session:
        token, _ = sessions.begin_session(session, user, agent=MARKUP, address="192.0.2.7", days=1)
    return token


def enter(tab: Tab, server: LiveServer, user: User, page: str = "/account") -> None:
    """Open a page as somebody who is signed in."""
    tab.set_cookie(server.origin, PLAIN_COOKIE, session_of(server, user))
    tab.open(server.origin + page)


def get(server: LiveServer, path: str, token: str | None = None) -> httpx.Response:
    """The answer to somebody with this session's token."""
    headers = {"Cookie": f"{PLAIN_COOKIE}={token}"} if token else {}
    return httpx.get(server.origin + path, headers=headers)


def is_open(server: LiveServer, token: str) -> bool:
    """Whether a session is."""
    return get(server, "/api/v1/session", token).status_code == 200


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
    assert _leads(server, address, session_of(server, _admin(server))) == "/account"


def _admin(server: LiveServer) -> User:
    with server.service.database.read() as session:
        return people.first_admin(session)


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
    assert _leads(server, "/", session_of(server, _admin(server))) == "/account"


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
    for token in (None, session_of(server, _admin(server))):
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
        enter(tab, server, _admin(server), page)
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


class OtherSite:
    """A web site that means no good: a page that sends requests and forms to another address."""

    def __init__(self) -> None:
        site = self
        self.page = ""

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(site.page.encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def other_site() -> Iterator[OtherSite]:
    site = OtherSite()
    yield site
    site.close()


_ATTACK = """<!doctype html><title>Prizes</title><iframe name="answer"></iframe><script type="module">
const target = %s, bodies = [undefined, '{"name": "stolen"}', 'name=stolen'];
const seen = [], frame = document.querySelector("iframe");
for (const [method, path] of %s) {
  for (const mode of ["no-cors", "cors"]) {
    for (const body of method === "GET" ? [undefined] : bodies) {
      const request = { method, mode, body, credentials: "include" };
      try { seen.push(await (await fetch(target + path, request)).text()); } catch { /* refused */ }
      try {
        request.headers = { "Content-Type": "application/json" };
        seen.push(await (await fetch(target + path, request)).text());
      } catch { /* refused */ }
    }
  }
  for (const enctype of ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]) {
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action: target + path, enctype, target: "answer" });
    const field = document.createElement("input");
    Object.assign(field, { name: '{"name": "stolen", "x": "', value: '"}' });
    form.append(field);
    document.body.append(form);
    const answered = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
    form.submit();
    await answered;
  }
}
window.done = seen.join("");
</script>"""
_CHANGES = [
    ("POST", "/api/v1/keys"),
    ("POST", "/api/v1/users"),
    ("POST", f"/api/v1/users/{LOCAL_USER}/setup-link"),
    ("POST", "/api/v1/recordings"),
    ("POST", "/api/v1/session"),
    ("POST", "/api/v1/setup"),
    ("DELETE", "/api/v1/session"),
    ("DELETE", "/api/v1/sessions"),
    ("PUT", "/api/v1/users/me/password"),
    ("PATCH", "/api/v1/users/me"),
    ("PUT", "/api/v1/recordings"),
    ("GET", "/api/v1/users/me"),
    ("GET", "/api/v1/keys"),
    ("GET", "/account"),
]
_WHAT_THERE_IS = [f"/api/v1/{what}" for what in ("users/me", "keys", "users", "recordings", "admin/audit")]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_page_of_another_site_changes_and_reads_nothing(
    make_server: Callable[..., LiveServer], browser: Browser, other_site: OtherSite, host: str
) -> None:
    server = make_server(auth="on")
    user = _admin(server)
    with server.service.database.write() as session:
        people.set_password(session, session.get_one(User, user.id), PASSWORD)
    mine = session_of(server, user)
    tab = browser.tab()
    enter(tab, server, user)
    before = [get(server, path, mine).json() for path in _WHAT_THERE_IS]
    other_site.page = _ATTACK % (json.dumps(server.origin), json.dumps(_CHANGES))
    tab.open(f"http://{host}:{other_site.port}/")
    read = tab.until("typeof window.done === 'string' && `.${window.done}`")
    assert read == "."
    assert [get(server, path, mine).json() for path in _WHAT_THERE_IS] == before
    tab.open(f"{server.origin}/account")
    tab.shows("this browser")
    assert any(one.startswith("403 /api/v1/") for one in tab.refusals)


def test_a_page_of_another_site_shows_none_of_ours_in_a_frame(
    server: LiveServer, browser: Browser, other_site: OtherSite
) -> None:
    tab = browser.tab()
    enter(tab, server, _admin(server))
    other_site.page = f'<!doctype html><iframe src="{server.origin}/account"></iframe>'
    tab.open(f"http://127.0.0.1:{other_site.port}/")
    assert any("frame-ancestors" in one for one in tab.complaints)
