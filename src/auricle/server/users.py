"""Routes for people and their keys."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from auricle.accounts import keys, people
from auricle.accounts.keys import DEFAULT_SCOPES, SCOPES, Scope
from auricle.accounts.quotas import quota_of
from auricle.errors import Forbidden, NotFound
from auricle.server.bodies import Sent
from auricle.server.deps import AdminDep, CallerDep, ServiceDep, UserDep
from auricle.server.models import Moment, Role
from auricle.server.paging import Cursor, Limit, Page, paged, read_cursor
from auricle.settings import Settings
from auricle.store.audit import record
from auricle.store.recordings import space_of
from auricle.store.schema import ApiKey, Usage, User, now

router = APIRouter(tags=["users"])

#: Whose keys these are, where they are not of who asks.
OwnerId = Annotated[str | None, Query(max_length=32, description="For somebody else: admins only.")]


class UserModel(BaseModel):
    """A person."""

    id: str
    name: str
    role: Role
    disabled: bool
    retention_days: int | None = Field(description="Days after which recordings go to the trash.")
    quota_space: int | None = Field(description="Bytes their recordings may take; null: as the settings say.")
    quota_minutes: float | None = Field(description="Minutes of audio a day; null: as the settings say.")
    max_open_jobs: int | None = Field(description="Unfinished jobs at once; null: as the settings say.")
    created_at: Moment


class PersonModel(UserModel):
    """A person, as an admin sees them."""

    space: int = Field(description="Bytes of their recordings, trash and unfinished uploads included.")
    has_password: bool = Field(description="False until they have chosen one by their set-up link.")


class QuotaModel(BaseModel):
    """What one person may use; null is without a limit."""

    space: int | None = Field(description="Bytes of recordings, trash and unfinished uploads included.")
    minutes: float | None = Field(description="Minutes of audio transcribed in a day (UTC).")
    max_open_jobs: int = Field(description="Unfinished jobs at once.")


class Me(UserModel):
    """You, what you use, and what you may use."""

    space: int = Field(description="Bytes of your recordings, trash and unfinished uploads included.")
    quota: QuotaModel


class NewUser(Sent):
    """A person to be added."""

    name: str = Field(min_length=1, max_length=200)
    role: Literal["admin", "member"] = "member"


class UserChange(Sent):
    """What is to change; what is left out stays."""

    retention_days: int | None = Field(default=None, ge=1, le=36_500)


class PersonChange(UserChange):
    """What an admin may change of a person; what is left out stays."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    role: Literal["admin", "member"] | None = None
    disabled: bool | None = None
    quota_space: int | None = Field(default=None, ge=0, description="Bytes; null is as the settings say.")
    quota_minutes: float | None = Field(
        default=None, ge=0, allow_inf_nan=False, description="Minutes a day; null is as the settings say."
    )
    max_open_jobs: int | None = Field(default=None, ge=1, description="Null is as the settings say.")


class KeyModel(BaseModel):
    """An API key, without its secret."""

    id: str = Field(description="The part of the key that may be shown.")
    name: str
    scopes: list[str] = Field(description="What it is good for.")
    created_at: Moment
    expires_at: Moment | None
    used_at: Moment | None
    revoked_at: Moment | None


class NewKey(Sent):
    """A key to be made."""

    name: str = Field(min_length=1, max_length=200)
    days: int | None = Field(
        default=None, ge=1, le=3650, description="How long it is valid; null is for ever."
    )
    scopes: list[Scope] = Field(
        default=list(DEFAULT_SCOPES),
        min_length=1,
        description="What it is good for. "
        + " ".join(f"{scope}: {meaning}" for scope, meaning in SCOPES.items()),
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
        return _me(session, user, service.settings)


def _me(session: Session, user: User, settings: Settings) -> Me:
    quota = quota_of(user, settings)
    model = QuotaModel(space=quota.space, minutes=quota.minutes, max_open_jobs=quota.max_open_jobs)
    return Me(**_shown(user), space=space_of(session, user.id), quota=model)


@router.patch("/users/me")
def change_me(service: ServiceDep, user: UserDep, change: UserChange) -> Me:
    """Say how long your recordings are kept; null is as the installation says."""
    with service.database.write() as session:
        mine = session.get_one(User, user.id)
        if "retention_days" in change.model_fields_set:
            mine.retention_days = change.retention_days
        return _me(session, mine, service.settings)


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
def list_users(
    service: ServiceDep, _: AdminDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[PersonModel]:
    """Everybody, by name."""
    query = select(User).order_by(User.name).limit(limit + 1)
    if cursor is not None:
        query = query.where(User.name > read_cursor(cursor, str)[0])
    with service.database.read() as session:
        found = session.scalars(query).all()
        return paged(found, limit, lambda some: [_person(session, one) for one in some], "name")


@router.post("/users", status_code=201)
def add_user(service: ServiceDep, admin: AdminDep, wanted: NewUser) -> PersonModel:
    """Add a person: `POST /users/{id}/setup-link` makes the link by which they choose a password."""
    with service.database.write() as session:
        return _person(session, people.add_person(session, wanted.name, wanted.role, admin.id))


@router.patch("/users/{user_id}")
def change_user(service: ServiceDep, admin: AdminDep, user_id: str, change: PersonChange) -> PersonModel:
    """Change a person: name, role, quotas; `disabled` locks them out, and what is theirs stays."""
    given = change.model_fields_set
    with service.database.write() as session:
        user = session.get(User, user_id)
        if user is None:
            raise NotFound("There is no such user.")
        # Role and disabled first: they hold all admins, which has to come before any of them is changed.
        if change.role is not None:
            people.change_role(session, user, change.role, admin.id)
        if change.disabled is not None and change.disabled != user.disabled:
            people.disable(session, user, change.disabled, admin.id)
        if change.name is not None:
            people.rename(session, user, change.name, admin.id)
        limits = {"retention_days", "quota_space", "quota_minutes", "max_open_jobs"} & given
        for name in limits:
            setattr(user, name, getattr(change, name))
        if limits:
            record(session, admin.id, "user.limits", user.id, **{one: getattr(change, one) for one in limits})
        return _person(session, user)


@router.get("/keys")
def list_keys(
    service: ServiceDep,
    user: UserDep,
    caller: CallerDep,
    user_id: OwnerId = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[KeyModel]:
    """Your API keys, without their secrets."""
    if user_id not in (None, user.id) and not caller.is_admin:
        raise Forbidden("Only an admin may see the keys of others.")
    query = select(ApiKey).where(ApiKey.owner_id == (user_id or user.id)).order_by(ApiKey.id).limit(limit + 1)
    if cursor is not None:
        query = query.where(ApiKey.id > read_cursor(cursor, str)[0])
    with service.database.read() as session:
        found = session.scalars(query).all()
    return paged(found, limit, lambda some: [_key(one) for one in some], "id")


@router.post("/keys", status_code=201)
def make_key(
    service: ServiceDep,
    user: UserDep,
    caller: CallerDep,
    wanted: NewKey,
    user_id: OwnerId = None,
) -> MadeKey:
    """Make an API key; its secret is shown this once and kept as a hash only.

    One made by a key may do no more than that key, and ends with it.
    """
    if user_id not in (None, user.id) and not caller.is_admin:
        raise Forbidden("Only an admin may make keys for others.")
    beyond = set(wanted.scopes) - caller.scopes
    if beyond:
        raise Forbidden(f"A key cannot make one that may do more than itself: {', '.join(sorted(beyond))}.")
    with service.database.write() as session:
        owner = session.get(User, user_id or user.id)
        if owner is None:
            raise NotFound("There is no such user.")
        key, text = keys.make_key(
            session,
            owner,
            name=wanted.name,
            scopes=wanted.scopes,
            days=wanted.days,
            until=caller.until,
            by=user.id,
        )
        return MadeKey(**_key(key).model_dump(), key=text)


@router.delete("/keys/{key_id}", status_code=204)
def revoke_key(service: ServiceDep, user: UserDep, caller: CallerDep, key_id: str) -> None:
    """Revoke a key: it is refused from now on."""
    with service.database.write() as session:
        key = session.get(ApiKey, key_id)
        if key is None or (key.owner_id != user.id and not caller.is_admin):
            raise NotFound("There is no such key.")
        keys.revoke_key(session, key, user.id)


def _shown(user: User) -> dict[str, Any]:
    return {name: getattr(user, name) for name in UserModel.model_fields}


def _person(session: Session, user: User) -> PersonModel:
    return PersonModel(
        **_shown(user), space=space_of(session, user.id), has_password=user.password_hash is not None
    )


def _key(key: ApiKey) -> KeyModel:
    return KeyModel(**{name: getattr(key, name) for name in KeyModel.model_fields})
