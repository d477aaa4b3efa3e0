"""Addresses that lead nowhere: people get the app, programs a problem."""

import httpx
import pytest

from auricle.server.ui import APP, FOR_PROGRAMS
from live_server import LiveServer
from services import missing

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture(autouse=True, scope="module")
def _built() -> None:
    if not (APP / "index.html").exists():
        missing("the web app", "npm, then make ui")


@pytest.mark.parametrize("path", ["/nowhere", "/recordings", "/admin/jobs/1", "/versions/1/2", "//"])
def test_a_browser_gets_the_app_which_says_that_there_is_nothing(server: LiveServer, path: str) -> None:
    answer = httpx.get(server.origin + path, headers=BROWSER)
    assert answer.status_code == 404
    assert "<a-root" in answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert "nonce-" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/nowhere", "/recordings"])
@pytest.mark.parametrize("accept", ["*/*", "application/json", "image/avif,image/webp,*/*"])
def test_a_program_gets_a_problem(server: LiveServer, path: str, accept: str) -> None:
    answer = httpx.get(server.origin + path, headers={"Accept": accept})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"


def test_what_is_no_visit_gets_a_problem(server: LiveServer) -> None:
    answer = httpx.post(f"{server.origin}/nowhere", headers=BROWSER)
    assert (answer.status_code, answer.json()["status"]) == (404, 404)


@pytest.mark.parametrize("place", sorted(FOR_PROGRAMS))
def test_the_app_stands_in_for_nothing_that_programs_ask_for(server: LiveServer, place: str) -> None:
    answer = httpx.get(f"{server.origin}/{place}/nowhere", headers=BROWSER)
    assert answer.status_code == 404
    assert "json" in answer.headers["content-type"]


def test_all_routes_lie_where_the_app_stands_in_for_nothing(server: LiveServer) -> None:
    paths = httpx.get(f"{server.origin}/openapi.json").json()["paths"]
    assert {path.split("/")[1] for path in paths} <= FOR_PROGRAMS
