"""The pages that show the API, in a real browser."""

import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page

from auricle.server.api_pages import FILES
from auricle.server.ui import APP, STATIC
from browser import DESK, PHONE, overflow, shows
from live_server import LiveServer
from services import missing

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True, scope="module")
def _installed() -> None:
    if not all((STATIC / "docs" / name).exists() for name in FILES):
        missing("the pages that show the API", "npm, then make pages")


@pytest.mark.parametrize("page", ["docs", "redoc"])
def test_a_page_takes_everything_from_this_server_and_runs_no_inline_script(
    server: LiveServer, page: str
) -> None:
    answer = httpx.get(f"{server.origin}/{page}")
    assert answer.status_code == 200
    assert (
        "'unsafe-inline'"
        not in answer.headers["content-security-policy"].split("script-src")[1].split(";")[0]
    )
    addresses = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert len(addresses) >= 3
    for address in addresses:
        assert address.startswith("/"), address
        answered = httpx.get(f"{server.origin}{address}", follow_redirects=True)
        assert answered.status_code == 200, address
    assert not re.search(r"<script(?![^>]*\ssrc=)", answer.text)


@pytest.mark.parametrize(("address", "shown"), [("docs", "/api/v1/recordings"), ("redoc", "Auricle")])
@pytest.mark.parametrize("size", [DESK, PHONE])
@pytest.mark.parametrize("dark", [False, True])
def test_a_browser_shows_the_api_without_a_complaint(
    server: LiveServer,
    new_page: Callable[..., Page],
    address: str,
    shown: str,
    size: tuple[int, int],
    dark: bool,
) -> None:
    page = new_page(size, dark=dark)
    page.goto(f"{server.origin}/{address}")
    shows(page, "Store a recording and queue its job")
    shows(page, shown)
    assert overflow(page) == 0


def test_the_pages_are_part_of_what_is_installed(tmp_path: Path) -> None:
    build = "from hatchling.build import build_wheel; import sys; print(build_wheel(sys.argv[1]))"
    python = sys.executable
    done = subprocess.run(
        [python, "-c", build, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    names = zipfile.ZipFile(tmp_path / done.stdout.split()[-1]).namelist()
    for name in FILES:
        assert f"auricle/server/static/docs/{name}" in names
    assert {name.rpartition("/")[2] for name in names} >= {"page.html", "frame.css", "redoc.js"}
    assert "auricle/store/migrations/versions/0001_all_tables.py" in names
    if not (APP / "index.html").exists():
        missing("the web app", "npm, then make ui")
    assert "auricle/server/static/app/index.html" in names
