"""What holds on every page: all people can use it, at every width, in light and dark, without a mouse.

The pages are those whose pictures `make screenshots` takes.
"""

import re
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from auricle.accounts import people, sessions
from auricle.server.deps import PLAIN_COOKIE
from browser import DESK, PHONE, Complaints, arrives, at_rest, axe, overflow, shows
from conftest import ROOT
from live_server import LiveServer, live_server
from told import tell
from visitors import MARKUP, add, let_the_admin_in

_PICTURES = runpy.run_path(str(ROOT / "tools" / "screenshots.py"))
PAGES = {shot.name: shot for shot in _PICTURES["SHOTS"]}
#: These come from elsewhere.
OTHERS = ("api", "reference")
OURS = [name for name in PAGES if name not in OTHERS]

ENDLESS = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
ARABIC = "مقابلة طويلة مع كوفي"

#: What has the focus after a step: how to find it, and what is wrong with it.
_LOOK = """() => {
  window.reached ??= new WeakSet();
  const one = document.activeElement;
  if (!one || one === document.body || window.reached.has(one)) return null;
  window.reached.add(one);
  const shown = one.matches(".spoken-only") ? one.closest("label") : one;
  const outlined = (each, part) => each && getComputedStyle(each, part).outlineStyle !== "none";
  const isOutlined = [one, shown, one.parentElement].some((each) => outlined(each))
    || outlined(one, "::after");
  const box = shown.getBoundingClientRect();
  const [left, right] = [Math.max(box.left, 0), Math.min(box.right, innerWidth)];
  const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
  const hit = (x, y) => {
    const there = document.elementFromPoint(x, y);
    return there && (shown.contains(there) || there.contains(shown) || one.labels?.[0]?.contains(there));
  };
  const points = [0.5, 0.15, 0.85].map((part) => [left + part * (right - left), top + part * (bottom - top)]);
  return [
    `${one.tagName} ${one.getAttribute("aria-label") ?? one.id} "${one.textContent.trim().slice(0, 40)}"`,
    isOutlined || one.tabIndex < 0 ? "" : "shows no focus",
    right > left && bottom > top ? "" : "is out of view",
    points.some(([x, y]) => hit(x, y)) ? "" : "is covered",
    one.tabIndex > 0 ? "is out of order" : "",
  ];
}"""
#: What can be used but was never reached.
_LEFT_OUT = """() => {
  const page = document.querySelector("[role=dialog], [role=alertdialog]") ?? document.body;
  const usable = "a[href], button, input, select, textarea, summary, [tabindex='0']";
  return [...page.querySelectorAll(usable)]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && one.tabIndex >= 0 && !one.disabled)
    .filter((one) => !one.matches("input[type=radio], .cdk-focus-trap-anchor"))
    .filter((one) => !window.reached.has(one))
    .map((one) => one.outerHTML.slice(0, 160));
}"""
#: More than any page needs.
_MOST = 400


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("server"), tiny_model, auth="on") as running:
        yield running


@pytest.fixture(scope="module")
def made(server: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is on the server, as the pictures have it."""
    stocked: dict[str, str] = _PICTURES["stock"](server, tmp_path_factory.mktemp("stock"))
    return stocked


@pytest.fixture
def show(server: LiveServer, made: dict[str, str], complaints: Complaints) -> Callable[[Page, str], None]:
    """Open one of the pages, as its picture shows it."""

    def open_page(page: Page, name: str) -> None:
        shot = PAGES[name]
        complaints.allow(*shot.allows)
        if shot.signed_in:
            session = {"name": PLAIN_COOKIE, "value": made["session"], "url": server.origin}
            page.context.add_cookies([session])
        page.goto(server.origin + shot.path.format(**made))
        shows(page, shot.shows)
        if shot.act:
            shot.act(page)
        at_rest(page)

    return open_page


def at_width(page: Page, width: int) -> int:
    """How far the page is too wide for a window of this width."""
    page.set_viewport_size({"width": width, "height": 844})
    at_rest(page)
    return overflow(page)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("name", OURS)
def test_everybody_can_use_it_at_every_width_in_light_and_dark(
    new_page: Callable[..., Page], show: Callable[[Page, str], None], name: str, size: tuple[int, int]
) -> None:
    page = new_page(size, reduced_motion="reduce")
    show(page, name)
    assert axe(page) == []
    page.emulate_media(color_scheme="dark")
    assert axe(page) == []
    widths = [1024, 1440, 2560] if size == DESK else [700, 390, 320]
    assert {width: at_width(page, width) for width in widths} == dict.fromkeys(widths, 0)


# Who checks doubtful words goes from one to the next with the tab key, and leaves with Escape.
@pytest.mark.parametrize("name", [name for name in OURS if name != "recording-review"])
def test_the_keyboard_reaches_everything_and_shows_where_it_is(
    new_page: Callable[..., Page], show: Callable[[Page, str], None], name: str
) -> None:
    page = new_page(reduced_motion="reduce")
    show(page, name)
    wrong = [f"{what} {fault}" for what, *faults in walk(page) for fault in faults if fault]
    assert wrong == []
    assert page.evaluate(_LEFT_OUT) == []


def walk(page: Page) -> Iterator[list[str]]:
    """Press the tab key until all has had the focus; what it was and what is wrong with it."""
    # The page's own first focus may be in its middle.
    for _ in range(2):
        for _ in range(_MOST):
            found = page.evaluate(_LOOK)
            if found:
                yield found
            page.keyboard.press("Tab")
            if found is None and page.evaluate("document.activeElement === document.body"):
                break


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_every_place_is_gone_to_by_keyboard(
    new_page: Callable[..., Page], show: Callable[[Page, str], None], size: tuple[int, int]
) -> None:
    page = new_page(size)
    show(page, "library")
    ways = {
        "Add": "/add", "Account": "/account", "Admin": "/admin/system", "Models": "/admin/models",
        "Queues": "/admin/queues", "Jobs": "/admin/jobs", "Users": "/admin/users", "Usage": "/admin/usage",
        "Settings": "/admin/settings", "Audit": "/admin/audit", "Library": "/", "Board meeting, March": None,
    }  # fmt: skip
    for name, path in ways.items():
        tab_to(page, name)
        page.keyboard.press("Enter")
        if path:
            arrives(page, path)
    page.wait_for_url("**/recordings/*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Board meeting, March")


def tab_to(page: Page, name: str) -> None:
    link = page.get_by_role("link", name=name, exact=True)
    expect(link.last).to_be_visible()
    for _ in range(_MOST):
        page.keyboard.press("Tab")
        if any(one.evaluate("(one) => one === document.activeElement") for one in link.all()):
            return
    pytest.fail(f"the link {name} never has the focus")


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path, speech: Path) -> Iterator[Any]:
    """A server where everybody and everything has a name that is markup, endless or from right to left."""
    with live_server(tmp_path_factory.mktemp("strange"), tiny_model, auth="on") as running:
        let_the_admin_in(running)
        with running.service.database.write() as session:
            anna = people.first_admin(session)
            people.rename(session, anna, MARKUP, None)
            token, _ = sessions.begin_session(session, anna, agent=MARKUP, address="192.0.2.7", days=1)
        for name in (ENDLESS[:60], ARABIC):
            add(running, name)
            running.client.post("/keys", json={"name": name}).raise_for_status()
        said = [(MARKUP, "هذا نص عربي طويل."), (ENDLESS, f"{ENDLESS} {MARKUP}"), (ARABIC, "Audio(?) again.")]
        ids = []
        for title, file in ((MARKUP, "en_00"), (ENDLESS, "en_01"), (ARABIC, "en_02")):
            ids.append(tell(running, speech / f"{file}.flac", said))
            changes = {"title": title, "tags": [MARKUP[:50], ENDLESS[:50], ARABIC]}
            running.client.patch(f"/recordings/{ids[-1]}", json=changes).raise_for_status()
        thrown_away = tell(running, speech / "en_03.flac", said)
        running.client.patch(f"/recordings/{thrown_away}", json={"title": MARKUP}).raise_for_status()
        running.client.delete(f"/recordings/{thrown_away}").raise_for_status()
        yield running, token, ids


STRANGE = {
    "/": MARKUP,
    "/?q=audio": MARKUP,
    "/trash": MARKUP,
    "/account": MARKUP,
    "/recordings/0": MARKUP,
    "/recordings/1": ENDLESS,
    "/recordings/2": ARABIC,
    "/admin/jobs": MARKUP,
    "/admin/users": MARKUP,
    "/admin/usage": MARKUP,
    "/admin/audit": MARKUP,
}


@pytest.mark.parametrize("path", STRANGE)
def test_names_that_are_markup_endless_or_from_right_to_left_are_text_that_fits(
    strange: tuple[LiveServer, str, list[str]], new_page: Callable[..., Page], path: str
) -> None:
    server, token, ids = strange
    page = new_page(PHONE)
    page.context.add_cookies([{"name": PLAIN_COOKIE, "value": token, "url": server.origin}])
    address = re.sub(r"\d$", lambda found: ids[int(found[0])], path)
    page.goto(server.origin + address)
    shows(page, STRANGE[path])
    assert {width: at_width(page, width) for width in (320, 390, 1440)} == {320: 0, 390: 0, 1440: 0}
    assert page.locator("main img").count() == 0
    assert page.title() != "1"
    page.set_viewport_size({"width": 390, "height": 844})
    assert axe(page) == []


def test_titles_and_text_from_right_to_left_begin_at_the_right(
    strange: tuple[LiveServer, str, list[str]], page: Page
) -> None:
    server, token, ids = strange
    page.context.add_cookies([{"name": PLAIN_COOKIE, "value": token, "url": server.origin}])
    page.goto(f"{server.origin}/recordings/{ids[2]}")
    expect(page.get_by_role("heading", level=1)).to_have_css("direction", "rtl")
    expect(page.locator(".text").first).to_have_css("direction", "rtl")
    expect(page.locator(".text").nth(1)).to_have_css("direction", "ltr")
    page.goto(server.origin)
    expect(page.get_by_role("link", name=ARABIC, exact=True).first).to_have_css("direction", "rtl")
