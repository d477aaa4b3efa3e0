"""How often somebody may ask: counted here, or in Redis where several servers share one."""

import time
from ipaddress import IPv6Network

import structlog
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from auricle.errors import RateLimited
from auricle.settings import Settings

log = structlog.get_logger(__name__)

#: What a key or session may ask where nobody says.
DEFAULT = "300/minute"
#: Wrong keys from one address; right ones are never held up by them.
_WRONG_KEYS = parse("30/minute")
#: Uses of set-up links from one address; nobody can guess one.
_LINKS = parse("60/15minute")
#: Wrong passwords: for one name from one address, from one address, and for one name from everywhere.
_PASSWORDS = {"pair": parse("10/15minute"), "address": parse("30/15minute"), "name": parse("100/hour")}


class Limits:
    """The limits of an installation; safe for many threads."""

    def __init__(self, settings: Settings) -> None:
        given = settings.rate_limit or (DEFAULT if settings.auth == "on" else "off")
        self._rate = None if given == "off" else parse(given)
        self._local = MovingWindowRateLimiter(MemoryStorage())
        shared = _shared(settings)
        self._shared = MovingWindowRateLimiter(shared) if shared else None

    def request(self, who: str) -> None:
        """Count a request of a key, a session or an address. Raises RateLimited."""
        if self._rate is not None:
            self._take(self._rate, "request", who)

    def wrong_key(self, address: str) -> None:
        """Count a key that is none. Raises RateLimited where there were many."""
        self._take(_WRONG_KEYS, "key", _network(address))

    def password(self, name: str, address: str) -> None:
        """Count an attempt to sign in, before the password is looked at. Raises RateLimited.

        Each server counts for itself: signing in has to work while Redis is away. The name from this address
        is counted now, so that many attempts at once gain nothing; the address and the name alone only when
        the password turns out wrong, so that those who know theirs stop nobody.
        """
        address = _network(address)
        for kind, who in (("address", address), ("name", name)):
            if not self._local.test(_PASSWORDS[kind], kind, who):
                self._refuse(self._local, _PASSWORDS[kind], kind, who)
        if not self._local.hit(_PASSWORDS["pair"], "pair", name, address):
            self._refuse(self._local, _PASSWORDS["pair"], "pair", name, address)

    def wrong_password(self, name: str, address: str) -> None:
        """Count an attempt that failed."""
        for kind, who in (("address", _network(address)), ("name", name)):
            self._local.hit(_PASSWORDS[kind], kind, who)

    def right_password(self, name: str, address: str) -> None:
        """Forget the wrong passwords of somebody who knows the right one after all."""
        self._local.clear(_PASSWORDS["pair"], "pair", name, _network(address))

    def link(self, address: str) -> None:
        """Count the use of a set-up link. Raises RateLimited where there were many."""
        self._take(_LINKS, "link", _network(address))

    def _take(self, limit: RateLimitItem, kind: str, *who: str) -> None:
        for limiter in [self._shared, self._local] if self._shared else [self._local]:
            try:
                if limiter.hit(limit, kind, *who):
                    return
                self._refuse(limiter, limit, kind, *who)
            except RateLimited:
                raise
            except Exception as error:
                if limiter is self._local:
                    raise
                # Redis is away: what is counted here still protects this server.
                log.warning("limits_counted_here", error=str(error))
                continue

    def _refuse(self, limiter: MovingWindowRateLimiter, limit: RateLimitItem, kind: str, *who: str) -> None:
        wait = max(1.0, limiter.get_window_stats(limit, kind, *who).reset_time - time.time())
        raise RateLimited(
            f"Too many requests ({limit} are allowed): try again in {wait:.0f} s.", retry_after=wait
        )


def _network(address: str) -> str:
    """What one customer of a provider has: an address of IPv4, 64 bits of IPv6 (RFC 6177)."""
    try:
        return str(IPv6Network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return address


def _shared(settings: Settings) -> Storage | None:
    """Redis, where it wakes the workers anyway."""
    url = settings.broker_url or ""
    if not url.startswith(("redis://", "rediss://")):
        return None
    found = storage_from_string(url, key_prefix=f"{settings.name}-limits")
    return found if isinstance(found, Storage) else None
