"""`auricle users` and `auricle keys`: who may come in; they work on the data folder, without signing in."""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from auricle.cli.help import Command
from auricle.errors import InvalidOption, NotFound
from auricle.settings import Settings, load_settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from auricle.store.schema import User

users = typer.Typer(no_args_is_help=True)
keys = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The name they sign in with.")]
_PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input; no link is made.")
]


@users.callback()
def _users() -> None:
    """Add people, let them choose a password, lock them out."""


@keys.callback()
def _keys() -> None:
    """Make, list and revoke API keys."""


@users.command(cls=Command)
def add(
    name: Name,
    admin: Annotated[bool, typer.Option("--admin", help="Make them an admin.")] = False,
    password_stdin: _PasswordStdin = False,
) -> None:
    """Add a person, and print the link by which they choose a password.

    \b
    Examples:
      auricle users add anna
      pwgen 20 1 | auricle users add robot --password-stdin
    """
    from auricle.accounts.people import add_person

    settings = load_settings()
    with _writing(settings) as session:
        user = add_person(session, name, "admin" if admin else "member", None)
        _let_in(session, user, settings, password_stdin)


@users.command("list", cls=Command)
def list_users() -> None:
    """List everybody: name, role, whether they can sign in, and since when they are here."""
    from sqlalchemy import select

    from auricle.store.schema import User

    with _writing(load_settings()) as session:
        rows = [
            (one.name, one.role, _state(one), _day(one.created_at))
            for one in session.scalars(select(User).order_by(User.name))
        ]
    _table(("NAME", "ROLE", "STATE", "SINCE"), rows)


@users.command(cls=Command)
def reset(name: Name, password_stdin: _PasswordStdin = False) -> None:
    """Take a person's password away, end their sessions, and print the link for a new one; keys stay."""
    from auricle.accounts.people import named
    from auricle.accounts.sessions import end_sessions
    from auricle.store.audit import record

    settings = load_settings()
    with _writing(settings) as session:
        user = named(session, name)
        user.password_hash = None
        end_sessions(session, user.id)
        record(session, None, "password.reset", user.id)
        _let_in(session, user, settings, password_stdin)


@users.command("setup-link", cls=Command)
def setup_link(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="For whom; the first admin when not given.")
    ] = None,
) -> None:
    """Print a new set-up link; links made before are void, a password stays until the link is used."""
    from auricle.accounts.people import first_admin, named

    settings = load_settings()
    with _writing(settings) as session:
        user = first_admin(session) if name is None else named(session, name)
        _let_in(session, user, settings, False)


@users.command(cls=Command)
def disable(name: Name) -> None:
    """Lock a person out, keys and sessions included; what is theirs stays."""
    _set_disabled(name, True)


@users.command(cls=Command)
def enable(name: Name) -> None:
    """Let a person in again who was disabled."""
    _set_disabled(name, False)


def _set_disabled(name: str, disabled: bool) -> None:
    from auricle.accounts import people

    with _writing(load_settings()) as session:
        user = people.named(session, name)
        people.disable(session, user, disabled, None)
    typer.echo(f"{name} is {'disabled' if disabled else 'enabled'}.")


@keys.command("create", cls=Command)
def create_key(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="What it is for, so that you know it again.")
    ] = "command line",
    user: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose it is; the first admin when not given.")
    ] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SCOPE",
            help="What it is good for: transcribe, read, write, metrics or admin; may be given again. "
            "Default: transcribe, read and write.",
        ),
    ] = None,
    days: Annotated[
        float | None, typer.Option(metavar="DAYS", help="How long it is valid; for ever when not given.")
    ] = None,
) -> None:
    """Make an API key and print it, this once; works while the server runs, and before it ever did.

    \b
    Examples:
      export AURICLE_KEY=$(auricle keys create)
      auricle keys create prometheus --scope metrics
    """
    from auricle.accounts.keys import DEFAULT_SCOPES, make_key
    from auricle.accounts.people import first_admin, named

    if days is not None and not 0 < days <= 36_500:
        raise InvalidOption(f"--days is {days:g}, but has to lie between 0 and 36500.")
    with _writing(load_settings()) as session:
        owner = first_admin(session) if user is None else named(session, user)
        key, text = make_key(session, owner, name=name, scopes=scope or DEFAULT_SCOPES, days=days)
        said = f"Key {key.id} of {owner.name} may {', '.join(key.scopes)}. It is shown this once."
    sys.stderr.write(f"{said}\n")
    typer.echo(text)


@keys.command("list", cls=Command)
def list_keys(
    user: Annotated[str | None, typer.Option(metavar="NAME", help="Only theirs.")] = None,
) -> None:
    """List the keys, without their secrets: id, name, owner, scopes, last use, state."""
    from sqlalchemy import select

    from auricle.accounts.people import named
    from auricle.store.schema import ApiKey, User

    with _writing(load_settings()) as session:
        query = select(ApiKey, User.name).join(User, User.id == ApiKey.owner_id).order_by(ApiKey.created_at)
        if user is not None:
            query = query.where(ApiKey.owner_id == named(session, user).id)
        rows = [
            (
                key.id,
                key.name,
                owner,
                ",".join(key.scopes),
                _day(key.used_at),
                _key_state(key.revoked_at, key.expires_at),
            )
            for key, owner in session.execute(query)
        ]
    _table(("ID", "NAME", "OWNER", "SCOPES", "LAST USED", "STATE"), rows)


@keys.command("revoke", cls=Command)
def revoke_key(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As auricle keys list shows it.")],
) -> None:
    """Refuse a key from now on."""
    from auricle.accounts import keys as kept
    from auricle.store.schema import ApiKey

    with _writing(load_settings()) as session:
        # A whole key, pasted, begins with its id.
        parts = key_id.split("_")
        key = session.get(ApiKey, parts[1] if parts[0] == "auricle" and len(parts) > 1 else key_id)
        if key is None:
            raise NotFound(f"There is no key {key_id[:20]}: auricle keys list shows them.")
        kept.revoke_key(session, key, None)
        said = f"The key {key.id} ({key.name}) is revoked."
    typer.echo(said)


@contextlib.contextmanager
def _writing(settings: Settings) -> Iterator["Session"]:
    """A transaction on the installation's database, which is made ready where it is new."""
    from auricle import logs
    from auricle.store.opening import database_of, hold_data_folder
    from auricle.store.upgrade import head, prepare_database, revision

    logs.configure("warning", "text")
    with contextlib.closing(database_of(settings)) as database:
        if revision(database) != head():
            with hold_data_folder(settings):
                prepare_database(database)
        with database.write() as session:
            yield session


def _let_in(session: "Session", user: "User", settings: Settings, password_stdin: bool) -> None:
    """Give a person a password from standard input, or print the link by which they choose one."""
    from auricle.accounts.links import setup_address
    from auricle.accounts.people import LINK_HOURS, make_link, set_password

    if password_stdin:
        set_password(session, user, sys.stdin.readline().rstrip("\r\n"))
        typer.echo(f"{user.name} can sign in.")
        return
    token = make_link(session, user)
    sys.stderr.write(f"{user.name} chooses a password here, once, within {LINK_HOURS} hours:\n")
    typer.echo(setup_address(settings, token))


def _state(user: "User") -> str:
    return "disabled" if user.disabled else "active" if user.password_hash else "no password"


def _key_state(revoked_at: datetime | None, expires_at: datetime | None) -> str:
    from auricle.store.schema import now

    if revoked_at:
        return "revoked"
    if expires_at is None:
        return "valid"
    return "expired" if expires_at <= now() else f"until {_day(expires_at)}"


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else "never"


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(len(row[number]) for row in (heads, *rows)) for number in range(len(heads))]
    for row in (heads, *rows):
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
