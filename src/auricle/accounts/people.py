"""People: adding and disabling them, and the links by which they choose their passwords."""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from auricle.accounts.names import LONGEST_NAME, one_line
from auricle.accounts.passwords import hash_password
from auricle.accounts.sessions import end_sessions
from auricle.accounts.tokens import new_token, token_hash
from auricle.errors import Conflict, InvalidOption, NotFound
from auricle.store.audit import record
from auricle.store.schema import LOCAL_USER, SetupLink, User, now

#: How long a set-up link is good for.
LINK_HOURS = 24


def named(session: Session, name: str) -> User:
    """The person of this name. Raises NotFound, with the names there are."""
    user = session.scalars(select(User).where(User.name == name)).first()
    if user is None:
        names = ", ".join(session.scalars(select(User.name).order_by(User.name).limit(10)))
        raise NotFound(f"There is no user {name!r}. There are: {names}.")
    return user


def add_person(session: Session, name: str, role: str, by: str | None) -> User:
    """Add a person who has no password yet; `by` (an id) adds them. Raises Conflict, InvalidOption."""
    user = User(name=_free_name(session, name), role=role)
    session.add(user)
    _write_name(session, user.name)
    record(session, by, "user.added", user.id, name=user.name, role=role)
    return user


def rename(session: Session, user: User, name: str, by: str | None) -> None:
    """Give a person another name. Raises Conflict where it is taken, InvalidOption where it is none."""
    if name != user.name:
        before, user.name = user.name, _free_name(session, name, user.id)
        _write_name(session, user.name)
        record(session, by, "user.renamed", user.id, name=user.name, before=before)


def _free_name(session: Session, name: str, user_id: str | None = None) -> str:
    """A name that nobody else has, whichever way its letters are cased: people could not tell them apart.

    Raises InvalidOption, Conflict. `user_id` is who is to have it.
    """
    clean = one_line(name)
    if not clean or len(clean) > LONGEST_NAME:
        raise InvalidOption(f"A user needs a name of at most {LONGEST_NAME} characters.")
    for taken in session.scalars(select(User.name).where(User.id != (user_id or ""))):
        if taken.casefold() == clean.casefold():
            raise _taken(taken)
    return clean


def _write_name(session: Session, name: str) -> None:
    try:
        session.flush()
    except IntegrityError:
        # Somebody took it since it was found free.
        raise _taken(name) from None


def _taken(name: str) -> Conflict:
    return Conflict(f"There is a user {name} already.")


def disable(session: Session, user: User, disabled: bool, by: str | None) -> None:
    """Lock a person out, sessions and keys included, or let them in again; what is theirs stays.

    Raises Conflict for the last admin.
    """
    if disabled:
        _refuse_last_admin(session, user)
        end_sessions(session, user.id)
        session.execute(delete(SetupLink).where(SetupLink.user_id == user.id))
    user.disabled = disabled
    record(session, by, "user.disabled" if disabled else "user.enabled", user.id)


def change_role(session: Session, user: User, role: str, by: str | None) -> None:
    """Make somebody an admin or a member. Raises Conflict for the last admin."""
    if role != user.role:
        if role != "admin":
            _refuse_last_admin(session, user)
        user.role = role
        record(session, by, "user.role", user.id, role=role)


def _refuse_last_admin(session: Session, user: User) -> None:
    # Held, always in the same order: of two admins who lock each other out at once, one stays.
    admins = select(User).where(User.role == "admin", User.disabled.is_(False)).order_by(User.id)
    held = admins.with_for_update(key_share=True).execution_options(populate_existing=True)
    if [one.id for one in session.scalars(held)] == [user.id]:
        raise Conflict(f"{user.name} is the only admin: make somebody else one first.")


def set_password(session: Session, user: User, password: str) -> None:
    """Give a person a new password; every session they have ends."""
    user.password_hash = hash_password(password, user.name)
    end_sessions(session, user.id)
    session.execute(delete(SetupLink).where(SetupLink.user_id == user.id))
    record(session, user.id, "password.changed", user.id)


def nobody_can_sign_in(session: Session) -> bool:
    """Whether this installation still waits for its first admin."""
    able = select(User.id).where(
        User.role == "admin", User.disabled.is_(False), User.password_hash.is_not(None)
    )
    return session.scalars(able.limit(1)).first() is None


def first_admin(session: Session) -> User:
    """Who a set-up link is for while nobody has been named: the local user, else the oldest admin."""
    local = session.get(User, LOCAL_USER)
    if local is not None and local.role == "admin" and not local.disabled:
        return local
    admins = select(User).where(User.role == "admin", User.disabled.is_(False)).order_by(User.id)
    found = session.scalars(admins).first()
    if found is None:
        raise NotFound("There is no admin any more: auricle users add NAME --admin makes one.")
    return found


def make_link(session: Session, user: User, by: str | None = None) -> str:
    """The token of a new set-up link for a person; older ones are void. Raises Conflict if disabled."""
    if user.disabled:
        raise Conflict(f"{user.name} is disabled: enable them first.")
    token = new_token()
    session.execute(delete(SetupLink).where(SetupLink.user_id == user.id))
    session.add(
        SetupLink(id=token_hash(token), user_id=user.id, expires_at=now() + timedelta(hours=LINK_HOURS))
    )
    record(session, by, "link.made", user.id)
    return token


def link_owner(session: Session, token: str) -> User:
    """Who a set-up link is for. Raises NotFound for one that is unknown, used or expired."""
    link = session.get(SetupLink, token_hash(token))
    if link is None or link.expires_at <= now():
        raise NotFound(
            "This link is no longer valid: it was used, has expired, or a newer one was made. An admin, or "
            "auricle users setup-link on the server, makes another."
        )
    return session.get_one(User, link.user_id)


def use_link(session: Session, token: str, password: str, name: str | None = None) -> User:
    """Choose a password by a set-up link, which is void from then on; the first admin may choose a name."""
    user = link_owner(session, token)
    # Deleted here, whoever deletes it first: of two that use a link at once, one finds nothing to delete.
    used = session.execute(delete(SetupLink).where(SetupLink.id == token_hash(token)))
    if used.rowcount != 1:  # type: ignore[attr-defined]  # a delete has one
        raise NotFound("This link was used just now.")
    if name is not None:
        rename(session, user, name, user.id)
    set_password(session, user, password)
    return user
