"""Sessions in browsers: begun with a password, told by a cookie, ended at any time."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from auricle.accounts.passwords import is_password
from auricle.accounts.tokens import new_token, token_hash
from auricle.errors import Unauthorized
from auricle.store.audit import record
from auricle.store.schema import SignIn, User, now

#: A visit is noted this often (s) at most, so that reading does not write.
NOTED_EVERY = 60.0
_MOST_SHOWN = 200


def sign_in(session: Session, name: str, password: str) -> User:
    """The person of this name and password. Raises Unauthorized, which does not say which is wrong."""
    user = session.scalars(select(User).where(User.name == name)).first()
    right = is_password(password, user.password_hash if user else None)
    if user is None or not right or user.disabled:
        raise Unauthorized("The name or the password is wrong.")
    return user


def begin_session(
    session: Session, user: User, *, agent: str, address: str, days: float
) -> tuple[str, datetime]:
    """Begin a session; returns its token for the cookie, and when it ends unless it is used before."""
    token, expires_at = new_token(), now() + timedelta(days=days)
    session.add(
        SignIn(
            id=token_hash(token),
            user_id=user.id,
            agent=agent[:300],
            address=address[:60],
            expires_at=expires_at,
        )
    )
    record(session, user.id, "session.begun", user.id)
    return token, expires_at


def find_session(session: Session, token: str) -> tuple[SignIn, User] | None:
    """The session of a cookie's token and whose it is; None where it has ended or never was."""
    row = session.execute(
        select(SignIn, User).join(User, User.id == SignIn.user_id).where(SignIn.id == token_hash(token))
    ).first()
    if row is None or row[0].expires_at <= now() or row[1].disabled:
        return None
    return row[0], row[1]


def is_unnoted(visit: SignIn) -> bool:
    """Whether it is time to note that a session is in use."""
    return (now() - visit.seen_at).total_seconds() > NOTED_EVERY


def note_visit(session: Session, session_id: str, days: float) -> None:
    """A session is in use: it lasts `days` from now on."""
    lasting = {"seen_at": now(), "expires_at": now() + timedelta(days=days)}
    session.execute(update(SignIn).where(SignIn.id == session_id).values(lasting))


def end_session(session: Session, user_id: str, session_id: str) -> bool:
    """Sign out; whether there was such a session of this person."""
    mine = delete(SignIn).where(SignIn.id == session_id, SignIn.user_id == user_id)
    if session.execute(mine.returning(SignIn.id)).first() is None:
        return False
    record(session, user_id, "session.ended", user_id)
    return True


def end_sessions(session: Session, user_id: str) -> None:
    """Sign a person out everywhere."""
    session.execute(delete(SignIn).where(SignIn.user_id == user_id))
    record(session, user_id, "sessions.ended", user_id)


def sessions_of(session: Session, user_id: str) -> list[SignIn]:
    """Where a person is signed in, the last used first: the newest 200 of them."""
    mine = select(SignIn).where(SignIn.user_id == user_id, SignIn.expires_at > now())
    return list(session.scalars(mine.order_by(SignIn.seen_at.desc()).limit(_MOST_SHOWN)))
