"""API keys: `auricle_PUBLIC_SECRET`, of which the secret is kept as a hash only."""

import hmac
import secrets
import string
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from auricle.accounts.names import LONGEST_NAME, one_line
from auricle.accounts.tokens import new_token, token_hash
from auricle.errors import Conflict, InvalidOption, Unauthorized
from auricle.store.audit import record
from auricle.store.schema import ApiKey, User, now

Scope = Literal["transcribe", "read", "write", "metrics", "admin"]

#: What a key may be good for, in words for people.
SCOPES: Mapping[Scope, str] = MappingProxyType(
    {
        "transcribe": "Have audio transcribed by the OpenAI and ASR routes.",
        "read": "Read what is yours: recordings, jobs, transcripts, search.",
        "write": "Upload, start jobs, change and delete what is yours.",
        "metrics": "Read /metrics and the details of /health.",
        "admin": "Do what an admin may, where the owner is one.",
    }
)
#: What only the keys of admins are good for.
ADMINS_SCOPES: frozenset[str] = frozenset({"metrics", "admin"})
#: What a key is good for where nobody says.
DEFAULT_SCOPES: tuple[Scope, ...] = ("transcribe", "read", "write")

#: Each key may ask as often as the rate limit says, so nobody has endless ones.
MOST_KEYS = 100
_LETTERS = string.ascii_letters + string.digits


def make_key(
    session: Session,
    owner: User,
    *,
    name: str,
    scopes: Iterable[str] = DEFAULT_SCOPES,
    days: float | None = None,
    until: datetime | None = None,
    by: str | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its text, which nobody can see again; it ends after `days` and by `until`, or never.

    `by` is the id of who makes it. Raises InvalidOption for a scope there is not, or that this owner may not
    have, and for an empty name, Conflict where the owner has as many keys as anybody may.
    """
    wanted = set(scopes)
    unknown = wanted - SCOPES.keys()
    if unknown or not wanted:
        wrong = f"There is no scope {sorted(unknown)[0]!r}" if unknown else "A key needs a scope"
        raise InvalidOption(f"{wrong}. Choose from: {', '.join(SCOPES)}.")
    beyond = wanted & ADMINS_SCOPES
    if beyond and owner.role != "admin":
        raise InvalidOption(f"Only keys of admins may have the scope {sorted(beyond)[0]}.")
    if len(_valid_keys(session, owner.id)) >= MOST_KEYS:
        raise Conflict(f"{owner.name} has {MOST_KEYS} keys, which is the most: revoke some.")
    shown = one_line(name)
    if not shown or len(shown) > LONGEST_NAME:
        raise InvalidOption(f"A key needs a name of at most {LONGEST_NAME} characters.")
    ends = [now() + timedelta(days=days)] if days else []
    ends += [until] if until else []
    public = "".join(secrets.choice(_LETTERS) for _ in range(8))
    secret = new_token()
    key = ApiKey(
        id=public,
        owner_id=owner.id,
        name=shown,
        secret_hash=token_hash(secret),
        scopes=[scope for scope in SCOPES if scope in wanted],
        expires_at=min(ends) if ends else None,
    )
    session.add(key)
    session.flush()
    record(session, by, "key.made", public, owner=owner.id, scopes=key.scopes)
    return key, f"auricle_{public}_{secret}"


def _valid_keys(session: Session, owner_id: str) -> Sequence[str]:
    unended = or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now())
    mine = select(ApiKey.id).where(ApiKey.owner_id == owner_id, ApiKey.revoked_at.is_(None), unended)
    return session.scalars(mine.limit(MOST_KEYS)).all()


def find_key(session: Session, text: str) -> tuple[ApiKey, User]:
    """The key of this text, and whose it is. Raises Unauthorized."""
    begin, _, rest = text.partition("_")
    public, _, secret = rest.partition("_")
    if begin != "auricle" or not secret:
        raise Unauthorized("This is no API key of Auricle: those begin with auricle_.")
    row = session.execute(
        select(ApiKey, User).join(User, User.id == ApiKey.owner_id).where(ApiKey.id == public)
    ).first()
    # Compared even where there is no such key, so that the time taken tells nothing.
    right = hmac.compare_digest(row[0].secret_hash if row else token_hash(""), token_hash(secret))
    if row is None or not right:
        raise Unauthorized("This API key is not valid: make one with auricle keys create.")
    key, owner = row
    if key.revoked_at:
        raise Unauthorized("This API key has been revoked: make another with auricle keys create.")
    if key.expires_at and key.expires_at <= now():
        raise Unauthorized("This API key has expired: make another with auricle keys create.")
    if owner.disabled:
        raise Unauthorized("The owner of this API key is disabled.")
    return key, owner


def revoke_key(session: Session, key: ApiKey, by: str | None) -> None:
    """Refuse a key from now on."""
    if key.revoked_at is None:
        key.revoked_at = now()
        record(session, by, "key.revoked", key.id)
