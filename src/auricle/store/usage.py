"""What each person had done, day by day."""

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from auricle.store.schema import Usage, now


def count_usage(
    session: Session, owner_id: str, *, jobs: int = 0, audio_seconds: float = 0.0, bytes_in: int = 0
) -> None:
    """Add to today's usage of one person."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    more = {"jobs": jobs, "audio_seconds": audio_seconds, "bytes_in": bytes_in}
    session.execute(
        dialect.insert(Usage)
        .values(owner_id=owner_id, day=now().date(), **more)
        .on_conflict_do_update(
            index_elements=[Usage.owner_id, Usage.day],
            set_={name: getattr(Usage, name) + value for name, value in more.items()},
        )
    )
