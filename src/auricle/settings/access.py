"""Who may come in, from where, and how much of it: accounts, addresses, limits."""

from typing import Annotated, Literal

from pydantic_settings import BaseSettings

from auricle.settings.kinds import (
    Aliases,
    BasePath,
    File,
    Lowered,
    Networks,
    Origins,
    Rate,
    Size,
    setting,
)


class AccessSettings(BaseSettings):
    """Settings that decide who reaches the server and what they may use."""

    auth: Annotated[Literal["on", "off"], Lowered] = setting(
        "on",
        """on asks everybody for a session or an API key. off lets in whoever reaches the server, as the one
        local user, and is refused unless the server listens on this machine only.""",
        group="Access",
    )
    session_days: float = setting(
        30.0,
        "How long somebody stays signed in after their last visit.",
        group="Access",
        unit="days",
        gt=0,
        le=365,
    )
    plain_http: bool = setting(
        False,
        """Let people sign in with a password over an unencrypted connection from other machines. Off, because
        everybody on the way could read the password; API keys are the sender's own choice.""",
        group="Access",
    )
    rate_limit: Rate | None = setting(
        None,
        """Requests a key or a session may make, as in 300/minute; off lifts the limit. With AURICLE_AUTH=off
        nothing is limited unless this is set, and addresses count. The parts of an upload do not.""",
        group="Access",
        kind="Rate",
        shown="300/minute",
    )
    quota_space: Size | None = setting(
        None,
        "The most bytes one person's recordings may take, where an admin has not said otherwise for them.",
        group="Access",
        kind="Size",
        unit="bytes",
        ge=0,
        shown="no limit",
    )
    quota_minutes: float | None = setting(
        None,
        """Minutes of audio one person may have transcribed in a day (UTC), where an admin has not said
        otherwise for them.""",
        group="Access",
        unit="minutes",
        ge=0,
        shown="no limit",
    )
    cors_origins: Origins | None = setting(
        None,
        """Other web sites whose pages may use the API with a key, comma-separated, as in https://example.org.
        Cookies are never sent from there.""",
        group="Network",
        kind="Origins",
        shown="none",
    )
    trusted_proxies: Networks | None = setting(
        None,
        """Addresses or networks of reverse proxies, comma-separated, as in 10.0.0.0/8: only they are believed
        about who asks and by which scheme (X-Forwarded-For, X-Forwarded-Proto).""",
        group="Network",
        kind="Networks",
        shown="none",
    )
    base_path: BasePath | None = setting(
        None,
        "The path under which a reverse proxy shows Auricle, as in /auricle; it may pass it on or strip it.",
        group="Network",
        kind="BasePath",
        shown="none",
    )
    tls_cert: File | None = setting(
        None,
        "A file with the certificate (PEM, chain included) for https; AURICLE_TLS_KEY belongs to it.",
        group="Network",
        kind="File",
        shown="no https",
    )
    tls_key: File | None = setting(
        None, "A file with the certificate's private key.", group="Network", kind="File", shown="no https"
    )
    model_aliases: Aliases | None = setting(
        None,
        """Further names of models for clients that insist on one, as in gpt-4o-transcribe=large-v3-turbo;
        whisper-1 always means the configured engine and model.""",
        group="Requests",
        kind="Aliases",
        shown="none",
    )
    interactive_slots: int = setting(
        2,
        """Requests whose answer somebody waits for (the OpenAI and ASR routes) that are heard at once; two
        keep a processor busy while one of them is being read.""",
        group="Requests",
        unit="requests",
        ge=1,
        le=64,
    )
    interactive_queue: int = setting(
        32,
        "The most such requests that may wait; further ones are answered with 429 and when to come again.",
        group="Requests",
        unit="requests",
        ge=0,
        le=10_000,
    )
