"""Where a request comes from."""

import re
from ipaddress import ip_address

from fastapi import Request

_LOOPBACK = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?", re.IGNORECASE)
#: What a proxy adds: who sent the request is then not who is connected.
_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")


def is_loopback(host: str) -> bool:
    """Whether a host name, with or without a port, means this machine."""
    return _LOOPBACK.fullmatch(host) is not None or host == "::1"


def address_of(request: Request) -> str:
    """The address of who asks, as far as trusted proxies say; `local` where there is none."""
    return request.client.host if request.client else "local"


def comes_from_here(request: Request) -> bool:
    """Whether a request was made on this machine, by one of its names, and passed on by nobody."""
    try:
        here = ip_address(address_of(request)).is_loopback
    except ValueError:
        here = False
    passed_on = any(name in request.headers for name in _FORWARDED)
    return here and not passed_on and is_loopback(request.headers.get("host", ""))
