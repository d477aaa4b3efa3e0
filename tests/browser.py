"""Headless Chromium for tests, by Playwright: pages of people who are here for the first time.

A page may complain of nothing: an error or warning of its console, whatever its content policy stopped, a
request to another host or an answer with an error fails the test, unless it said that this one comes.
While a file's browser is open, the thread of its tests can run no event loop of its own. Pages are waited for
with `expect`: our content policy stops `wait_for_function`, which evaluates text.
"""

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    BrowserType,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from services import missing

#: Debian's; Playwright fetches none.
CHROMIUM = Path("/usr/bin/chromium")
#: Width and height (CSS pixels) of a desk's window and of a phone.
DESK, PHONE = (1440, 900), (390, 844)

_AXE = Path(__file__).resolve().parent.parent / "ui" / "node_modules" / "axe-core" / "axe.min.js"
_WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_HERE = {"127.0.0.1", "localhost"}
#: How long (ms) something may take to appear: all of a busy machine's tests run at once.
_PATIENCE = 30_000
#: No name leads anywhere, so that nothing can be fetched or reported behind the tests' back.
_ALONE = f"--host-resolver-rules=MAP * ~NOTFOUND, {', '.join(f'EXCLUDE {host}' for host in sorted(_HERE))}"
#: A policy that only reports writes nothing to the console.
_TELL_OF_POLICY = """addEventListener("securitypolicyviolation", (one) =>
  console.error(`content policy: ${one.effectiveDirective} stopped ${one.blockedURI}`), true);"""
_AT_REST = """() => Promise.allSettled([document.fonts.ready, ...document.getAnimations()
  .filter((one) => one.playState === "running" && one.effect?.getComputedTiming().endTime !== Infinity)
  .map((one) => one.finished)]).then(() => undefined)"""


class Complaints:
    """What the pages of a test complained of, and which of it was to come.

    Complaints are sentences of the console, or answers as in `401 /api/v1/session`. A part of one is enough
    to name it, and `*` stands for anything.
    """

    def __init__(self) -> None:
        self.made: list[str] = []
        self._expected: list[str] = []
        self._allowed: list[str] = []

    def expect(self, *complaints: str) -> None:
        """Each of these comes, however often."""
        self._expected += complaints

    def allow(self, *complaints: str) -> None:
        """Each of these may come."""
        self._allowed += complaints

    def check(self) -> None:
        """Fail on what nobody expected, and on what was expected and did not come."""
        known = [_pattern(one) for one in self._expected + self._allowed]
        unexpected = [one for one in self.made if not any(pattern.search(one) for pattern in known)]
        assert not unexpected, "the page complained:\n" + "\n".join(dict.fromkeys(unexpected))
        absent = [one for one in self._expected if not any(map(_pattern(one).search, self.made))]
        assert not absent, f"the page never complained of: {', '.join(absent)}"

    def hear(self, context: BrowserContext) -> None:
        """Listen to all pages of a context, also those that it opens later."""
        context.add_init_script(_TELL_OF_POLICY)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.made.append(f"uncaught: {error.error}"))
        context.on("page", lambda page: page.on("crash", lambda: self.made.append("the page crashed")))
        context.on("request", self._request)
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        # The answer itself has been heard.
        answered = message.text.startswith("Failed to load resource: the server responded")
        if message.type in ("error", "warning", "assert") and not answered:
            self.made.append(f"{message.text.strip()} {_path(message.location['url'])}".strip())

    def _request(self, request: Request) -> None:
        if urlsplit(request.url).hostname not in {*_HERE, None}:
            self.made.append(f"asked another host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.made.append(f"{response.status} {_path(response.url)}")


def _pattern(complaint: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in complaint.split("*")), re.DOTALL)


def _path(address: str) -> str:
    """An address without its origin."""
    return re.sub(r"^https?://[^/]+", "", address)


def launch(chromium: BrowserType, microphone: Path | None = None, may_hear: bool = True) -> Browser:
    """Start Chromium.

    It has no microphone, or one that hears a WAV file over and over. Pages may use it (and a tab's sound)
    without a question, or are refused both.
    """
    expect.set_options(timeout=_PATIENCE)
    options = [_ALONE]
    if microphone:
        asked = "--use-fake-ui-for-media-stream" + ("" if may_hear else "=deny")
        heard = f"--use-file-for-fake-audio-capture={microphone}"
        options += ["--use-fake-device-for-media-stream", heard, asked]
    return chromium.launch(executable_path=CHROMIUM, args=options, timeout=4 * _PATIENCE)


def new_context(
    browser: Browser, size: tuple[int, int] = DESK, dark: bool = False, **options: Any
) -> BrowserContext:
    """Somebody with no cookies and an empty store; `options` are those of Playwright's contexts."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        **options,
    )
    context.set_default_timeout(_PATIENCE)
    return context


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the tests of a file."""
    if not CHROMIUM.exists():
        missing("Chromium", "chromium")
    with sync_playwright() as playwright, launch(playwright.chromium) as running:
        yield running


@pytest.fixture
def complaints() -> Complaints:
    """What the pages of this test complain of."""
    return Complaints()


@pytest.fixture
def visitors() -> Iterator[contextlib.ExitStack]:
    """The people and browsers of this test; they are gone when its stack is closed."""
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture
def new_page(browser: Browser, visitors: contextlib.ExitStack, complaints: Complaints) -> Callable[..., Page]:
    """Make the page of somebody new: `new_page(PHONE, dark=True)`, `new_page(microphone=a_wav_file)`.

    Further pages of the same person come from `page.context.new_page()`.
    """

    def make(
        size: tuple[int, int] = DESK,
        *,
        dark: bool = False,
        microphone: Path | None = None,
        may_hear: bool = True,
        **options: Any,
    ) -> Page:
        used = browser
        if microphone:
            used = visitors.enter_context(launch(browser.browser_type, microphone, may_hear))
        context = visitors.enter_context(new_context(used, size, dark, **options))
        complaints.hear(context)
        return context.new_page()

    return make


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page of somebody new at a desk, in light colours."""
    return new_page()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Function) -> Iterator[None]:
    """Let visitors leave before any server of their test stops, and fail it with what their pages say."""
    visitors, complaints = (item.funcargs.get(name) for name in ("visitors", "complaints"))
    if visitors is None:
        return (yield)
    try:
        result = yield
    except BaseException:
        item.add_report_section("call", "complaints of its pages", "\n".join(complaints.made))
        raise
    finally:
        visitors.close()
    complaints.check()
    return result


def shows(page: Page, text: str) -> None:
    """Wait until this text can be read."""
    expect(page.locator("body")).to_contain_text(text, use_inner_text=True)


def drawn(page: Page) -> None:
    """Wait until the page shows what was done last: until then it shows, and says, what was before."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def arrives(page: Page, path: str) -> None:
    """Wait until the page of this path is there."""
    page.wait_for_url(lambda address: urlsplit(address).path == path)


def press(page: Page, name: str) -> None:
    """Click the button or link of this name."""
    button, link = (page.get_by_role(role, name=name, exact=True) for role in ("button", "link"))
    button.or_(link).click()


def fill(page: Page, label: str, text: str) -> None:
    """Type into the field with this label, in place of what is there."""
    page.get_by_label(label, exact=True).fill(text)


def overflow(page: Page) -> int:
    """How far (CSS pixels) the page stays wider than its window; what is drawn anew may lag behind it."""
    wider = 0
    for _ in range(50):
        wider = max(0, page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
        if wider == 0:
            break
        page.wait_for_timeout(100)
    return wider


def at_rest(page: Page) -> None:
    """Wait until what moves has arrived and letters have their fonts."""
    page.evaluate(_AT_REST)


def axe(page: Page) -> list[str]:
    """What on the page at rest breaks WCAG 2.2 A or AA, a sentence for each element."""
    if not _AXE.exists():
        missing("axe-core", "npm, then make ui")
    at_rest(page)
    # Unlike a script element this does not ask the page's content policy.
    page.evaluate(_AXE.read_text(encoding="utf-8"))
    # To preload is to copy the styles of shadow roots into style elements, which the policy stops.
    run = """(tags) => axe.run({
      preload: false, runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] })"""
    return [
        f"{rule['help']} ({rule['id']}, {rule['impact']}): {' '.join(map(str, node['target']))}: "
        + re.sub(r"\s*\n\s*", "; ", node["failureSummary"]).replace(":;", ":")
        for rule in page.evaluate(run, _WCAG)["violations"]
        for node in rule["nodes"]
    ]
