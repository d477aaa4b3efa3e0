"""How much one person may use: space, minutes of audio a day, unfinished jobs."""

import math
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import ForUpdateArg

from auricle.errors import QuotaExceeded
from auricle.settings import Settings
from auricle.store.recordings import space_of
from auricle.store.schema import Usage, User, now

#: How PostgreSQL holds a person while their rows are counted; SQLite has one writer anyway.
_HELD = ForUpdateArg(key_share=True)


@dataclass(frozen=True, slots=True)
class Quota:
    """What one person may use; None is without a limit. `space` is in bytes, `minutes` are a day's (UTC)."""

    space: int | None
    minutes: float | None
    max_open_jobs: int


def quota_of(user: User, settings: Settings) -> Quota:
    """What an admin said for this person, else what the settings say for everybody."""
    return Quota(
        settings.quota_space if user.quota_space is None else user.quota_space,
        settings.quota_minutes if user.quota_minutes is None else user.quota_minutes,
        settings.max_open_jobs if user.max_open_jobs is None else user.max_open_jobs,
    )


def held_quota(session: Session, owner_id: str, settings: Settings) -> Quota:
    """What a person may use; nobody else adds to what they have until the transaction ends."""
    return quota_of(session.get_one(User, owner_id, with_for_update=_HELD), settings)


def refuse_more_space(
    session: Session, owner_id: str, settings: Settings, size: int, *, upload_id: str = ""
) -> None:
    """Raise QuotaExceeded where `size` more bytes are too many; `upload_id` is the upload they came by."""
    allowed = held_quota(session, owner_id, settings).space
    if allowed is None:
        return
    used = space_of(session, owner_id, besides=upload_id)
    if used + size > allowed:
        raise QuotaExceeded(
            f"Your recordings take {used:,} of the {allowed:,} bytes you may use, so {size:,} more do not "
            "fit: erase some (the trash counts too), or ask an admin for more."
        )


def _until_midnight() -> float:
    """In how many seconds the next day begins (UTC)."""
    at = now()
    return (datetime.combine(at.date() + timedelta(days=1), time.min) - at).total_seconds()


def refuse_more_audio(session: Session, owner_id: str, settings: Settings, seconds: float = 0.0) -> None:
    """Raise QuotaExceeded where the day's minutes of audio are spent, or `seconds` more are too many."""
    allowed = quota_of(session.get_one(User, owner_id), settings).minutes
    if allowed is None:
        return
    if allowed == 0:
        raise QuotaExceeded("You may have no audio transcribed: ask an admin for minutes.")
    if seconds / 60 > allowed:
        # Rounded up: 31 s are more than half a minute, and are not said to be half a minute.
        minutes = math.ceil(seconds / 6) / 10
        raise QuotaExceeded(
            f"This recording is {minutes:g} minutes long, more than the {allowed:g} minutes of audio you may "
            "have transcribed in a day: ask an admin for more, or send it in shorter pieces."
        )
    today = select(func.coalesce(func.sum(Usage.audio_seconds), 0.0)).where(
        Usage.owner_id == owner_id, Usage.day == now().date()
    )
    used = (session.scalar(today) or 0.0) / 60
    if used >= allowed or used + seconds / 60 > allowed:
        raise QuotaExceeded(
            f"{used:.1f} of the {allowed:g} minutes of audio you may have transcribed in a day are used: go "
            "on after midnight (UTC), send something shorter, or ask an admin for more.",
            _until_midnight(),
        )
