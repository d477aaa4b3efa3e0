"""What the log looks like, for people and for machines, and what never gets into it."""

import json
import subprocess
import sys
from typing import Any

import pytest

_BEGIN = """
import logging, sys, warnings
import structlog
from auricle.logs import configure
configure({level!r}, {form!r})
log = structlog.get_logger("auricle.test")
"""


def logged(program: str, level: str = "info", form: str = "json") -> str:
    """What a program writes to standard error."""
    command = [sys.executable, "-c", _BEGIN.format(level=level, form=form) + program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr


def events(program: str, level: str = "info") -> list[dict[str, Any]]:
    return [json.loads(line) for line in logged(program, level).splitlines()]


def test_an_event_is_one_json_object_a_line() -> None:
    (event,) = events("log.info('job_done', job='j1', took=1.5)")
    assert event.pop("timestamp").endswith("Z")
    assert event == {"level": "info", "event": "job_done", "job": "j1", "took": 1.5, "logger": "auricle.test"}


def test_what_is_bound_to_the_context_is_in_every_event() -> None:
    program = (
        "with structlog.contextvars.bound_contextvars(request='r1'):\n"
        "    log.info('ours')\n"
        "    logging.getLogger('library').warning('theirs, %s', 1)\n"
    )
    assert [(one["event"], one["request"]) for one in events(program)] == [
        ("ours", "r1"),
        ("theirs, 1", "r1"),
    ]


def test_any_text_and_any_value_can_be_logged() -> None:
    program = "log.info('日本語\\nnext', path=__import__('pathlib').Path('/x'), value=object, raw=b'\\xff')"
    (event,) = events(program)
    assert event["event"] == "日本語\nnext"
    assert event["path"] == "/x"


def test_text_is_for_people() -> None:
    text = logged("log.info('job_done', job='j1')", form="text")
    assert "job_done" in text
    assert "job=j1" in text
    assert "\x1b" not in text, "colours are for terminals"


def test_auto_is_json_where_nobody_watches() -> None:
    assert json.loads(logged("log.info('x')", form="auto"))["event"] == "x"


@pytest.mark.parametrize(
    ("level", "ours", "theirs"),
    [
        ("debug", ["debug", "info", "warning", "error"], ["info", "warning", "error"]),
        ("info", ["info", "warning", "error"], ["warning", "error"]),
        ("warning", ["warning", "error"], ["warning", "error"]),
        ("error", ["error"], ["error"]),
    ],
)
def test_levels(level: str, ours: list[str], theirs: list[str]) -> None:
    program = (
        "for name in ('debug', 'info', 'warning', 'error'):\n"
        "    getattr(log, name)('ours')\n"
        "    getattr(logging.getLogger('library'), name)('theirs')\n"
    )
    found = events(program, level)
    assert [one["level"] for one in found if one["event"] == "ours"] == ours
    assert [one["level"] for one in found if one["event"] == "theirs"] == theirs


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_traceback_has_no_values_of_variables(form: str) -> None:
    program = (
        "def fail():\n    password = 'sesame'.upper()\n    raise ValueError('broken')\n"
        "try:\n    fail()\nexcept ValueError:\n    log.exception('crashed')\n"
    )
    text = logged(program, form=form)
    assert "ValueError: broken" in text
    assert "SESAME" not in text


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    ("secret", "value"),
    [
        ("opensesame", "postgresql://auricle:opensesame@db/auricle"),
        ("opensesame", "amqp://auricle:opensesame@host:5672//"),
        ("opensesame", "sqs://AKIA:opensesame@"),
        ("abcdef0123", "https://bucket/x?X-Amz-Signature=abcdef0123&part=1"),
        ("t0ken", "http://127.0.0.1/upload?a=1&token=t0ken"),
        ("s3cr3ts3cr3ts3cr3t", "auricle_ab12cd34_s3cr3ts3cr3ts3cr3t"),
        ("whatever", "Authorization: Bearer whatever"),
        ("abcdefghijklmnopqrst", "hf_abcdefghijklmnopqrst"),
        ("abcdefghijklmnopqrst", "sk-abcdefghijklmnopqrst"),
    ],
)
def test_secrets_become_stars_wherever_they_stand(form: str, secret: str, value: str) -> None:
    program = (
        f"log.info({value!r})\n"
        f"log.info('field', value={value!r}, nested=[dict(deep={value!r})])\n"
        f"logging.getLogger('library').error('went wrong: %s', {value!r})\n"
        f"try:\n    raise ValueError({value!r})\nexcept ValueError:\n    log.exception('crashed')\n"
        f"with structlog.contextvars.bound_contextvars(bound={value!r}):\n    log.info('context')\n"
    )
    text = logged(program, form=form)
    assert secret not in text
    assert text.count("********") >= 6


def test_stars_do_not_break_the_json() -> None:
    program = "log.info('x', url='http://host', user='anna@example.org', note='a b')"
    (event,) = events(program)
    assert (event["url"], event["user"], event["note"]) == ("http://host", "anna@example.org", "a b")


def test_requests_are_events_with_fields_and_probes_are_left_out() -> None:
    program = (
        "access = logging.getLogger('uvicorn.access')\n"
        "line = '%s - \"%s %s HTTP/%s\" %d'\n"
        "for path in ('/api/v1/jobs?limit=1', '/health', '/health/live', '/metrics'):\n"
        "    access.info(line, '127.0.0.1:5', 'GET', path, '1.1', 200)\n"
    )
    (event,) = events(program)
    assert {name: event[name] for name in ("event", "client", "method", "path", "status")} == {
        "event": "request",
        "client": "127.0.0.1:5",
        "method": "GET",
        "path": "/api/v1/jobs?limit=1",
        "status": 200,
    }


def test_warnings_of_python_go_the_same_way() -> None:
    (event,) = events("warnings.warn('careful', stacklevel=1)")
    assert "careful" in event["event"]
    assert event["level"] == "warning"
