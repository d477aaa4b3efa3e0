"""The API as a whole: what its document promises holds for any request, and everything in it is explained."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from live_server import LiveServer, live_server

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def any_server(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Any:
    folder = tmp_path_factory.mktemp("any")
    with live_server(folder, tiny_model, offline=True, models_dir=folder / "models") as server:
        yield server


def test_no_request_whatever_ends_in_a_fault_of_ours(any_server: LiveServer) -> None:
    # Streams without an end are tested in test_events.
    document = schemathesis.openapi.from_url(f"{any_server.origin}/openapi.json").exclude(
        path_regex="/events$"
    )
    tried = 0
    for found in document.get_all_operations():
        operation = found.ok()
        tried += 1

        @given(case=operation.as_strategy())
        @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        def check(case: schemathesis.Case) -> None:
            response = case.call(base_url=any_server.origin)
            assert response.status_code not in (500, 501, 502), (
                case.method,
                case.path,
                case.body,
                response.content,
            )
            assert b"Traceback" not in response.content

        check()
    assert tried > 50


def test_every_route_and_parameter_is_explained(any_server: LiveServer) -> None:
    routes = any_server.app.openapi()["paths"]
    unexplained = [
        f"{method} {path}"
        for path, methods in routes.items()
        for method, route in methods.items()
        if not route.get("description") or not route.get("tags")
    ]
    assert unexplained == []


def test_every_route_is_in_the_documentation() -> None:
    done = subprocess.run(
        [sys.executable, "tools/api_page.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
