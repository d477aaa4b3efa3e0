"""What pages of other web sites try with the session of somebody who is signed in here."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Page

from auricle.store.schema import LOCAL_USER
from browser import Complaints, shows
from live_server import LiveServer
from visitors import admin, enter, get, let_the_admin_in, session_of


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
    make_server: Callable[..., LiveServer],
    page: Page,
    complaints: Complaints,
    other_site: OtherSite,
    host: str,
) -> None:
    server = make_server(auth="on")
    user = admin(server)
    let_the_admin_in(server)
    mine = session_of(server, user)
    enter(page, server, user)
    before = [get(server, path, mine).json() for path in _WHAT_THERE_IS]
    other_site.page = _ATTACK % (json.dumps(server.origin), json.dumps(_CHANGES))
    complaints.expect("403 /api/v1/", "frame-ancestors", "net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin")
    complaints.allow("403 /account", "blocked by CORS policy", "net::ERR_FAILED")
    page.goto(f"http://{host}:{other_site.port}/")
    page.wait_for_function("typeof window.done === 'string'")
    assert page.evaluate("window.done") == ""
    assert [get(server, path, mine).json() for path in _WHAT_THERE_IS] == before
    page.goto(f"{server.origin}/account")
    shows(page, "this browser")


def test_a_page_of_another_site_shows_none_of_ours_in_a_frame(
    make_server: Callable[..., LiveServer], page: Page, complaints: Complaints, other_site: OtherSite
) -> None:
    server = make_server(auth="on")
    enter(page, server, admin(server))
    other_site.page = f'<!doctype html><iframe src="{server.origin}/account"></iframe>'
    complaints.expect("frame-ancestors")
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.goto(f"http://127.0.0.1:{other_site.port}/")


def test_a_site_that_the_settings_name_has_no_use_of_its_visitors_cookies(
    make_server: Callable[..., LiveServer],
) -> None:
    named = "https://notes.example"
    server = make_server(auth="on", cors_origins=named)
    user = admin(server)
    let_the_admin_in(server)
    mine = {"Cookie": f"auricle={session_of(server, user)}"}
    link = f"{server.url}/users/{user.id}/setup-link"
    for site in ({}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "cross-site"}):
        assert httpx.post(link, headers={**mine, **site, "Origin": named}).status_code == 401
    key = {"Authorization": f"Bearer {server.key(user.id)}", "Origin": named}
    assert httpx.post(link, headers={**mine, **key}).status_code == 201
    assert httpx.post(link, headers={**mine, "Origin": server.origin}).status_code == 201
