"""Secrets that are given out once and kept as their hash only."""

import hashlib
import secrets


def new_token() -> str:
    """43 characters that nobody can guess (256 bits), fit for URLs and cookies."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """How a token is kept: its SHA-256. It has too many bits to be found by trying, so no salt is needed."""
    return hashlib.sha256(token.encode("utf-8", errors="surrogateescape")).hexdigest()
