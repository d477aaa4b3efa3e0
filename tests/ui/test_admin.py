"""The admin's pages about the installation, in a real browser: system, models, queues, jobs, settings."""

import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import update

from auricle.store.schema import Job, Task, Worker, now
from browser import Complaints, axe, fill, press, shows
from fake_hub import COMMIT, FakeHub
from live_server import LiveServer, live_server
from visitors import add, admin, enter, let_the_admin_in

TABS = ("system", "models", "queues", "jobs", "users", "usage", "settings", "audit")
REASON = "The worker was lost in each of 5 attempts."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[LiveServer]:
    """A server with accounts that has transcribed nothing yet."""
    with live_server(tmp_path_factory.mktemp("server"), tiny_model, auth="on") as running:
        let_the_admin_in(running)
        yield running


@pytest.fixture
def with_hub(tmp_path: Path, tiny_model: Path, hub: FakeHub) -> Iterator[LiveServer]:
    """A server with a model cache and a hub of its own, where nobody has to sign in."""
    with live_server(
        tmp_path, tiny_model, models_dir=tmp_path / "models", hf_endpoint=hub.address
    ) as running:
        yield running


@pytest.fixture
def idle(tmp_path: Path, tiny_model: Path) -> Iterator[LiveServer]:
    """A server on which nobody works, and where nobody has to sign in."""
    with live_server(tmp_path, tiny_model, gpu_workers=0, cpu_workers=0) as running:
        yield running


@pytest.fixture
def idle_for_many(tmp_path: Path, tiny_model: Path) -> Iterator[LiveServer]:
    """A server on which nobody works, and which asks everybody who they are."""
    with live_server(tmp_path, tiny_model, auth="on", gpu_workers=0, cpu_workers=0) as running:
        let_the_admin_in(running)
        yield running


@pytest.fixture
def with_secrets(tmp_path: Path, tiny_model: Path) -> Iterator[LiveServer]:
    secrets = {"hf_token": "hf_very_secret", "engine_url": "http://me:pass@example.com/v1"}
    with live_server(tmp_path, tiny_model, **secrets) as running:
        yield running


def row(page: Page, text: str) -> Locator:
    return page.get_by_role("listitem").filter(has_text=text)


def kill(server: LiveServer) -> None:
    """Let every job have given up."""
    error = {"code": "worker_lost", "message": REASON, "stage": "prepare"}
    with server.service.database.write() as session:
        session.execute(update(Task).values(state="dead", attempt=5, losses=5, error=error))
        session.execute(update(Job).values(state="dead", error=error, finished_at=now()))


def test_members_are_not_let_in(server: LiveServer, page: Page) -> None:
    enter(page, server, add(server, "Mia"), "/admin/settings")
    expect(page).to_have_url(f"{server.origin}/")
    expect(page.get_by_role("link", name="Admin")).to_have_count(0)


def test_the_system_says_how_it_is_and_what_it_runs_on(server: LiveServer, page: Page) -> None:
    enter(page, server, admin(server), "/admin/system")
    shows(page, "Everything works.")
    shows(page, "AURICLE_DEVICE is cpu.")
    shows(page, "SQLite, a file in the data folder")
    expect(page.get_by_role("meter", name="Disk")).to_have_attribute(
        "aria-valuetext", re.compile("of .* free")
    )
    expect(page.get_by_role("row", name=re.compile("The trash is emptied.*0 erased"))).to_be_visible()


def test_a_check_that_fails_says_what_to_do(idle: LiveServer, page: Page) -> None:
    page.goto(f"{idle.origin}/admin/system")
    shows(page, "It works, but not as it should.")
    check = row(page, "Nobody takes tasks: jobs wait.")
    expect(check).to_contain_text("Start one with: auricle worker")
    check.get_by_role("link", name="Queues and workers").click()
    shows(page, "There is no worker: jobs wait.")


def test_the_queues_are_shown_live_until_they_are_paused(idle: LiveServer, talk: Path, page: Page) -> None:
    page.goto(f"{idle.origin}/admin/queues")
    waiting = page.get_by_role("row", name=re.compile("^cpu")).get_by_role("cell").nth(1)
    expect(waiting).to_have_text("0")
    idle.upload(talk)
    expect(waiting).to_have_text("1")
    chart = page.get_by_role("img", name=re.compile("^Tasks waiting or worked on. .*cpu: 1 now"))
    expect(chart).to_be_visible()
    press(page, "Pause")
    shows(page, "Paused")
    idle.upload(talk, title="another")
    press(page, "Go on")
    expect(waiting).to_have_text("2")
    # What was seen is kept while another page is open.
    press(page, "Jobs")
    press(page, "Queues")
    expect(
        page.get_by_role("img", name=re.compile("cpu: 2 now; .* at least 0 and at most 2"))
    ).to_be_visible()


def test_a_worker_that_fell_silent_is_told(idle: LiveServer, page: Page) -> None:
    with idle.service.database.write() as session:
        seen = now() - timedelta(minutes=3)
        about = {"queues": ["cpu", "gpu"], "device": "cuda", "models": [], "memory": 1, "version": "1"}
        session.add(
            Worker(id="far:7", host="far", pid=7, draining=False, started_at=seen, seen_at=seen, **about)
        )
    page.goto(f"{idle.origin}/admin/queues")
    shows(page, "No worker has been heard of for 3 minutes: jobs wait.")
    expect(row(page, "far")).to_contain_text("not heard of")


def test_a_page_that_is_looked_at_asks_now_and_then_and_not_all_the_time(
    idle: LiveServer, talk: Path, page: Page
) -> None:
    idle.upload(talk, title="one")
    page.goto(f"{idle.origin}/admin/jobs")
    expect(page.get_by_role("list", name="Jobs")).to_contain_text("next in line")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(1500)
    assert len(asked) <= 4, asked


def test_jobs_that_gave_up_say_why_and_are_tried_again(idle: LiveServer, talk: Path, page: Page) -> None:
    for title in ("one", "two", "three"):
        idle.upload(talk, title=title)
    kill(idle)
    page.goto(f"{idle.origin}/admin/jobs")
    page.get_by_role("link", name=re.compile("gave up")).click()
    expect(page).to_have_url(re.compile("state=dead"))
    expect(page.get_by_role("button", name="Try again")).to_have_count(3)
    oldest = row(page, REASON).last
    expect(oldest).to_contain_text(REASON)
    expect(oldest).to_contain_text("After 5 attempts.")
    oldest.get_by_role("button", name="Details").click()
    task = page.get_by_role("row", name=re.compile("Reading the audio"))
    expect(task).to_contain_text("5 lost with their worker")
    assert axe(page) == []
    oldest.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("button", name="Try again")).to_have_count(2)
    expect(page.get_by_role("list", name="Jobs")).to_be_focused()
    press(page, "Try all 2 again")
    page.get_by_role("alertdialog").get_by_role("button", name="Try all 2 again").click()
    shows(page, "2 jobs wait again.")
    shows(page, "There is no such job.")


def test_jobs_are_those_of_a_person_and_tell_nothing_private(
    idle_for_many: LiveServer, talk: Path, page: Page
) -> None:
    idle_for_many.upload(talk, title="mine")
    anna = add(idle_for_many, "Anna")
    with idle_for_many.client_for(idle_for_many.key(anna.id)) as client:
        idle_for_many.upload(talk, client, title="Very private")
    enter(page, idle_for_many, admin(idle_for_many), "/admin/jobs")
    expect(page.get_by_role("button", name=re.compile("^Details"))).to_have_count(2)
    page.get_by_label("Whose jobs").select_option("Anna")
    expect(page.get_by_role("button", name=re.compile("^Details"))).to_have_count(1)
    page.get_by_role("button", name="Details of the job of Anna").click()
    expect(page.get_by_role("row", name=re.compile("Reading the audio"))).to_be_visible()
    assert "private" not in page.content()
    press(page, "Stop")
    page.get_by_role("alertdialog").get_by_role("button", name="Stop").click()
    shows(page, "The job of Anna stops.")
    expect(row(page, "Anna").first).to_contain_text("stopped")


def test_jobs_come_page_after_page(idle: LiveServer, talk: Path, page: Page) -> None:
    job = idle.upload(talk)["job"]["id"]
    with idle.service.database.write() as session:
        one = session.get_one(Job, job)
        kept = {column.key: getattr(one, column.key) for column in Job.__table__.columns}
        session.add_all(Job(**kept | {"id": f"00{n:022d}", "state": "done"}) for n in range(120))
    page.goto(f"{idle.origin}/admin/jobs")
    details = page.get_by_role("button", name=re.compile("^Details"))
    expect(details.nth(49)).to_be_attached()
    for _ in range(2):
        details.last.scroll_into_view_if_needed()
        page.mouse.wheel(0, 20_000)
    expect(details).to_have_count(121)
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)


def test_a_model_is_fetched_loaded_and_deleted(with_hub: LiveServer, page: Page) -> None:
    page.goto(f"{with_hub.origin}/admin/models")
    expect(row(page, "whisper-fixture-ct2")).to_contain_text("taken where nobody names one")
    press(page, "Fetch tiny")
    press(page, "Load tiny")
    shows(page, "tiny is in memory.")
    press(page, "Unload tiny")
    shows(page, "tiny is no longer in memory.")
    press(page, "Delete tiny")
    asked = page.get_by_role("alertdialog")
    expect(asked).to_contain_text("are freed")
    asked.get_by_role("button", name="Delete").click()
    shows(page, "tiny is deleted.")
    expect(page.get_by_role("button", name="Fetch tiny", exact=True)).to_be_visible()


def test_a_model_that_cannot_be_fetched_says_why(
    with_hub: LiveServer, page: Page, complaints: Complaints
) -> None:
    page.goto(f"{with_hub.origin}/admin/models")
    fill(page, "Another model", "nobody/nothing")
    page.get_by_label("Another model").press("Enter")
    expect(row(page, "nobody/nothing").get_by_role("alert")).to_contain_text("nobody/nothing")
    expect(page.get_by_role("button", name="Try again nobody/nothing")).to_be_visible()
    complaints.expect("400 /api/v1/admin/models/medum/fetch")
    fill(page, "Another model", "medum")
    page.get_by_label("Another model").press("Enter")
    shows(page, "Did you mean medium")
    expect(page.get_by_label("Another model")).to_have_value("medum")


def test_an_interrupted_download_goes_on(with_hub: LiveServer, hub: FakeHub, page: Page) -> None:
    repository = with_hub.settings.models_dir / "models--Systran--faster-whisper-tiny"
    shutil.copytree(with_hub.settings.model, repository / "snapshots" / COMMIT)
    (repository / "snapshots" / COMMIT / "model.bin").unlink()
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    page.goto(f"{with_hub.origin}/admin/models")
    expect(row(page, "fetched in part")).to_contain_text("tiny")
    press(page, "Go on tiny")
    expect(page.get_by_role("button", name="Load tiny", exact=True)).to_be_visible()


def test_settings_are_found_and_say_where_they_come_from(server: LiveServer, page: Page) -> None:
    enter(page, server, admin(server), "/admin/settings")
    shows(page, "AURICLE_TRASH_DAYS")
    page.get_by_label("Search settings").fill("rate limit")
    expect(page.get_by_role("status").filter(has_text=re.compile("^[0-9]+ setting"))).to_be_visible()
    setting = row(page, "AURICLE_RATE_LIMIT")
    expect(setting).to_contain_text("off")
    expect(setting).to_contain_text("from the command line")
    expect(page.get_by_text("AURICLE_TRASH_DAYS")).to_have_count(0)
    press(page, "Copy the line that sets AURICLE_RATE_LIMIT")
    shows(page, "Copied: AURICLE_RATE_LIMIT=off")
    page.get_by_label("Search settings").fill("")
    page.get_by_label("Only what differs from the default").check()
    expect(page.get_by_text("AURICLE_TRASH_DAYS")).to_have_count(0)
    expect(row(page, "AURICLE_MODEL").first).to_be_visible()
    page.reload()
    expect(page.get_by_label("Only what differs from the default")).to_be_checked()
    page.get_by_label("Search settings").fill("no such thing")
    shows(page, "No setting is like that.")


def test_secrets_are_never_shown(with_secrets: LiveServer, page: Page) -> None:
    page.goto(f"{with_secrets.origin}/admin/settings")
    expect(row(page, "AURICLE_HF_TOKEN").first).to_contain_text("set")
    press(page, "Copy the line that sets AURICLE_HF_TOKEN")
    shows(page, "Copied: AURICLE_HF_TOKEN=VALUE")
    assert "very_secret" not in page.content()
    assert "pass@" not in page.content()
