"""`make screenshots`: every page at a desk and on a phone, light and dark, under out/screenshots/.

    python tools/screenshots.py [NAME ...]

A real server runs behind them, with recordings that the tests' tiny model has transcribed. Exits with 1
where a page does not come or complains of something; what there is of it is saved all the same.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from playwright.sync_api import Browser, Error, Page, sync_playwright  # noqa: E402 - as below

from auricle import logs  # noqa: E402 - as below
from auricle.accounts import people  # noqa: E402 - as below
from auricle.testing import silence, write_wav  # noqa: E402 - as below
from browser import DESK, PHONE, Complaints, at_rest, launch, new_context, shows  # noqa: E402 - found by the line above
from live_server import LiveServer, live_server  # noqa: E402 - as above
from visitors import add, admin, be, let_the_admin_in, link_for  # noqa: E402 - as above

FIXTURES = ROOT / "tests" / "fixtures"
OUTPUT = ROOT / "out" / "screenshots"
SIZES = {"desk": DESK, "phone": PHONE}
#: The longest picture, in windows.
_LONGEST = 4


class Shot(NamedTuple):
    """A page as the admin sees it, or somebody who is not signed in."""

    name: str
    path: str
    #: What can be read once it is there.
    shows: str
    #: What is done before the picture is taken.
    act: Callable[[Page], None] | None = None
    signed_in: bool = True


#: Paths name what `stock` made, in braces.
SHOTS = (
    Shot("library", "/", "Library"),
    Shot("add", "/add", "Add"),
    Shot("recording", "/recordings/{meeting}", "Recording"),
    Shot("recording-failed", "/recordings/{failed}", "Recording"),
    Shot("recording-silent", "/recordings/{silent}", "Recording"),
    Shot("trash", "/trash", "Trash"),
    Shot("account", "/account", "Account"),
    Shot("admin", "/admin", "Admin"),
    Shot("shortcuts", "/", "Library", lambda page: page.keyboard.press("?")),
    Shot("sign-in", "/sign-in", "Sign in", signed_in=False),
    Shot("setup", "/setup#{link}", "Set-up", signed_in=False),
    Shot("setup-link-spent", "/setup#made-up", "Set-up", signed_in=False),
    Shot("api", "/docs", "Store a recording and queue its job"),
    Shot("reference", "/redoc", "Store a recording and queue its job"),
)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    names = [shot.name for shot in SHOTS]
    arguments.add_argument("names", nargs="*", metavar="NAME", help=f"only these: {', '.join(names)}")
    wanted = arguments.parse_args().names
    if unknown := set(wanted) - set(names):
        sys.exit(f"There is no page named {', '.join(sorted(unknown))}: choose from {', '.join(names)}.")
    shots = [shot for shot in SHOTS if not wanted or shot.name in wanted]
    logs.configure("warning")
    OUTPUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="auricle-screenshots-") as folder:
        sys.exit(1 if take_all(shots, Path(folder)) else 0)


def take_all(shots: list[Shot], folder: Path) -> int:
    """Take every picture; returns how many pages did not come or complained."""
    failed = 0
    with (
        live_server(folder / "data", FIXTURES / "whisper-fixture-ct2", auth="on") as server,
        sync_playwright() as playwright,
        launch(playwright.chromium) as browser,
    ):
        made = stock(server, folder)
        for shot in shots:
            for size in SIZES:
                for dark in (False, True):
                    failed += not take(browser, server, shot, shot.path.format(**made), size, dark)
    print(f"In {OUTPUT.relative_to(ROOT)}/: {len(shots) * 2 * len(SIZES)} pictures.")
    return failed


def stock(server: LiveServer, folder: Path) -> dict[str, str]:
    """Fill a new server; returns what paths name: ids of recordings, and the token of a set-up link."""
    let_the_admin_in(server)
    with server.service.database.write() as session:
        people.rename(session, people.first_admin(session), "Anna Osei")
    ben = add(server, "Ben")
    server.client.post("/keys", json={"name": "Home server"}).raise_for_status()
    speech = FIXTURES / "speech"
    meeting = server.transcribed(speech / "meeting_en.flac", title="Board meeting, March", tags="board")
    server.transcribed(
        speech / "english_then_german.flac", title="Interview with K. Osei", tags="press,draft"
    )
    server.transcribed(speech / "two_channels.flac", title="Call")
    silent = server.transcribed(write_wav(folder / "silent.wav", silence(5)), title="Nobody there")
    thrown_away = server.transcribed(speech / "en_00.flac", title="Test, test")
    server.client.delete(f"/recordings/{thrown_away['id']}").raise_for_status()
    return {
        "meeting": meeting["id"],
        "silent": silent["id"],
        "failed": failed_recording(server, folder),
        "link": link_for(server, ben).rpartition("#")[2],
    }


def failed_recording(server: LiveServer, folder: Path) -> str:
    """A recording that seems to be one until it is read."""
    whole = (FIXTURES / "speech" / "en_01.flac").read_bytes()
    broken = folder / "broken.flac"
    broken.write_bytes(whole[:200] + bytes(len(whole) - 200))
    accepted = server.upload(broken, title="Dictation")
    server.wait(accepted["job"]["id"])
    recording: str = accepted["recording"]["id"]
    return recording


def take(browser: Browser, server: LiveServer, shot: Shot, path: str, size: str, dark: bool) -> bool:
    """Take one picture; whether its page came, and without a complaint."""
    name = f"{shot.name}-{size}-{'dark' if dark else 'light'}"
    with new_context(browser, SIZES[size], dark, reduced_motion="reduce") as context:
        complaints = Complaints()
        complaints.hear(context)
        page = context.new_page()
        if shot.signed_in:
            be(page, server, admin(server))
        try:
            page.goto(server.origin + path)
            shows(page, shot.shows)
            if shot.act:
                shot.act(page)
            complaints.check()
        except (AssertionError, Error) as problem:
            print(f"{name}: {problem}", file=sys.stderr)
            return False
        finally:
            save(page, OUTPUT / f"{name}.png")
    return True


def save(page: Page, file: Path) -> None:
    """Save a page as it looks at rest, to its end or to the longest picture."""
    at_rest(page)
    width, height, window = page.evaluate("[innerWidth, document.documentElement.scrollHeight, innerHeight]")
    clip = {"x": 0, "y": 0, "width": width, "height": min(height, _LONGEST * window)}
    page.screenshot(path=file, full_page=True, clip=clip)


if __name__ == "__main__":
    main()
