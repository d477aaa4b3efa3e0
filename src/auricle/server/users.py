"""Routes for people and their keys."""

import hashlib
import secrets
import string
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from auricle.errors import Conflict, Forbidden, InvalidOption, NotFound
from auricle.server.deps import AdminDep, ServiceDep, UserDep
from auricle.server.models import Moment
from auricle.server.paging import Cursor, Limit, Page, paged, read_cursor
from auricle.store.audit import record
from auricle.store.recordings import clean_name, space_of
from auricle.store.schema import ApiKey, Usage, User, now

router = APIRouter(tags=["users"])

_LETTERS = string.ascii_letters + string.digits


class UserModel(BaseModel):
    """A person."""

    id: str
    name: str
    role: str = Field(description="admin or member.")
    disabled: bool
    retention_days: int | None = Field(description="Days after which recordings go to the trash.")
    created_at: Moment


class Me(UserModel):
    """You, and what you use."""

    space: int = Field(description="Bytes of your recordings, those in the trash included.")


class NewUser(BaseModel):
    """A person to be added."""

    name: str = Field(min_length=1, max_length=200)
    role: Literal["admin", "member"] = "member"


class UserChange(BaseModel):
    """What is to change; what is left out stays."""

    retention_days: int | None = Field(default=None, ge=1, le=36_500)


class KeyModel(BaseModel):
    """An API key, without its secret."""

    id: str = Field(description="The part of the key that may be shown.")
    name: str
    created_at: Moment
    expires_at: Moment | None
    used_at: Moment | None
    revoked_at: Moment | None


class NewKey(BaseModel):
    """A key to be made."""

    name: str = Field(min_length=1, max_length=200)
    days: int | None = Field(
        default=None, ge=1, le=3650, description="How long it is valid; null is for ever."
    )


class MadeKey(KeyModel):
    """A new key; its secret is shown this once."""

    key: str = Field(description="Send it as `Authorization: Bearer KEY`.")


class Day(BaseModel):
    """What somebody had done on one day (UTC)."""

    day: date
    jobs: int
    audio: float = Field(description="Seconds of audio.")
    bytes: int = Field(description="Bytes taken in.")


@router.get("/users/me")
def who_am_i(service: ServiceDep, user: UserDep) -> Me:
    """You, and the space your recordings take."""
    with service.database.read() as session:
        return Me(**_shown(user), space=space_of(session, user.id))


@router.patch("/users/me")
def change_me(service: ServiceDep, user: UserDep, change: UserChange) -> Me:
    """Say how long your recordings are kept; null is as the installation says."""
    with service.database.write() as session:
        mine = session.get_one(User, user.id)
        if "retention_days" in change.model_fields_set:
            mine.retention_days = change.retention_days
        return Me(**_shown(mine), space=space_of(session, user.id))


@router.get("/users/me/usage")
def my_usage(
    service: ServiceDep, user: UserDep, days: Annotated[int, Query(ge=1, le=3650)] = 30
) -> list[Day]:
    """What you had done, day by day, the newest first."""
    with service.database.read() as session:
        return usage_of(session, user.id, days)


def usage_of(session: Session, owner_id: str, days: int) -> list[Day]:
    """What one person had done in the last days."""
    since = now().date() - timedelta(days=days)
    rows = session.scalars(
        select(Usage).where(Usage.owner_id == owner_id, Usage.day > since).order_by(Usage.day.desc())
    )
    return [
        Day(day=one.day, jobs=one.jobs, audio=round(one.audio_seconds, 3), bytes=one.bytes_in) for one in rows
    ]


@router.get("/users")
def list_users(service: ServiceDep, _: AdminDep, limit: Limit = 50, cursor: Cursor = None) -> Page[UserModel]:
    """Everybody, by name."""
    query = select(User).order_by(User.name).limit(limit + 1)
    if cursor is not None:
        query = query.where(User.name > read_cursor(cursor, str)[0])
    with service.database.read() as session:
        found = session.scalars(query).all()
    return paged(found, limit, lambda some: [UserModel(**_shown(one)) for one in some], "name")


@router.post("/users", status_code=201)
def add_user(service: ServiceDep, admin: AdminDep, wanted: NewUser) -> UserModel:
    """Add a person, who can work here with an API key."""
    name = clean_name(wanted.name, "")
    if not name:
        raise InvalidOption("A user needs a name.")
    with service.database.write() as session:
        if session.scalars(select(User).where(User.name == name)).first() is not None:
            raise Conflict(f"There is a user {name} already.")
        user = User(name=name, role=wanted.role)
        session.add(user)
        session.flush()
        record(session, admin.id, "user.added", user.id, name=name)
        return UserModel(**_shown(user))


@router.get("/keys")
def list_keys(service: ServiceDep, user: UserDep, limit: Limit = 50, cursor: Cursor = None) -> Page[KeyModel]:
    """Your API keys, without their secrets."""
    query = select(ApiKey).where(ApiKey.owner_id == user.id).order_by(ApiKey.id).limit(limit + 1)
    if cursor is not None:
        query = query.where(ApiKey.id > read_cursor(cursor, str)[0])
    with service.database.read() as session:
        found = session.scalars(query).all()
    return paged(found, limit, lambda some: [_key(one) for one in some], "id")


@router.post("/keys", status_code=201)
def make_key(
    service: ServiceDep,
    user: UserDep,
    wanted: NewKey,
    user_id: Annotated[
        str | None, Query(max_length=32, description="For somebody else: admins only.")
    ] = None,
) -> MadeKey:
    """Make an API key; its secret is shown this once and kept as a hash only."""
    if user_id not in (None, user.id) and user.role != "admin":
        raise Forbidden("Only an admin may make keys for others.")
    public = "".join(secrets.choice(_LETTERS) for _ in range(8))
    secret = "".join(secrets.choice(_LETTERS) for _ in range(43))
    with service.database.write() as session:
        owner = session.get(User, user_id or user.id)
        if owner is None:
            raise NotFound("There is no such user.")
        key = ApiKey(
            id=public,
            owner_id=owner.id,
            name=wanted.name,
            secret_hash=hashlib.sha256(secret.encode()).hexdigest(),
            expires_at=now() + timedelta(days=wanted.days) if wanted.days else None,
        )
        session.add(key)
        session.flush()
        record(session, user.id, "key.made", public, owner=owner.id)
    return MadeKey(**_key(key).model_dump(), key=f"auricle_{public}_{secret}")


@router.delete("/keys/{key_id}", status_code=204)
def revoke_key(service: ServiceDep, user: UserDep, key_id: str) -> None:
    """Revoke a key: it is refused from now on."""
    with service.database.write() as session:
        key = session.get(ApiKey, key_id)
        if key is None or (key.owner_id != user.id and user.role != "admin"):
            raise NotFound("There is no such key.")
        key.revoked_at = key.revoked_at or now()
        record(session, user.id, "key.revoked", key_id)


def _shown(user: User) -> dict[str, Any]:
    return {name: getattr(user, name) for name in UserModel.model_fields}


def _key(key: ApiKey) -> KeyModel:
    return KeyModel(**{name: getattr(key, name) for name in KeyModel.model_fields})
