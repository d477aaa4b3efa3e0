"""What has to be accounted for."""

from typing import Any

from sqlalchemy.orm import Session

from auricle.store.schema import AuditEvent


def record(session: Session, user_id: str | None, action: str, subject: str = "", **detail: Any) -> None:
    """Note in this transaction that somebody did something, such as `recording.erased`, to a subject."""
    session.add(AuditEvent(user_id=user_id, action=action, subject=subject, detail=detail))
