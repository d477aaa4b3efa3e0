"""`auricle users` and `auricle keys` as people type them."""

import io
import re
from pathlib import Path

import httpx
import pytest

from auricle.accounts.keys import find_key
from auricle.accounts.people import link_owner
from auricle.accounts.sessions import sign_in
from auricle.errors import Unauthorized
from auricle.settings import Settings
from auricle.store.database import Database
from auricle.store.opening import database_of
from auricle.store.schema import AuditEvent
from command_line import Command
from live_server import live_server


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    monkeypatch.setenv("AURICLE_DATA_DIR", str(folder))
    return folder


def database(folder: Path) -> Database:
    return database_of(Settings(data_dir=folder))


def test_a_key_is_made_before_the_server_ever_ran_and_is_all_that_is_printed(
    auricle: Command, data_dir: Path
) -> None:
    made = auricle("keys", "create")
    assert made.status == 0
    assert re.fullmatch(r"auricle_[A-Za-z0-9]{8}_[A-Za-z0-9_-]{43}\n", made.stdout)
    assert "may transcribe, read, write. It is shown this once." in made.stderr
    with database(data_dir).read() as session:
        _, owner = find_key(session, made.stdout.strip())
    assert owner.name == "local"


def test_a_key_made_while_the_server_runs_works_at_once_until_it_is_revoked(
    auricle: Command, data_dir: Path, tiny_model: Path
) -> None:
    with live_server(data_dir, tiny_model, auth="on") as server:
        key = auricle("keys", "create", "script").stdout.strip()
        headers = {"Authorization": f"Bearer {key}"}
        assert httpx.get(f"{server.url}/users/me", headers=headers).status_code == 200
        assert auricle("keys", "revoke", key).stdout.endswith("(script) is revoked.\n")
        assert httpx.get(f"{server.url}/users/me", headers=headers).status_code == 401
    listed = auricle("keys", "list").stdout
    assert re.search(r"script\s+local\s+transcribe,read,write\s+\d{4}-\d\d-\d\d\s+revoked", listed)
    assert key.split("_")[2] not in listed


def test_a_key_is_for_whom_and_for_what_one_says(auricle: Command, data_dir: Path) -> None:
    auricle("users", "add", "anna")
    made = auricle("keys", "create", "reader", "--user", "anna", "--scope", "read", "--days", "1")
    with database(data_dir).read() as session:
        key, owner = find_key(session, made.stdout.strip())
    assert (owner.name, key.name, key.scopes) == ("anna", "reader", ["read"])
    assert key.expires_at is not None


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--scope", "fly"), "There is no scope 'fly'. Choose from: transcribe, read, write"),
        (("--user", "nobody"), "There is no user 'nobody'. There are: local."),
        (("--days", "0"), "--days is 0, but has to lie between"),
        (("", "--scope", "read"), "A key needs a name"),
    ],
)
def test_a_key_that_cannot_be_is_refused(
    auricle: Command, data_dir: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    ended = auricle("keys", "create", *arguments)
    assert ended.status in (1, 2)
    assert ended.stderr.startswith(f"auricle: {complaint}")
    assert ended.stdout == ""


def test_a_person_is_added_with_a_link_that_their_password_comes_by(auricle: Command, data_dir: Path) -> None:
    made = auricle("users", "add", "anna", "--admin")
    address, _, token = made.stdout.strip().partition("#")
    assert address == "http://127.0.0.1:8000/setup"
    assert "anna chooses a password here, once, within 24 hours" in made.stderr
    with database(data_dir).read() as session:
        assert link_owner(session, token).name == "anna"
    assert re.search(r"anna\s+admin\s+no password", auricle("users", "list").stdout)
    for like in ("anna", "Anna"):
        again = auricle("users", "add", like)
        assert (again.status, again.stderr) == (1, "auricle: There is a user anna already.\n")


def test_a_lost_password_is_taken_away_and_set_anew(
    auricle: Command, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("three quiet herons\n"))
    assert auricle("users", "add", "anna", "--password-stdin").stdout == "anna can sign in.\n"
    with database(data_dir).read() as session:
        assert sign_in(session, "anna", "three quiet herons").name == "anna"
    link = auricle("users", "reset", "anna").stdout
    assert "/setup#" in link
    with database(data_dir).read() as session, pytest.raises(Unauthorized):
        sign_in(session, "anna", "three quiet herons")
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    refused = auricle("users", "reset", "anna", "--password-stdin")
    assert (refused.status, "at least 10 characters" in refused.stderr) == (2, True)


def test_the_first_admins_link_is_made_anew_and_the_older_is_void(auricle: Command, data_dir: Path) -> None:
    first, second = (auricle("users", "setup-link").stdout.strip().partition("#")[2] for _ in range(2))
    with database(data_dir).read() as session:
        assert link_owner(session, second).id == "local"
        with pytest.raises(Exception, match="no longer valid"):
            link_owner(session, first)


def test_who_is_disabled_is_locked_out_and_the_last_admin_cannot_be(auricle: Command, data_dir: Path) -> None:
    auricle("users", "add", "anna")
    key = auricle("keys", "create", "--user", "anna").stdout.strip()
    assert auricle("users", "disable", "anna").stdout == "anna is disabled.\n"
    with database(data_dir).read() as session, pytest.raises(Unauthorized, match="disabled"):
        find_key(session, key)
    link = auricle("users", "setup-link", "anna")
    assert (link.status, "enable them first" in link.stderr) == (1, True)
    assert auricle("users", "enable", "anna").status == 0
    last = auricle("users", "disable", "local")
    assert (last.status, "is the only admin" in last.stderr) == (1, True)


def test_what_was_done_at_the_shell_is_accounted_for(auricle: Command, data_dir: Path) -> None:
    auricle("users", "add", "anna")
    auricle("keys", "create")
    with database(data_dir).read() as session:
        actions = [event.action for event in session.query(AuditEvent).order_by(AuditEvent.id)]
    assert {"user.added", "link.made", "key.made"} <= set(actions)
