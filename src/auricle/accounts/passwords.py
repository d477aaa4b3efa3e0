"""Passwords: kept as Argon2id hashes, compared in the same time whether or not there is such a person."""

import threading
from functools import cache

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError
from pwdlib.hashers.argon2 import Argon2Hasher

from auricle.errors import InvalidOption

#: NIST SP 800-63B asks for length, not for kinds of characters; the upper bound keeps hashing cheap.
SHORTEST, LONGEST = 10, 1000
#: A hash takes 64 MiB by design: many at once would take all memory.
_AT_ONCE = threading.BoundedSemaphore(2)


@cache
def _hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(),))


@cache
def _nobodys() -> str:
    return _hasher().hash("compared with where there is nothing to compare with")


def hash_password(password: str, name: str = "") -> str:
    """The hash of a new password. Raises InvalidOption for one that is too easy to guess."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidOption(
            f"A password needs at least {SHORTEST} characters (and at most {LONGEST:,}): three or four words "
            "in a row are easy to keep in mind."
        )
    if len(set(password)) < 4 or (name and password.lower() == name.lower()):
        raise InvalidOption("This password is too easy to guess: choose another.")
    with _AT_ONCE:
        return _hasher().hash(password)


def is_password(password: str, hashed: str | None) -> bool:
    """Whether this is the password of the hash; takes as long where there is no hash."""
    try:
        with _AT_ONCE:
            right = _hasher().verify(password[: LONGEST + 1], hashed or _nobodys())
    except PwdlibError:
        return False
    return right and hashed is not None
