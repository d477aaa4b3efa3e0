"""The documentation as pages: built without a warning, read without the internet."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser import DESK, PHONE, axe

ROOT = Path(__file__).resolve().parents[2]
#: What a browser fetches by itself when it shows a page; a link is followed only by who clicks on it.
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source|audio|video)\b[^>]*?\bsrc=["']?([^"'\s>]+)"""
    r"""|<link\b[^>]*?\bhref=["']?([^"'\s>]+)|url\(["']?([^"')]+)|@import\s+["']([^"']+)""",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "site"
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr
    return folder


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Where the site can be read."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nothing: what the browser has to complain of, it says itself."""


def test_every_page_of_the_repository_is_a_page_of_the_site_and_in_its_navigation(site: Path) -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    for page in (ROOT / "docs").glob("*.md"):
        assert (site / page.name).with_suffix(".html").exists()
        assert navigation.count(f": {page.name}\n") == 1, f"mkdocs.yml: {page.name} stands there once"


def test_no_file_of_the_site_fetches_anything_from_another_host(site: Path) -> None:
    files = [file for file in site.rglob("*") if file.suffix in (".html", ".css", ".svg")]
    assert len(files) > 20
    for file in files:
        for found in FETCHED.finditer(file.read_text(encoding="utf-8")):
            address = next(filter(None, found.groups()))
            assert not re.match(r"(?:\w+:)?//", address), (file.name, found[0])


@pytest.mark.parametrize("size", [DESK, PHONE])
@pytest.mark.parametrize("dark", [False, True])
def test_pages_fit_can_be_used_by_everybody_and_ask_no_other_host(
    new_page: Callable[..., Page], address: str, site: Path, size: tuple[int, int], dark: bool
) -> None:
    page = new_page(size, dark=dark)
    for name in ("index", "settings", "design", "troubleshooting", "first-script", "commands"):
        page.goto(f"{address}/{name}.html")
        expect(page.locator("h1")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], name
        assert axe(page) == [], name


def test_a_word_is_found_by_the_search_of_the_site(page: Page, address: str) -> None:
    page.goto(f"{address}/index.html?q=AURICLE_LEASE")
    expect(page.locator(".md-search-result__link").first).to_be_visible()


def test_every_command_is_on_a_page_made_from_the_program(site: Path) -> None:
    commands = (site / "commands.html").read_text(encoding="utf-8")
    for command in ("transcribe", "serve", "worker", "keys create", "db migrate-from"):
        assert f'id="auricle-{command.replace(" ", "-")}"' in commands
    assert "--exit-when-idle" in commands
