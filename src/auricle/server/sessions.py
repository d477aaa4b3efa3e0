"""Routes for signing in and out, and for the links by which people choose their passwords."""

from datetime import timedelta

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from auricle.accounts import people, sessions
from auricle.accounts.tokens import token_hash
from auricle.errors import Forbidden, InvalidOption, NotFound, RateLimited, Unauthorized
from auricle.metrics import metrics
from auricle.server.bodies import Sent
from auricle.server.deps import AdminDep, CallerDep, ServiceDep, UserDep, session_cookie
from auricle.server.models import Moment, Role
from auricle.server.origin import address_of, comes_from_here
from auricle.server.service import Service
from auricle.store.audit import record
from auricle.store.schema import SignIn, User, now

router = APIRouter(tags=["users"])

#: Longer ones are nobody's; bounds what an attempt may cost.
_LONGEST = 2000


class Credentials(Sent):
    """What somebody signs in with."""

    name: str = Field(max_length=_LONGEST)
    password: str = Field(max_length=_LONGEST)


class SignedInUser(BaseModel):
    """Somebody who is signed in."""

    id: str
    name: str
    role: Role


class SessionModel(BaseModel):
    """A session that is open."""

    user: SignedInUser
    expires_at: Moment | None = Field(
        description="When it ends unless it is used before; null where none is needed."
    )


class PlaceModel(BaseModel):
    """Where somebody is signed in."""

    id: str
    agent: str = Field(description="What the browser says it is.")
    address: str
    created_at: Moment
    seen_at: Moment
    current: bool = Field(description="Whether it is the session that asks.")


class LinkToken(Sent):
    """The secret part of a set-up link."""

    token: str = Field(max_length=_LONGEST)


class LinkModel(BaseModel):
    """Who a set-up link is for."""

    name: str
    first: bool = Field(description="The first admin, who may choose a name too.")


class Setup(LinkToken):
    """The choice of a password."""

    password: str = Field(max_length=_LONGEST)
    name: str | None = Field(None, max_length=200, description="Only where it is for the first admin.")


class MadeLink(BaseModel):
    """A new set-up link; it is shown this once."""

    token: str
    path: str = Field(description="Where it leads, under this server's address.")
    expires_at: Moment


class PasswordChange(Sent):
    """A new password."""

    current: str = Field(max_length=_LONGEST)
    new: str = Field(max_length=_LONGEST)


def _private_way(request: Request, service: ServiceDep) -> None:
    """Raise Forbidden where a password would cross the network readable by everybody on the way."""
    if request.url.scheme == "https" or service.settings.plain_http or comes_from_here(request):
        return
    raise Forbidden(
        "This connection is not encrypted, so a password could be read on the way. Use https "
        "(AURICLE_TLS_CERT, or a proxy named in AURICLE_TRUSTED_PROXIES), or allow it with "
        "AURICLE_PLAIN_HTTP=true. API keys work."
    )


_PRIVATE_WAY = [Depends(_private_way)]


@router.post("/session", status_code=201, dependencies=_PRIVATE_WAY)
def sign_in(service: ServiceDep, request: Request, response: Response, given: Credentials) -> SessionModel:
    """Sign in with a name and a password: the answer sets a cookie that browsers send from then on."""
    _refuse_open(service)
    address = address_of(request)
    _count_attempt(service, given.name, address)
    with service.database.read() as session:
        found: User | Unauthorized
        try:
            found = sessions.sign_in(session, given.name, given.password)
        except Unauthorized as error:
            found = error
    if isinstance(found, Unauthorized):
        metrics().refused("password")
        service.limits.wrong_password(given.name[:200], address)
        with service.database.write() as session:
            record(session, None, "session.refused", given.name[:200])
        raise found
    service.limits.right_password(given.name[:200], address)
    return _begun(service, request, response, found)


def _refuse_open(service: Service) -> None:
    if service.settings.auth == "off":
        raise InvalidOption("Nobody has to sign in here: AURICLE_AUTH is off.")


def _count_attempt(service: Service, name: str, address: str) -> None:
    try:
        service.limits.password(name[:200], address)
    except RateLimited:
        metrics().refused("rate")
        raise


def _begun(service: Service, request: Request, response: Response, user: User) -> SessionModel:
    """Begin a session in the browser that asks; one it had ends, so that nobody can plant theirs."""
    days = service.settings.session_days
    cookie = session_cookie(request)
    before = request.cookies.get(cookie)
    with service.database.write() as session:
        current = session.get_one(User, user.id)
        if current.disabled or current.password_hash != user.password_hash:
            raise Unauthorized("The password was changed just now: sign in with the new one.")
        if before:
            planted = session.get(SignIn, token_hash(before))
            if planted is not None:
                session.delete(planted)
        token, expires_at = sessions.begin_session(
            session, user, agent=request.headers.get("user-agent", ""), address=address_of(request), days=days
        )
    response.set_cookie(
        cookie,
        token,
        max_age=int(timedelta(days=days).total_seconds()),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return SessionModel(user=_shown(user), expires_at=expires_at)


def _shown(user: User) -> SignedInUser:
    return SignedInUser(id=user.id, name=user.name, role=user.role)


@router.get("/session")
def current_session(service: ServiceDep, caller: CallerDep) -> SessionModel:
    """Who is signed in, or whose key this is."""
    with service.database.read() as session:
        visit = session.get(SignIn, caller.id) if caller.how == "session" else None
    return SessionModel(user=_shown(caller.user), expires_at=visit.expires_at if visit else None)


@router.delete("/session", status_code=204)
def sign_out(service: ServiceDep, caller: CallerDep, request: Request, response: Response) -> None:
    """Sign out here; a key stays as it is."""
    if caller.how == "session":
        with service.database.write() as session:
            sessions.end_session(session, caller.user.id, caller.id)
        _forget_cookie(request, response)


@router.get("/sessions")
def list_sessions(service: ServiceDep, user: UserDep, caller: CallerDep) -> list[PlaceModel]:
    """Where you are signed in, the last used first."""
    with service.database.read() as session:
        return [
            PlaceModel(
                id=one.id,
                agent=one.agent,
                address=one.address,
                created_at=one.created_at,
                seen_at=one.seen_at,
                current=one.id == caller.id,
            )
            for one in sessions.sessions_of(session, user.id)
        ]


@router.delete("/sessions/{session_id}", status_code=204)
def sign_out_there(service: ServiceDep, user: UserDep, session_id: str) -> None:
    """Sign out in one place."""
    with service.database.write() as session:
        if not sessions.end_session(session, user.id, session_id):
            raise NotFound("There is no such session.")


@router.delete("/sessions", status_code=204)
def sign_out_everywhere(service: ServiceDep, user: UserDep, request: Request, response: Response) -> None:
    """Sign out everywhere, here too; keys stay as they are."""
    with service.database.write() as session:
        sessions.end_sessions(session, user.id)
    _forget_cookie(request, response)


def _forget_cookie(request: Request, response: Response) -> None:
    secure = request.url.scheme == "https"
    response.delete_cookie(session_cookie(request), path="/", secure=secure, httponly=True, samesite="lax")


@router.put("/users/me/password", status_code=204)
def change_password(
    service: ServiceDep,
    user: UserDep,
    caller: CallerDep,
    request: Request,
    response: Response,
    change: PasswordChange,
) -> None:
    """Change your password: every session ends, and a new one begins here."""
    _private_way(request, service)
    _count_attempt(service, user.name, address_of(request))
    with service.database.read() as session:
        try:
            sessions.sign_in(session, user.name, change.current)
        except Unauthorized:
            metrics().refused("password")
            service.limits.wrong_password(user.name, address_of(request))
            raise Forbidden("The current password is wrong.") from None
    service.limits.right_password(user.name, address_of(request))
    with service.database.write() as session:
        mine = session.get_one(User, user.id)
        people.set_password(session, mine, change.new)
    if caller.how == "session":
        _begun(service, request, response, mine)


@router.post("/setup/look")
def look_at_link(service: ServiceDep, request: Request, given: LinkToken) -> LinkModel:
    """Who a set-up link is for; it stays good."""
    service.limits.link(address_of(request))
    with service.database.read() as session:
        user = people.link_owner(session, given.token)
        return LinkModel(name=user.name, first=_is_first(session, user))


def _is_first(session: Session, user: User) -> bool:
    return user.role == "admin" and people.nobody_can_sign_in(session)


@router.post("/setup", status_code=201, dependencies=_PRIVATE_WAY)
def set_up(service: ServiceDep, request: Request, response: Response, choice: Setup) -> SessionModel:
    """Choose a password by a set-up link, which is void from then on, and be signed in."""
    _refuse_open(service)
    service.limits.link(address_of(request))
    with service.database.write() as session:
        first = _is_first(session, people.link_owner(session, choice.token))
        user = people.use_link(session, choice.token, choice.password, choice.name if first else None)
    return _begun(service, request, response, user)


@router.post("/users/{user_id}/setup-link", status_code=201)
def make_setup_link(service: ServiceDep, admin: AdminDep, user_id: str) -> MadeLink:
    """Make a link by which a person chooses a password; links made before are void."""
    with service.database.write() as session:
        user = session.get(User, user_id)
        if user is None:
            raise NotFound("There is no such user.")
        token = people.make_link(session, user, admin.id)
    expires_at = now() + timedelta(hours=people.LINK_HOURS)
    return MadeLink(
        token=token, path=f"{service.settings.base_path or ''}/setup#{token}", expires_at=expires_at
    )
