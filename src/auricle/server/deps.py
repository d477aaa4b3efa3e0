"""What routes ask for: the service, who is asking, and what they may do."""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPBearer
from sqlalchemy import update

from auricle.accounts.keys import ADMINS_SCOPES, SCOPES, find_key
from auricle.accounts.sessions import find_session, is_unnoted, note_visit
from auricle.errors import Forbidden, RateLimited, Unauthorized
from auricle.metrics import metrics
from auricle.server.origin import address_of, comes_from_here
from auricle.server.request_log import template_of
from auricle.server.service import Service
from auricle.store.schema import LOCAL_USER, ApiKey, User, now

#: The cookie of a session; browsers keep the first one only from https, and for this host alone.
SECURE_COOKIE, PLAIN_COOKIE = "__Host-auricle", "auricle"
#: When a key was last used is noted this often (s) at most, so that reading does not write.
_NOTED_EVERY = 60.0
_READING = {"GET", "HEAD"}
#: Routes that no rate limit holds up: the many parts of one large file.
_UNCOUNTED = {"/api/v1/uploads/{upload_id}/parts/{number}"}

_SCHEMES = (
    HTTPBearer(auto_error=False, scheme_name="key", description="An API key of this server."),
    APIKeyCookie(
        name=SECURE_COOKIE, auto_error=False, scheme_name="session", description="Somebody signed in."
    ),
)


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


ServiceDep = Annotated[Service, Depends(_service)]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and how they proved it: by a key, by a session, or not at all (with AURICLE_AUTH=off).

    `id` is that of the key or the session; `scopes` are what may be done, `until` when a key ends.
    """

    user: User
    how: Literal["key", "session", "open"]
    id: str
    scopes: frozenset[str]
    until: datetime | None = None

    def needs(self, scope: str) -> User:
        """The user, where this scope is there; raises Forbidden where it is not."""
        if scope not in self.scopes:
            raise Forbidden(
                f"This API key lacks the scope {scope}: make one that has it, with auricle keys create "
                f"--scope {scope} or on the account page."
            )
        return self.user

    @property
    def is_admin(self) -> bool:
        """Whether an admin asks, by something that an admin's work may be done with."""
        return self.user.role == "admin" and "admin" in self.scopes


def _caller(
    request: Request,
    service: ServiceDep,
    _bearer: Annotated[object, Security(_SCHEMES[0])],
    _cookie: Annotated[object, Security(_SCHEMES[1])],
) -> Caller:
    try:
        caller = identify(request, service)
        if template_of(request.scope) not in _UNCOUNTED:
            service.limits.request(f"{caller.how}:{caller.id}")
    except RateLimited:
        metrics().refused("rate")
        raise
    request.scope.setdefault("state", {})["user_id"] = caller.user.id
    return caller


def identify(request: Request, service: Service) -> Caller:
    """Who asks. Raises Unauthorized, and RateLimited for somebody who tries one wrong key after another."""
    if service.settings.auth == "off":
        with service.database.read() as session:
            local = session.get_one(User, LOCAL_USER)
        return Caller(local, "open", address_of(request), frozenset(SCOPES))
    key = _given_key(request)
    if key is not None:
        try:
            return _by_key(service, key)
        except Unauthorized:
            metrics().refused("key")
            service.limits.wrong_key(address_of(request))
            raise
    token = request.cookies.get(session_cookie(request))
    found = _by_session(service, token) if token else None
    if found is None:
        raise Unauthorized(
            "Nobody is signed in here: sign in at /sign-in, or send an API key as Authorization: Bearer KEY "
            "(auricle keys create makes one)."
        )
    return found


def session_cookie(request: Request) -> str:
    """The name of the cookie that holds a session's token over this connection."""
    return SECURE_COOKIE if request.url.scheme == "https" else PLAIN_COOKIE


def _given_key(request: Request) -> str | None:
    """The key as Bearer, as the password of Basic (for clients that only know a URL), or as X-API-Key."""
    header = request.headers.get("authorization")
    if header is None:
        return request.headers.get("x-api-key")
    scheme, _, value = header.partition(" ")
    if scheme.lower() in ("bearer", "token"):
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().rpartition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    raise Unauthorized("The Authorization header has to be: Bearer and an API key of this server.")


def _by_key(service: Service, text: str) -> Caller:
    with service.database.read() as session:
        key, owner = find_key(session, text)
    if key.used_at is None or (now() - key.used_at).total_seconds() > _NOTED_EVERY:
        with service.database.write() as session:
            session.execute(update(ApiKey).where(ApiKey.id == key.id).values(used_at=now()))
    return Caller(owner, "key", key.id, _allowed(owner, key.scopes), key.expires_at)


def _allowed(user: User, scopes: Iterable[str]) -> frozenset[str]:
    """The scopes that mean something for a person, who may have been an admin when they were given."""
    return frozenset(scopes) if user.role == "admin" else frozenset(scopes) - ADMINS_SCOPES


def _by_session(service: Service, token: str) -> Caller | None:
    with service.database.read() as session:
        found = find_session(session, token)
    if found is None:
        return None
    visit, user = found
    if is_unnoted(visit):
        with service.database.write() as session:
            note_visit(session, visit.id, service.settings.session_days)
    return Caller(user, "session", visit.id, _allowed(user, SCOPES))


CallerDep = Annotated[Caller, Depends(_caller)]


def _user(request: Request, caller: CallerDep) -> User:
    return caller.needs("read" if request.method in _READING else "write")


#: Whose recordings these are: reading needs the scope read, everything else write.
UserDep = Annotated[User, Depends(_user)]


def _admin(caller: CallerDep) -> User:
    if caller.user.role != "admin":
        raise Forbidden("Only an admin may do this.")
    return caller.needs("admin")


AdminDep = Annotated[User, Depends(_admin)]


def _speaker(caller: CallerDep) -> User:
    return caller.needs("transcribe")


#: Who has audio transcribed by one of the dialects.
TranscribeDep = Annotated[User, Depends(_speaker)]


def _looker(caller: CallerDep) -> User:
    return caller.user if "transcribe" in caller.scopes else caller.needs("read")


#: Who looks at what can be used here, to read or to transcribe.
LookDep = Annotated[User, Depends(_looker)]


def _inside(request: Request, service: ServiceDep) -> bool:
    if comes_from_here(request):
        return True
    try:
        caller = identify(request, service)
    except Unauthorized:
        return False
    return caller.is_admin or (caller.how == "key" and "metrics" in caller.scopes)


#: Whether details may be shown: to this machine, an admin, or a key with the scope metrics.
InsideDep = Annotated[bool, Depends(_inside)]


def require_inside(request: Request, service: ServiceDep, inside: InsideDep) -> None:
    """Raise Unauthorized or Forbidden for everybody whom details are not for."""
    if not inside:
        identify(request, service)
        raise Forbidden("This is for this machine, for admins, and for keys with the scope metrics.")
