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
        ("s3-cr_t" * 6, f"auricle_ab12cd34_{'s3-cr_t' * 6}"),
        ("opensesame", "http://127.0.0.1/v1/models?api_key=opensesame&x=1"),
        ("opensesame", "http://127.0.0.1:8000/setup#opensesame"),
        ("b3BlbnNlc2FtZQ", "Authorization: Basic b3BlbnNlc2FtZQ=="),
        ("opensesame", str([(b"authorization", b"token opensesame"), (b"cookie", b"a=opensesame; b=1")])),
        ("opensesame", "Cookie: __Host-auricle=opensesame; theme=dark"),
        ("opensesameopensesame", "Set-Cookie was __Host-auricle=opensesameopensesame"),
        ("opensesame", "X-API-Key: opensesame"),
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


@pytest.mark.parametrize(
    "value", ['"token=abc"', "x?key=abc\\", '{"authorization": "Basic abc"}', '"/setup#abc", "Bearer abc"']
)
def test_stars_keep_the_quotes_around_them(value: str) -> None:
    program = f"log.info({value!r}, value={value!r}, deep=[{value!r}])"
    (event,) = events(program)
    assert event["level"] == "info"


def test_stars_do_not_break_the_json() -> None:
    program = "log.info('x', url='http://host', user='anna@example.org', note='a b')"
    (event,) = events(program)
    assert (event["url"], event["user"], event["note"]) == ("http://host", "anna@example.org", "a b")


_NASTY = "a\nb\rc\x1b[2Kd\x9be\u2028f\u202eg"


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_people_name_things_begins_no_line_and_moves_no_cursor(form: str) -> None:
    program = (
        f"log.info('request', path={_NASTY!r}, deep=[dict(name={_NASTY!r})])\n"
        f"log.warning({_NASTY!r})\n"
        f"logging.getLogger('library').warning('%s', {_NASTY!r})\n"
        f"with structlog.contextvars.bound_contextvars(request={_NASTY!r}):\n    log.info('context')\n"
    )
    text = logged(program, form=form)
    assert text.count("\n") == 4
    assert not set("\r\x1b\x9b\u2028\u202e") & set(text)
    assert len(text.splitlines()) == 4


def test_the_json_says_exactly_what_it_was() -> None:
    (event,) = events(f"log.info('request', path={_NASTY!r})")
    assert event["path"] == _NASTY


def test_a_message_with_lines_forges_no_event_in_a_traceback() -> None:
    forged = "2026-11-21 [info     ] signed_in user=root"
    program = (
        f"try:\n    raise ValueError('broken\\n{forged}')\nexcept ValueError:\n    log.exception('crashed')\n"
    )
    lines = logged(program, form="text").splitlines()
    assert any(line.strip() == forged for line in lines)
    assert all(line.startswith("    ") for line in lines[1:])


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("field", ["password", "token", "Authorization", "cookie", "secret"])
def test_a_field_for_a_secret_shows_none(form: str, field: str) -> None:
    text = logged(f"log.info('x', **{{{field!r}: 'opensesame'}})", form=form)
    assert "opensesame" not in text
    assert "********" in text


def test_warnings_of_python_go_the_same_way() -> None:
    (event,) = events("warnings.warn('careful', stacklevel=1)")
    assert "careful" in event["event"]
    assert event["level"] == "warning"
