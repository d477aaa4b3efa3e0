"""What has to be accounted for."""

from typing import Any

import structlog
from sqlalchemy.orm import Session

from auricle.store.schema import AuditEvent


def record(session: Session, user_id: str | None, action: str, subject: str = "", **detail: Any) -> None:
    """Note in this transaction that somebody did something, such as `recording.erased`, to a subject.

    The request it came with, and from where, are those the log speaks of.
    """
    asked = structlog.contextvars.get_contextvars()
    event = AuditEvent(user_id=user_id, action=action, subject=subject, detail=detail)
    event.request_id, event.address = asked.get("request"), asked.get("client")
    session.add(event)
