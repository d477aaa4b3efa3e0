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
from auricle.accounts import people, sessions  # noqa: E402 - as below
from auricle.server.deps import PLAIN_COOKIE  # noqa: E402 - as below
from auricle.testing import silence, write_wav  # noqa: E402 - as below
from browser import DESK, PHONE, Complaints, at_rest, launch, new_context, shows  # noqa: E402 - found by the line above
from live_server import LiveServer, live_server  # noqa: E402 - as above
from visitors import add, let_the_admin_in, link_for  # noqa: E402 - as above

FIXTURES = ROOT / "tests" / "fixtures"
OUTPUT = ROOT / "out" / "screenshots"
SIZES = {"desk": DESK, "phone": PHONE}
#: The longest picture, in windows.
_LONGEST = 4
#: Who speaks in the meeting, and how many sentences at a time.
ROUND = [("Anna Osei", 4), ("Ben", 2), ("Maria Lund", 3), ("Ben", 1)]
_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Shot(NamedTuple):
    """A page as the admin sees it, or somebody who is not signed in."""

    name: str
    path: str
    #: What can be read once it is there.
    shows: str
    #: What is done before the picture is taken.
    act: Callable[[Page], None] | None = None
    signed_in: bool = True
    #: Complaints that belong to the page.
    allows: tuple[str, ...] = ()


def ask_for_keys(page: Page) -> None:
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()


def ask_for_an_export(page: Page) -> None:
    page.keyboard.press("x")
    page.get_by_role("dialog").get_by_text("write the budget").wait_for()


#: Paths name what `stock` made, in braces.
SHOTS = (
    Shot("library", "/", "Board meeting, March"),
    Shot("library-search", "/?q=budget", "budget"),
    Shot("add", "/add", "Drop recordings here"),
    Shot("recording", "/recordings/{meeting}?t=42", "write the budget"),
    Shot("recording-export", "/recordings/{meeting}", "write the budget", ask_for_an_export),
    Shot(
        "recording-review", "/recordings/{meeting}", "write the budget", lambda page: page.keyboard.press("r")
    ),
    Shot("recording-failed", "/recordings/{failed}", "minutes of audio"),
    Shot("recording-silent", "/recordings/{silent}", "Nobody there"),
    Shot("recording-stored", "/recordings/{stored}", "Not transcribed yet"),
    Shot("trash", "/trash", "Test, test"),
    Shot("account", "/account", "Home server"),
    Shot("admin-system", "/admin/system", "Everything works."),
    Shot("admin-models", "/admin/models", "whisper-fixture"),
    Shot("admin-queues", "/admin/queues", "process "),
    Shot("admin-jobs", "/admin/jobs", "Anna Osei"),
    Shot("admin-users", "/admin/users", "Ben"),
    Shot("admin-usage", "/admin/usage", "Anna Osei"),
    Shot("admin-settings", "/admin/settings", "AURICLE_"),
    Shot("admin-audit", "/admin/audit", "Ben"),
    Shot("keys", "/", "Board meeting, March", ask_for_keys),
    Shot("sign-in", "/sign-in", "Sign in", signed_in=False, allows=("401 /api/v1/session",)),
    Shot("setup", "/setup#{link}", "Welcome, Ben", signed_in=False),
    Shot(
        "setup-spent", "/setup#spent", "no longer valid", signed_in=False, allows=("404 /api/v1/setup/look",)
    ),
    Shot("lost", "/admin/nowhere", "There is nothing here"),
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
                    failed += not take(browser, server.origin, made, shot, size, dark)
    print(f"In {OUTPUT.relative_to(ROOT)}/: {len(shots) * 2 * len(SIZES)} pictures.")
    return failed


def stock(server: LiveServer, folder: Path) -> dict[str, str]:
    """Fill a new server; returns ids and tokens by what paths call them, and the admin's session."""
    let_the_admin_in(server)
    with server.service.database.write() as session:
        anna = people.first_admin(session)
        people.rename(session, anna, "Anna Osei", None)
        token, _ = sessions.begin_session(session, anna, agent=_AGENT, address="192.0.2.7", days=1)
    ben = add(server, "Ben")
    server.client.post("/keys", json={"name": "Home server"}).raise_for_status()
    speech = FIXTURES / "speech"
    # While its owner's day is new: an upload is refused once the minutes are used up, a job fails by them.
    failed = failed_recording(server)
    meeting = server.transcribed(speech / "meeting_en.flac", title="Board meeting, March", tags="board")
    name_speakers(server, meeting["id"])
    server.transcribed(
        speech / "english_then_german.flac", title="Interview with K. Osei", tags="press,draft"
    )
    server.transcribed(speech / "two_channels.flac", title="Call")
    silent = server.transcribed(write_wav(folder / "silent.wav", silence(5)), title="Nobody there")
    stored = server.upload(speech / "en_02.flac", title="For later", transcribe="false")["recording"]
    thrown_away = server.transcribed(speech / "en_00.flac", title="Test, test")
    server.client.delete(f"/recordings/{thrown_away['id']}").raise_for_status()
    return {
        "session": token,
        "meeting": meeting["id"],
        "silent": silent["id"],
        "stored": stored["id"],
        "failed": failed,
        "link": link_for(server, ben).rpartition("#")[2],
    }


def name_speakers(server: LiveServer, recording: str) -> None:
    """Say who speaks: some sentences of one person, then some of another."""
    path = f"/recordings/{recording}/transcript"
    segments = server.client.get(path).raise_for_status().json()["segments"]
    speakers = [name for name, sentences in ROUND * len(segments) for _ in range(sentences)]
    operations = [
        {"op": "edit_segment", "id": segment["id"], "speaker": speaker}
        for segment, speaker in zip(segments, speakers, strict=False)
    ]
    server.client.patch(path, json={"operations": operations}).raise_for_status()


def failed_recording(server: LiveServer) -> str:
    """A recording of more minutes than its owner may have transcribed in a day."""
    server.client.patch("/users/local", json={"quota_minutes": 0.5}).raise_for_status()
    accepted = server.upload(FIXTURES / "speech" / "long_en.flac", title="Dictation")
    job = server.wait(accepted["job"]["id"])
    assert job["state"] == "failed", job
    server.client.patch("/users/local", json={"quota_minutes": None}).raise_for_status()
    recording: str = accepted["recording"]["id"]
    return recording


def take(browser: Browser, origin: str, made: dict[str, str], shot: Shot, size: str, dark: bool) -> bool:
    """Take one picture; whether its page came, and without a complaint."""
    name = f"{shot.name}-{size}-{'dark' if dark else 'light'}"
    with new_context(browser, SIZES[size], dark, reduced_motion="reduce") as context:
        complaints = Complaints()
        complaints.hear(context)
        complaints.allow(*shot.allows)
        page = context.new_page()
        if shot.signed_in:
            context.add_cookies([{"name": PLAIN_COOKIE, "value": made["session"], "url": origin}])
        try:
            page.goto(origin + shot.path.format(**made))
            shows(page, shot.shows)
            if shot.act:
                shot.act(page)
            complaints.check()
        except (AssertionError, Error) as problem:
            print(f"{name}: {str(problem).partition('Call log:')[0].strip()}", file=sys.stderr)
            return False
        finally:
            save(page, OUTPUT / f"{name}.png", SIZES[size])
    return True


#: How much the part of the page that scrolls furthest does not show (CSS pixels).
_HIDDEN = """() => Math.max(...[document.scrollingElement, ...document.querySelectorAll("body *")]
  .filter((one) => one === document.scrollingElement || /auto|scroll/.test(getComputedStyle(one).overflowY))
  .map((one) => one.scrollHeight - one.clientHeight))"""


def save(page: Page, file: Path, size: tuple[int, int]) -> None:
    """Save a page as it looks at rest, in a window high enough for all of it or for the longest picture."""
    at_rest(page)
    width, height = size
    page.set_viewport_size(
        {"width": width, "height": min(height + page.evaluate(_HIDDEN), _LONGEST * height)}
    )
    at_rest(page)
    page.screenshot(path=file)


if __name__ == "__main__":
    main()
