"""The API as a whole: what its document promises holds for any request, and everything in it is explained."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import openapi_spec_validator
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from live_server import LiveServer, live_server

ROOT = Path(__file__).resolve().parents[2]
#: What the document says of every answer: status, media type, headers, and what is in it.
_PROMISES = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


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
            case.validate_response(response, checks=_PROMISES)

        check()
    assert tried > 50


def test_the_document_is_what_tools_for_its_version_of_openapi_take(any_server: LiveServer) -> None:
    document = any_server.client.get(f"{any_server.origin}/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    openapi_spec_validator.validate(document)


def test_every_answer_says_what_it_is(any_server: LiveServer) -> None:
    silent = [
        f"{method} {path} {status}"
        for path, methods in any_server.app.openapi()["paths"].items()
        for method, route in methods.items()
        for status, answer in route["responses"].items()
        if status not in ("204", "304", "307", "416")
        and not all("schema" in one for one in answer.get("content", {"": {}}).values())
    ]
    assert silent == []


def test_functions_of_a_client_made_from_the_document_have_short_names(any_server: LiveServer) -> None:
    paths = any_server.app.openapi()["paths"]
    names = [route["operationId"] for methods in paths.values() for route in methods.values()]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch("[a-z_]{3,30}", name)] == []


def test_moments_and_states_have_types_of_their_own(any_server: LiveServer) -> None:
    loose = []
    for name, schema in any_server.app.openapi()["components"]["schemas"].items():
        for field, shown in schema.get("properties", {}).items():
            kinds = [one for one in shown.get("anyOf", [shown]) if one.get("type") == "string"]
            if field.endswith("_at") and any(one.get("format") != "date-time" for one in kinds):
                loose.append(f"{name}.{field}")
            if field in ("state", "role") and any("enum" not in one for one in kinds):
                loose.append(f"{name}.{field}")
    assert loose == []


def test_every_option_of_a_format_can_be_sent_by_a_client_made_from_the_document(
    any_server: LiveServer,
) -> None:
    paths = any_server.app.openapi()["paths"]
    named = {
        one["name"] for one in paths["/api/v1/recordings/{recording_id}/transcript"]["get"]["parameters"]
    }
    wanted = {one["name"] for form in any_server.client.get("/formats").json() for one in form["options"]}
    assert wanted <= named


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


def test_a_field_that_there_is_not_is_refused_by_its_name(any_server: LiveServer) -> None:
    def refused(method: str, path: str, body: dict[str, Any]) -> str:
        answer = any_server.client.request(method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
        detail: str = answer.json()["detail"]
        return detail

    before = any_server.client.patch("/users/me", json={"retention_days": 30}).json()
    sentence = "body.quota_space: there is no such field."
    assert refused("PATCH", "/users/me", {"retention_days": 3, "quota_space": 1}) == sentence
    assert any_server.client.get("/users/me").json()["retention_days"] == before["retention_days"] == 30
    assert "body.sise" in refused("POST", "/uploads", {"filename": "a.wav", "size": 1, "sise": 1})
    operation = {"op": "delete_segment", "id": 0}
    edit = refused("PATCH", "/recordings/none/transcript", {"operations": [operation], "nots": "why"})
    assert "body.nots" in edit


def test_no_body_has_fields_without_a_meaning(any_server: LiveServer) -> None:
    document = any_server.app.openapi()
    open_ended = []
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            body = route.get("requestBody", {}).get("content", {}).get("application/json")
            if body is None or not path.startswith("/api/v1"):
                continue
            kinds = [one for one in body["schema"].get("anyOf", [body["schema"]]) if "$ref" in one]
            assert kinds, f"{method} {path} takes a body without a name"
            for kind in kinds:
                schema = document["components"]["schemas"][kind["$ref"].rsplit("/", 1)[1]]
                if schema.get("additionalProperties") is not False:
                    open_ended.append(f"{method} {path}")
    assert open_ended == []
