"""A real browser for tests: headless Chromium over its debugging pipe, with no library between.

https://chromedevtools.github.io/devtools-protocol/
"""

import contextlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from services import missing

#: How long (s) something may take to appear.
_PATIENCE = 30
_LABELLED = """
const label = [...document.querySelectorAll('label')].find(
  (one) => one.checkVisibility() && one.textContent.trim().replace(/\\s+/g, ' ').startsWith(name));
const field = label?.control ?? label?.querySelector('input');
"""
_PRESSED = """
[...document.querySelectorAll('button, a, summary')].filter(
  (one) => one.checkVisibility() && !one.disabled
    && (one.getAttribute('aria-label') ?? one.textContent).trim().replace(/\\s+/g, ' ') === name)[place]
"""


class BrowserError(AssertionError):
    """What the browser answered instead of doing it."""


class Browser:
    """Chromium as a process; every tab has cookies of its own."""

    def __init__(self, folder: Path) -> None:
        chromium = shutil.which("chromium")
        if chromium is None:
            missing("Chromium", "chromium")
        command = [
            chromium, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
            "--hide-scrollbars", "--force-color-profile=srgb", f"--user-data-dir={folder}",
        ]  # fmt: skip
        # The browser reads from descriptor 3 and writes to 4.
        self._process = subprocess.Popen(
            ["sh", "-c", 'exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null', *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input, self._output = self._process.stdout, self._process.stdin
        self._left = b""
        self._number = 0
        self._tabs: dict[str, Tab] = {}

    def tab(self, *, width: int = 1440, height: int = 900, dark: bool = False) -> "Tab":
        """A new tab of somebody who has never been here."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        tab = self._tabs[session] = Tab(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            tab.call(f"{domain}.enable")
        tab.resize(width, height)
        tab.call(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}],
        )
        return tab

    def call(self, method: str, session: str | None = None, **parameters: Any) -> Any:
        """Ask the browser for something and wait for the answer; what happens meanwhile goes to the tabs."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        self._output.write(json.dumps(message).encode() + b"\0")
        self._output.flush()
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            if answer.get("sessionId") in self._tabs:
                self._tabs[answer["sessionId"]].hear(answer["method"], answer["params"])

    def close(self) -> None:
        with contextlib.suppress(OSError, BrowserError):
            self.call("Browser.close")
        self._process.kill()
        self._process.wait(10)
        self._input.close()
        with contextlib.suppress(OSError):
            self._output.close()

    def _read(self) -> Any:
        while b"\0" not in self._left:
            piece = os.read(self._input.fileno(), 1 << 20)
            if not piece:
                raise BrowserError("the browser has ended")
            self._left += piece
        message, _, self._left = self._left.partition(b"\0")
        return json.loads(message)


class Tab:
    """One tab: what its user sees and does, and what the page complains of."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session
        #: Errors and warnings of the console, and whatever the content policy stopped.
        self.complaints: list[str] = []
        #: Requests that were answered with an error, as in `401 /api/v1/session`; not complaints of the page.
        self.refusals: list[str] = []

    def call(self, method: str, **parameters: Any) -> Any:
        return self._browser.call(method, self._session, **parameters)

    def hear(self, event: str, about: dict[str, Any]) -> None:
        if event == "Network.responseReceived" and about["response"]["status"] >= 400:
            address = about["response"]["url"].split("/", 3)[-1]
            self.refusals.append(f"{about['response']['status']} /{address}")
        elif event == "Log.entryAdded" and about["entry"]["source"] != "network":
            self.complaints.append(about["entry"]["text"])
        elif event == "Runtime.exceptionThrown":
            self.complaints.append(str(about["exceptionDetails"]))
        elif event == "Runtime.consoleAPICalled" and about["type"] in ("error", "warning", "assert"):
            self.complaints.append(str([one.get("value") for one in about["args"]]))

    def open(self, address: str) -> None:
        """Go to an address and wait until its page is there."""
        mark = f"was-{time.monotonic_ns()}"
        self.evaluate(f"document.documentElement.id = '{mark}'")
        answer = self.call("Page.navigate", url=address)
        assert not answer.get("errorText"), f"{address}: {answer['errorText']}"
        # Without a loader only what is behind the # has changed.
        changed = f"document.documentElement.id !== '{mark}'" if "loaderId" in answer else "true"
        self.until(f"document.readyState === 'complete' && {changed}")

    def resize(self, width: int, height: int = 900) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def evaluate(self, script: str) -> Any:
        """The value of an expression in the page; promises are waited for."""
        answer = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            raise BrowserError(answer["exceptionDetails"].get("exception", {}).get("description", script))
        return answer["result"].get("value")

    def until(self, script: str) -> Any:
        """The value of an expression once it is true, in whichever page is shown by then."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            # A page that is being left answers with an error.
            with contextlib.suppress(BrowserError):
                if value := self.evaluate(script):
                    return value
            time.sleep(0.05)
        raise AssertionError(f"{script} did not become true at {self.path}:\n{self.text}")

    def until_ready(self, script: str) -> None:
        """Wait until a function's body says true in a page whose scripts have run, and so takes input."""
        self.until(f"document.readyState === 'complete' && (() => {{ {script} }})()")

    def shows(self, text: str) -> None:
        """Wait until this text can be read."""
        self.until(f"document.body.innerText.replace(/\\s+/g, ' ').includes({json.dumps(text)})")

    def arrives(self, path: str) -> None:
        """Wait until the page of this path is there."""
        self.until(f"location.pathname === {json.dumps(path)} && document.readyState === 'complete'")

    def fill(self, label: str, text: str) -> None:
        """Type into the field with this label, in place of what is there."""
        given = f"const name = {json.dumps(label)}; {_LABELLED}"
        self.until_ready(f"{given} field?.focus(); field?.select(); return Boolean(field)")
        self.call("Input.insertText", text=text)

    def tick(self, label: str) -> None:
        """Click the box with this label."""
        given = f"const name = {json.dumps(label)}; {_LABELLED}"
        self.until_ready(f"{given} field?.click(); return Boolean(field)")

    def press(self, name: str, place: int = 0) -> None:
        """Click the button or link of this name, the `place`th from the top."""
        given = f"const name = {json.dumps(name)}; const place = {place};"
        self.until_ready(f"{given} return Boolean({_PRESSED.strip()})")
        self.evaluate(f"(() => {{ {given} {_PRESSED.strip()}.click() }})()")

    def key(self, key: str) -> None:
        """Press a key such as Tab or Enter."""
        code = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32}[key]
        about = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        text = {"Enter": "\r", " ": " "}.get(key)
        self.call("Input.dispatchKeyEvent", type="keyDown", **about, **({"text": text} if text else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    @property
    def text(self) -> str:
        """What can be read on the page."""
        text: str = self.evaluate("document.body.innerText")
        return text

    @property
    def path(self) -> str:
        """Where the tab is, without its origin."""
        path: str = self.evaluate("location.pathname + location.search + location.hash")
        return path

    @property
    def cookies(self) -> dict[str, dict[str, Any]]:
        """The cookies of the page's site, by name."""
        return {one["name"]: one for one in self.call("Network.getCookies")["cookies"]}

    def set_cookie(self, address: str, name: str, value: str) -> None:
        answer = self.call("Network.setCookie", url=address, name=name, value=value, path="/")
        assert answer["success"], name


@contextlib.contextmanager
def browser_in(folder: Path) -> Iterator[Browser]:
    """A browser with a profile in this folder."""
    browser = Browser(folder)
    try:
        yield browser
    finally:
        browser.close()
