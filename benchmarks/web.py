"""How fast the web app answers people: a library of 1,000 recordings, and a transcript of five hours.

A real server and headless Chromium share the machine; the app has to be built (`make ui`). An answer is
counted from the key or click itself to the frame that shows it.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from playwright.sync_api import Browser, Page, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from browser import launch, new_context  # found by the line above
from library import LONG, WORDS, fill
from material import TINY
from service import server
from table import Table

#: A replaced word is as frequent as "that" is.
_FREQUENT = 12

#: `bench.after` promises the time (ms) from the next event of a type to the frame where something is so.
_BENCH = """(() => {
  const painted = (then) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = then;
    port2.postMessage(null);
  });
  const bench = (window.bench = {
    after: (type, key, there) => new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error(`nothing came of the ${type}: ${there}`)), 60_000);
      const begun = (event) => {
        if (key && event.key !== key) return;
        removeEventListener(type, begun, true);
        const look = () => painted(() => (there() ? resolve(performance.now() - event.timeStamp) : look()));
        look();
      };
      addEventListener(type, begun, true);
    }),
    frames: [],
    watch: () => {
      let last = 0;
      bench.frames = [];
      const look = (now) => {
        if (last) bench.frames.push(now - last);
        last = now;
        bench.watching = requestAnimationFrame(look);
      };
      bench.watching = requestAnimationFrame(look);
    },
    ended: () => {
      cancelAnimationFrame(bench.watching);
      return bench.frames;
    },
    inView: (one) => {
      const box = one?.getBoundingClientRect();
      return !!box && box.height > 0 && box.top >= 0 && box.bottom <= innerHeight;
    },
  });
  const first = () => painted(() => {
    if (document.querySelector("a-recording-row a.title")) bench.list = performance.now();
    else first();
  });
  first();
})();"""

_SAVED = "[...document.querySelectorAll('[role=status]')].some((one) => one.innerText.trim() === 'Saved')"
_NOT_FOUND = "document.querySelector('a-find-bar').innerText.includes('Not found')"
_SPOKEN = "document.querySelector('.spoken')"
_EDITOR = "document.querySelector('.segment[contenteditable]')"
_WORDS_IN_VIEW = """() => [...document.querySelectorAll(".segment [data-w]")]
  .map((one) => one.getBoundingClientRect())
  .filter((box) => box.top > 300 && box.bottom < innerHeight - 150)
  .map((box) => [box.left + box.width / 2, box.top + box.height / 2])"""


class Answers:
    """How long answers took (ms), by what was asked."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.took: dict[str, list[float]] = {}

    def note(self, what: str, *took: float) -> None:
        self.took.setdefault(what, []).extend(took)

    @contextmanager
    def to(self, what: str, type: str, there: str = "true", key: str = "") -> Iterator[None]:
        """The time from the next event of this type to the frame where the expression `there` holds."""
        self.page.evaluate(f"void (window.took = bench.after('{type}', '{key}', () => {there}))")
        yield
        self.note(what, self.page.evaluate("window.took"))

    def frames(self, what: str, act: Callable[[], None]) -> None:
        """The time between two frames while something is done."""
        self.page.evaluate("bench.watch()")
        act()
        self.note(what, *self.page.evaluate("bench.ended()"))

    def rows(self) -> list[list[str]]:
        return [
            [what, _ms(statistics.median(took)), _ms(float(np.percentile(took, 95))), str(len(took))]
            for what, took in self.took.items()
        ]


def measure(quick: bool) -> Table:
    """Latency in the library, and in a transcript of five hours; `quick` takes a tenth of each."""
    recordings, words, times = (100, 5_000, 3) if quick else (1_000, 50_000, 20)
    with (
        tempfile.TemporaryDirectory(prefix="auricle-bench-") as folder,
        server(Path(folder) / "data", TINY, rate_limit="off") as api,
        sync_playwright() as playwright,
        launch(playwright.chromium) as browser,
    ):
        long = fill(api, Path(folder), recordings, words)
        origin = api.removesuffix("/api/v1")
        page = new_context(browser).new_page()
        page.add_init_script(_BENCH)
        answers = Answers(page)
        _correct_by_http(answers, api, long, times)
        size = _first_loads(answers, browser, origin, max(3, times // 2))
        page.goto(origin)
        expect(page.get_by_role("link", name=LONG, exact=True)).to_be_visible()
        _library(answers, times)
        _open(answers, min(times, 5))
        _listen(answers, times)
        _correct(answers, times)
        what = f"{recordings:,} recordings, {words:,} words; Chromium {browser.version}"
        rows = [["first load: compressed size", f"{size / 1000:.0f} kB", "", "1"], *answers.rows()]
        return Table("web", (what, "median", "p95", "times"), rows)


def _library(answers: Answers, times: int) -> None:
    page = answers.page
    for _ in range(3 * times):
        page.evaluate("void (window.was = document.activeElement)")
        with answers.to("library: the next row (J)", "keydown", "document.activeElement !== window.was"):
            page.keyboard.press("j")
    answers.frames("library: frames while scrolling", lambda: _scroll(page, 3 * times))
    page.keyboard.press("Home")
    for number in range(times):
        page.keyboard.press("/")
        word = WORDS[20 + number]
        for letter in word[:-1]:
            with answers.to("search: a letter", "keydown"):
                page.keyboard.press(letter)
        with answers.to("search: last letter to what was found", "keydown", "document.querySelector('mark')"):
            page.keyboard.press(word[-1])
        page.keyboard.press("Escape")
        expect(page.locator("a-recording-row").first).to_be_visible()
        expect(page.locator("mark")).to_have_count(0)


def _open(answers: Answers, times: int) -> None:
    page = answers.page
    for _ in range(times):
        with answers.to("five hours: open", "click", "document.querySelector('.segment [data-w]')"):
            page.get_by_role("link", name=LONG, exact=True).click()
        page.go_back()
    page.get_by_role("link", name=LONG, exact=True).click()
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_enabled()


def _listen(answers: Answers, times: int) -> None:
    page, chance = answers.page, random.Random(0)
    waveform = page.get_by_role("slider", name="Position in the recording")
    for _ in range(times):
        box = waveform.bounding_box()
        assert box
        x, y = box["x"] + box["width"] * chance.uniform(0.02, 0.98), box["y"] + box["height"] / 2
        page.evaluate(f"void (window.was = {_SPOKEN})")
        there = f"window.was !== {_SPOKEN} && bench.inView({_SPOKEN})"
        with answers.to("five hours: seek far", "pointerdown", there):
            page.mouse.click(x, y)
    for _ in range(times):
        x, y = chance.choice(page.evaluate(_WORDS_IN_VIEW))
        page.evaluate(f"void (window.target = document.elementFromPoint({x}, {y}))")
        with answers.to("five hours: click a word", "click", "window.target.matches('.spoken')"):
            page.mouse.click(x, y)
    page.keyboard.press("k")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    answers.frames("five hours: frames while playing", lambda: page.wait_for_timeout(500 * times))
    page.keyboard.press("k")
    answers.frames("five hours: frames while scrolling", lambda: _scroll(page, 3 * times))


def _correct(answers: Answers, times: int) -> None:
    page, chance = answers.page, random.Random(1)
    for number in range(times):
        x, y = chance.choice(page.evaluate(_WORDS_IN_VIEW))
        with answers.to("five hours: begin to edit", "dblclick", _EDITOR):
            page.mouse.dblclick(x, y)
        for letter in f"word{number} ":
            with answers.to("five hours: a letter while editing", "keydown"):
                page.keyboard.press(letter)
        with answers.to(
            "five hours: edited, until it is saved", "keydown", f"!{_EDITOR} && {_SAVED}", "Enter"
        ):
            page.keyboard.press("Control+Enter")
    page.keyboard.press("Control+f")
    bar = page.get_by_role("search", name="Find and replace")
    find, by = bar.get_by_label("Find in the transcript"), bar.get_by_label("Replace with")
    expect(find).to_be_focused()
    old, new = WORDS[_FREQUENT], "replacement"
    for _ in range(min(times, 6)):
        find.fill("")
        find.focus()
        for letter in old:
            with answers.to("five hours: a letter in find", "keydown"):
                page.keyboard.press(letter)
        by.fill(new)
        replace = bar.get_by_role("button", name="Replace all")
        expect(replace).to_be_enabled()
        with answers.to("five hours: replace all, until it is saved", "click", f"{_NOT_FOUND} && {_SAVED}"):
            replace.click()
        old, new = new, old


def _correct_by_http(answers: Answers, api: str, recording: str, times: int) -> None:
    """One correction after the other as a program sends them, while no page is open."""
    path = f"/recordings/{recording}/transcript"
    with httpx.Client(base_url=api, timeout=60) as client:
        segments = client.get(path).raise_for_status().json()["segments"]
        for number, one in enumerate(random.Random(2).sample(segments, times)):
            operation = {"op": "edit_segment", "id": one["id"], "text": f"{one['text']} {number}"}
            begun = time.perf_counter()
            client.patch(path, json={"operations": [operation], "continues": True}).raise_for_status()
            answers.note("five hours: a correction saved, by HTTP", (time.perf_counter() - begun) * 1000)


def _first_loads(answers: Answers, browser: Browser, origin: str, times: int) -> float:
    """Open the library in browsers that have nothing; the bytes that come over the line for the app alone."""
    size = 0.0
    for _ in range(times):
        context = new_context(browser)
        page = context.new_page()
        page.add_init_script(_BENCH)
        size = _size(page, origin)
        answers.note("first load: to the list", page.evaluate("bench.list"))
        context.close()
    return size


def _size(page: Page, origin: str) -> float:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    data: set[str] = set()
    sizes: dict[str, float] = {}

    def hear(answer: dict[str, Any]) -> None:
        if "/api/" in answer["response"]["url"]:
            data.add(answer["requestId"])

    session.on("Network.responseReceived", hear)
    session.on(
        "Network.loadingFinished", lambda one: sizes.update({one["requestId"]: one["encodedDataLength"]})
    )
    page.goto(origin)
    expect(page.locator("a-recording-row a.title").first).to_be_visible()
    # Letters come last.
    page.evaluate("document.fonts.ready.then(() => undefined)")
    return sum(size for key, size in sizes.items() if key not in data)


def _scroll(page: Page, steps: int) -> None:
    page.mouse.move(600, 600)
    for _ in range(steps):
        page.mouse.wheel(0, 240)
        page.wait_for_timeout(30)


def _ms(time: float) -> str:
    return f"{time:.0f} ms"
