"""Adding recordings in a real browser: dropped, chosen or pasted, on good lines and bad."""

import itertools
import re
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, Response, expect

from auricle.testing import say, silence, write_wav
from browser import DESK, PHONE, Complaints, axe, fill, overflow, press, shows
from live_server import LiveServer, live_server
from visitors import PASSWORD, admin, enter, let_the_admin_in

SENTENCES = itertools.permutations(["alpha", "bravo", "charlie", "delta"])
#: The server cuts files into parts of this size.
PART = 4 << 20
DROP = """(name) => {
  const data = new DataTransfer();
  data.items.add(new File(["no sound at all"], name));
  document.body.dispatchEvent(new DragEvent("dragenter", { dataTransfer: data, bubbles: true }));
  return data;
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("server"), tiny_model) as running:
        yield running


@pytest.fixture
def add_page(server: LiveServer, page: Page) -> Page:
    page.goto(f"{server.origin}/add")
    shows(page, "Up to 10 GB and 12 hours each.")
    return page


@pytest.fixture(scope="module")
def meeting(speech: Path) -> Path:
    """A short recording of words the tiny model knows."""
    return min(speech.glob("*.flac"), key=lambda file: file.stat().st_size)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Silence that is sent in three parts."""
    path = tmp_path_factory.mktemp("large") / "large.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(96_000)
        file.writeframes(bytes(2 * PART + PART // 4))
    return path


@pytest.fixture
def fresh(tmp_path: Path) -> Callable[[str], Path]:
    """Recordings that no other test has sent."""
    return lambda name: write_wav(tmp_path / name, say(" ".join(next(SENTENCES))))


class Parts:
    """The parts that the server has taken from a page."""

    def __init__(self, page: Page) -> None:
        self.taken: list[int] = []
        self._page = page
        page.on("response", self._hear)

    def wait_for(self, *numbers: int) -> None:
        """What the page says it has sent may still be on its way."""
        while not set(numbers) <= set(self.taken):
            self._page.wait_for_timeout(50)

    def _hear(self, response: Response) -> None:
        found = re.search(r"/parts/(\d+)$", response.url)
        if found and response.ok:
            self.taken.append(int(found[1]))


def choose(page: Page, *files: Path) -> None:
    page.set_input_files("#files", files)


def hold_back(page: Page, address: str) -> None:
    """What is sent there arrives nowhere, and nothing answers."""
    page.route(address, lambda _: None)


def row(page: Page, name: str) -> Locator:
    return page.locator("a-upload-row").filter(has_text=name)


def job_of(server: LiveServer, page: Page, name: str) -> dict[str, Any]:
    """The job of a recording that was added, once it has ended."""
    link = row(page, name).get_by_role("link").first
    recording_id = (link.get_attribute("href") or "").rsplit("/", 1)[-1]
    recording = server.client.get(f"/recordings/{recording_id}").json()
    return server.wait(recording["job_id"])


def test_a_chosen_recording_becomes_a_transcript(server: LiveServer, add_page: Page, meeting: Path) -> None:
    choose(add_page, meeting)
    expect(row(add_page, meeting.stem)).to_contain_text("done")
    job = job_of(server, add_page, meeting.stem)
    assert server.client.get(f"/jobs/{job['id']}/transcript").status_code == 200


def test_what_cannot_be_used_says_why_and_the_rest_goes_on(
    server: LiveServer,
    add_page: Page,
    complaints: Complaints,
    tmp_path: Path,
    fresh: Callable[[str], Path],
) -> None:
    complaints.expect("422 /api/v1/recordings")
    text, empty = tmp_path / "notes.mp3", tmp_path / "empty.wav"
    text.write_text("These are notes and no sound.")
    empty.touch()
    choose(add_page, text, empty, fresh("good.wav"))
    expect(row(add_page, "empty.wav")).to_contain_text("This file is empty (0 bytes).")
    expect(row(add_page, "empty.wav").get_by_role("button", name="Try again")).to_have_count(0)
    expect(row(add_page, "good")).to_contain_text("done")
    expect(row(add_page, "notes.mp3").locator(".fault")).not_to_be_empty()
    row(add_page, "notes.mp3").get_by_role("button", name="Try again").click()
    expect(row(add_page, "notes.mp3").locator(".fault")).not_to_be_empty()
    assert axe(add_page) == []
    row(add_page, "notes.mp3").get_by_role("button", name="Remove").click()
    expect(row(add_page, "notes.mp3")).to_have_count(0)
    expect(add_page.get_by_role("heading", name="Added")).to_be_focused()


def test_a_file_over_the_limit_is_refused_before_it_is_sent(
    tmp_path: Path, tiny_model: Path, page: Page, meeting: Path
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    with live_server(tmp_path / "server", tiny_model, max_upload=1000) as server:
        page.goto(f"{server.origin}/add")
        shows(page, "Up to 1 kB")
        choose(page, meeting)
        expect(row(page, meeting.name)).to_contain_text("at most 1 kB are allowed here")
        page.close()
    assert not any(one.startswith(("POST", "PUT")) for one in asked)


def test_a_lost_connection_pauses_a_large_file_and_it_goes_on_by_itself(
    add_page: Page, complaints: Complaints, large: Path
) -> None:
    complaints.expect("net::ERR_CONNECTION_RESET")
    parts = Parts(add_page)
    add_page.route("**/parts/3", lambda route: route.abort("connectionreset"))
    choose(add_page, large)
    expect(row(add_page, large.name)).to_contain_text("The connection is lost.")
    add_page.unroute("**/parts/3")
    expect(row(add_page, large.stem).get_by_role("link").first).to_be_visible()
    # The answer to a part that was on its way may have been lost, but the server had it.
    assert {1, 3} <= set(parts.taken)
    assert len(parts.taken) == len(set(parts.taken)), "no part is sent twice"


def test_a_large_file_is_paused_and_goes_on_where_it_was(
    add_page: Page, complaints: Complaints, large: Path
) -> None:
    complaints.allow("net::ERR_ABORTED")
    parts = Parts(add_page)
    hold_back(add_page, "**/parts/3")
    choose(add_page, large)
    expect(row(add_page, large.name)).to_contain_text("8.4 MB of 9.4 MB")
    parts.wait_for(1, 2)
    add_page.get_by_role("button", name=f"Pause: {large.name}").click()
    expect(row(add_page, large.name)).to_contain_text("Paused at 8.4 MB of 9.4 MB")
    add_page.unroute("**/parts/3")
    add_page.get_by_role("button", name=f"Go on: {large.name}").click()
    expect(row(add_page, large.stem).get_by_role("link").first).to_be_visible()
    assert sorted(parts.taken) == [1, 2, 3]


def test_a_pause_does_not_count_what_the_server_does_not_keep(
    add_page: Page, complaints: Complaints, tmp_path: Path
) -> None:
    complaints.allow("net::ERR_ABORTED")
    line = add_page.context.new_cdp_session(add_page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 1_000_000}
    line.send("Network.emulateNetworkConditions", slow)
    choose(add_page, write_wav(tmp_path / "small.wav", silence(120)))
    expect(row(add_page, "small.wav")).to_contain_text(re.compile(r"[1-3]\.\d MB of 3.8 MB"))
    add_page.get_by_role("button", name="Pause: small.wav").click()
    expect(row(add_page, "small.wav")).to_contain_text("Paused at 0 B of 3.8 MB")
    line.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    add_page.get_by_role("button", name="Go on: small.wav").click()
    expect(row(add_page, "small").get_by_role("link")).to_be_visible()


def test_after_a_reload_a_large_file_goes_on_when_it_is_chosen_again(
    server: LiveServer, add_page: Page, large: Path, meeting: Path
) -> None:
    parts = Parts(add_page)
    add_page.on("dialog", lambda dialog: dialog.accept())
    hold_back(add_page, "**/parts/3")
    choose(add_page, large)
    expect(row(add_page, large.name)).to_contain_text("8.4 MB of")
    parts.wait_for(1, 2)
    add_page.reload()
    expect(row(add_page, large.name)).to_contain_text("Choose the same file again")
    assert axe(add_page) == []
    other = row(add_page, large.name).locator("input[type=file]")
    other.set_input_files(meeting)
    shows(add_page, f"That is another file. Choose {large.name}")
    add_page.unroute("**/parts/3")
    other.set_input_files(large)
    expect(row(add_page, large.stem).get_by_role("link").first).to_be_visible()
    assert sorted(parts.taken) == [1, 2, 3]
    add_page.reload()
    shows(add_page, "What you add appears here")


def test_giving_up_a_large_file_asks_and_deletes_it_on_the_server(
    server: LiveServer, add_page: Page, complaints: Complaints, large: Path
) -> None:
    complaints.allow("net::ERR_ABORTED")
    hold_back(add_page, "**/parts/3")
    with add_page.expect_response("**/parts/1") as sent:
        choose(add_page, large)
    upload_id = sent.value.url.split("/uploads/")[1].split("/")[0]
    add_page.get_by_role("button", name=f"Cancel: {large.name}").click()
    shows(add_page, f"Stop sending {large.name}?")
    assert axe(add_page) == []
    with add_page.expect_response(lambda answer: answer.request.method == "DELETE"):
        press(add_page, "Stop and delete")
    expect(row(add_page, large.name)).to_have_count(0)
    assert server.client.get(f"/uploads/{upload_id}").status_code == 404


def test_the_same_file_again_offers_what_is_there(
    server: LiveServer, add_page: Page, fresh: Callable[[str], Path]
) -> None:
    file = fresh("twice.wav")
    choose(add_page, file)
    expect(row(add_page, "twice")).to_contain_text("done")
    press(add_page, "Clear what is done")
    choose(add_page, file)
    expect(row(add_page, "twice")).to_contain_text("You have this already: twice")
    assert len(server.client.get("/recordings", params={"title": "twice"}).json()["items"]) == 1
    press(add_page, "Library")
    expect(add_page.get_by_role("region", name="In progress")).to_contain_text("1 file was here already")
    assert axe(add_page) == []
    press(add_page, "Transcribe again")
    add_page.get_by_role("navigation", name="Main").get_by_role("link", name="Add").click()
    expect(row(add_page, "twice")).to_contain_text("done")
    jobs = server.client.get(
        "/jobs", params={"recording_id": job_of(server, add_page, "twice")["recording_id"]}
    )
    assert len(jobs.json()["items"]) == 2


def test_a_file_that_is_there_under_another_title_keeps_its_name_in_the_list(
    server: LiveServer, add_page: Page, fresh: Callable[[str], Path]
) -> None:
    first = fresh("board.wav")
    older = server.upload(first, title="Board meeting", transcribe="false")["recording"]["id"]
    choose(add_page, first.rename(first.with_name("copy-of-board.wav")))
    mine = row(add_page, "copy-of-board.wav")
    expect(mine).to_contain_text("You have this already: Board meeting")
    expect(mine.get_by_role("link", name="Board meeting")).to_have_attribute("href", f"/recordings/{older}")
    expect(mine.get_by_role("button", name="Remove from the list: copy-of-board.wav")).to_be_visible()


def test_options_reach_the_job_and_are_remembered(
    server: LiveServer, add_page: Page, fresh: Callable[[str], Path]
) -> None:
    language = add_page.get_by_label("Language spoken")
    language.fill("germ")
    expect(add_page.locator("mat-option")).to_have_count(1)
    language.press("Enter")
    expect(language).to_have_value("German")
    fill(add_page, "Names and terms", "Osei, Nairobi")
    fill(add_page, "Title", "A talk")
    fill(add_page, "Tags", "board, march ,board")
    add_page.get_by_text("More options").click()
    add_page.get_by_label("Skip silence").uncheck()
    choose(add_page, fresh("talk.wav"))
    expect(row(add_page, "A talk").get_by_role("link")).to_be_visible()
    job = job_of(server, add_page, "A talk")
    asked = {"language": "de", "hotwords": "Osei, Nairobi", "vad": False}
    assert {name: value for name, value in job["options"].items() if name not in ("engine", "model")} == asked
    recording = server.client.get(f"/recordings/{job['recording_id']}").json()
    assert recording["tags"] == ["board", "march"]
    expect(add_page.get_by_label("Title")).to_have_value("")

    add_page.reload()
    expect(add_page.get_by_label("Language spoken")).to_have_value("German")
    expect(add_page.get_by_label("Tags")).to_have_value("")
    press(add_page, "Back to defaults")
    expect(add_page.get_by_label("Language spoken")).to_have_value("Find out by itself")
    expect(add_page.get_by_label("Names and terms")).to_have_value("")


def test_what_an_engine_cannot_do_is_disabled_with_the_reason(add_page: Page) -> None:
    expect(add_page.get_by_label("Speakers", exact=True)).to_be_disabled()
    shows(add_page, "This installation cannot tell speakers apart.")
    add_page.get_by_text("More options").click()
    add_page.get_by_label("Engine").select_option("pocketsphinx")
    for name in ("Names and terms", "Translate to English", "Model", "Several languages"):
        expect(add_page.get_by_label(name)).to_be_disabled()
    expect(add_page.get_by_label("Translate to English")).to_have_accessible_description(
        "pocketsphinx cannot do this."
    )
    add_page.get_by_label("Language spoken").fill("german")
    shows(add_page, "No language of this name.")


def test_a_folder_gives_its_recordings_and_passes_over_the_rest(
    add_page: Page, tmp_path: Path, fresh: Callable[[str], Path]
) -> None:
    folder = tmp_path / "interviews"
    (folder / "deep").mkdir(parents=True)
    fresh("one.wav").rename(folder / "deep" / "one.wav")
    (folder / "notes.txt").write_text("no sound")
    (folder / ".hidden.wav").write_text("no sound")
    add_page.set_input_files("#folder", folder)
    expect(row(add_page, "one")).to_contain_text("done")
    shows(add_page, "2 files in the folder are no recordings and were passed over.")


def test_files_are_dropped_on_any_page(server: LiveServer, page: Page, complaints: Complaints) -> None:
    complaints.expect("422 /api/v1/recordings")
    page.goto(server.origin)
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    data = page.evaluate_handle(DROP, "<img src=x onerror=alert(1)>.mp3")
    shows(page, "Drop to add")
    page.dispatch_event("body", "drop", {"dataTransfer": data})
    tray = page.get_by_role("region", name="In progress")
    expect(tray).to_contain_text("<img src=x onerror=alert(1)>.mp3")
    expect(tray).to_contain_text("1 file not sent")
    assert axe(page) == []


def test_pasted_files_are_added_except_into_a_field(
    add_page: Page, complaints: Complaints, tmp_path: Path
) -> None:
    complaints.expect("422 /api/v1/recordings")
    paste = """(target) => {
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File(["no sound at all"], "pasted.mp3"));
      document.querySelector(target).dispatchEvent(
        new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    }"""
    add_page.evaluate(paste, "#wish-title")
    shows(add_page, "What you add appears here")
    add_page.evaluate(paste, "body")
    expect(row(add_page, "pasted.mp3").locator(".fault")).not_to_be_empty()


def test_the_tray_follows_jobs_on_other_pages_and_says_when_they_are_ready(
    server: LiveServer, page: Page, tmp_path: Path
) -> None:
    # Three minutes: a job that is begun and ended between two looks of the server is never in progress.
    long = np.tile(say(" ".join(next(SENTENCES))), 90)
    with page.expect_response(lambda answer: urlsplit(answer.url).path == "/api/v1/events"):
        page.goto(server.origin)
    accepted = server.upload(write_wav(tmp_path / "elsewhere.wav", long), title="From elsewhere")
    tray = page.get_by_role("region", name="In progress")
    expect(tray.get_by_role("link", name="From elsewhere")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="From elsewhere is ready.")).to_have_count(1)
    assert axe(page) == []
    tray.get_by_role("button", name="Fold").click()
    expect(tray.get_by_role("link")).to_have_count(0)
    tray.get_by_role("button", name="Show").click()
    link = tray.get_by_role("link", name="From elsewhere")
    expect(link).to_have_attribute("href", f"/recordings/{accepted['recording']['id']}")


def test_a_session_that_is_over_is_asked_for_and_the_file_arrives(
    tmp_path: Path, tiny_model: Path, page: Page, complaints: Complaints, fresh: Callable[[str], Path]
) -> None:
    complaints.expect("401 /api/v1/recordings")
    complaints.allow("401 *")
    with live_server(tmp_path / "server", tiny_model, auth="on") as server:
        let_the_admin_in(server)
        enter(page, server, admin(server), "/add")
        shows(page, "Up to 10 GB and 12 hours each.")
        page.context.clear_cookies()
        choose(page, fresh("late.wav"))
        shows(page, "Your session is over")
        fill(page, "Password", PASSWORD)
        press(page, "Sign in")
        expect(row(page, "late").get_by_role("link")).to_be_visible()
        page.close()


@pytest.mark.parametrize("size", [DESK, PHONE])
@pytest.mark.parametrize("dark", [False, True])
def test_everybody_can_use_the_page(
    server: LiveServer, new_page: Callable[..., Page], meeting: Path, size: tuple[int, int], dark: bool
) -> None:
    page = new_page(size, dark=dark)
    page.goto(f"{server.origin}/add")
    shows(page, "Up to 10 GB and 12 hours each.")
    if size == PHONE:
        press(page, "Options")
    page.get_by_text("More options").click()
    choose(page, meeting)
    expect(row(page, meeting.stem).get_by_role("link").first).to_be_visible()
    assert axe(page) == []
    assert overflow(page) == 0
    page.get_by_label("Language spoken").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("mat-option").first).to_be_visible()
    assert axe(page) == []
