"""What stages found out before about the same audio with the same options, so that it is not done again."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from auricle.jobs.work import Made, Work
from auricle.store.schema import StageResult, now


def earlier(work: Work, key: str) -> Made | None:
    """The result an earlier job left under `key`; None where there is none, or it must not be used."""
    if work.fresh:
        return None
    with work.place.database.write() as session:
        kept = session.execute(
            update(StageResult)
            .where(StageResult.key == key)
            .values(used_at=now())
            .returning(StageResult.result)
            .execution_options(synchronize_session=False)
        ).scalar()
    if kept is None or not all(_is_there(work, blob) for blob in blobs_of(kept)):
        return None
    return Made(kept)


def keep(session: Session, work: Work, key: str, sha256: str, result: Mapping[str, Any]) -> None:
    """Let later jobs find this result; where two made the same, they find the later one."""
    replaced = session.execute(
        update(StageResult)
        .where(StageResult.key == key)
        .values(result=dict(result), used_at=now())
        .returning(StageResult.key)
        .execution_options(synchronize_session=False)
    ).first()
    if replaced is not None:
        return
    with contextlib.suppress(IntegrityError), session.begin_nested():
        session.add(
            StageResult(
                key=key,
                owner_id=work.claim.owner_id,
                sha256=sha256,
                stage=work.claim.stage,
                result=dict(result),
            )
        )


def blobs_of(result: Mapping[str, Any]) -> Iterator[str]:
    """The keys of everything a result refers to."""
    for value in result.get("blobs", {}).values():
        yield from value if isinstance(value, list) else [value]


def _is_there(work: Work, blob: str) -> bool:
    return any(found.key == blob for found in work.place.storage.blobs(blob))
