"""Addresses to show to people."""

from auricle.settings import Settings

#: Addresses that mean "every one of this machine"; people need one they can open.
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not listened on


def server_address(settings: Settings) -> str:
    """Where a browser on this machine finds the server."""
    scheme = "https" if settings.tls_cert else "http"
    host = _EVERYWHERE.get(settings.host, settings.host)
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{settings.port}{settings.base_path or ''}"


def setup_address(settings: Settings, token: str) -> str:
    """A set-up link; its token comes after #, which browsers send to nobody."""
    return f"{server_address(settings)}/setup#{token}"
