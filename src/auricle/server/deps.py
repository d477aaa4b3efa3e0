"""What routes ask for: the service, and who is asking."""

import hashlib
import hmac
from typing import Annotated

from fastapi import Depends, Header, Request
from sqlalchemy import update
from sqlalchemy.orm import Session

from auricle.errors import Forbidden, Unauthorized
from auricle.server.service import Service
from auricle.store.schema import LOCAL_USER, ApiKey, User, now


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


ServiceDep = Annotated[Service, Depends(_service)]


def _current_user(
    service: ServiceDep,
    authorization: Annotated[
        str | None, Header(description="`Bearer` and an API key; without it you are the local user.")
    ] = None,
) -> User:
    with service.database.read() as session:
        if authorization is None:
            return session.get_one(User, LOCAL_USER)
        user = _owner_of_key(session, authorization)
    with service.database.write() as session:
        session.execute(update(ApiKey).where(ApiKey.id == _parts(authorization)[0]).values(used_at=now()))
    return user


def _owner_of_key(session: Session, authorization: str) -> User:
    public, secret = _parts(authorization)
    key = session.get(ApiKey, public)
    given = hashlib.sha256(secret.encode()).hexdigest()
    # Compared even where there is no such key, so that the time taken tells nothing.
    right = hmac.compare_digest(key.secret_hash if key else "", given)
    if key is None or not right or key.revoked_at or (key.expires_at and key.expires_at <= now()):
        raise Unauthorized("This API key is not valid: it is unknown, revoked or has expired.")
    user = session.get_one(User, key.owner_id)
    if user.disabled:
        raise Unauthorized("The owner of this API key is disabled.")
    return user


def _parts(authorization: str) -> tuple[str, str]:
    """The public and the secret part of `Bearer auricle_PUBLIC_SECRET`."""
    scheme, _, key = authorization.partition(" ")
    pieces = key.strip().split("_", 2)
    if scheme.lower() != "bearer" or len(pieces) != 3 or pieces[0] != "auricle":
        raise Unauthorized("The Authorization header has to be: Bearer and an API key of this server.")
    return pieces[1], pieces[2]


UserDep = Annotated[User, Depends(_current_user)]


def _admin(user: UserDep) -> User:
    if user.role != "admin":
        raise Forbidden("Only an admin may do this.")
    return user


AdminDep = Annotated[User, Depends(_admin)]
