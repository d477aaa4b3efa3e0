"""Recordings: finding them, changing them, and what goes with one that is erased."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from auricle.errors import InvalidOption, NotFound
from auricle.store.schema import (
    Job,
    Recording,
    RecordingTag,
    StageResult,
    Tag,
    TranscriptVersion,
    Upload,
    User,
    now,
)
from auricle.store.search import remove
from auricle.store.tags import hold_owner, set_tags, tag_counts

#: Characters that steer a terminal or turn the direction of writing: no part of any name.
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
SORTS = ("newest", "oldest", "changed", "title", "longest", "shortest")
#: Orders by a moment; the others are by a text or by seconds.
BY_TIME = ("newest", "oldest", "changed")
_OPEN = ("queued", "running")
#: The states of a job that ended because something went wrong.
WENT_WRONG = ("failed", "dead")
#: How many names are counted at most.
_MOST_SPEAKERS = 200


def clean_name(name: str | None, otherwise: str = "recording") -> str:
    """A file name as it may be shown: one line, without a path, at most 200 characters."""
    last = re.split(r"[/\\]", name or "")[-1]
    return clean_title(last, "").strip(". ") or otherwise


def clean_title(title: str | None, otherwise: str) -> str:
    """A title as it may be shown: one line, at most 200 characters; `otherwise` where nothing is visible."""
    shown = "".join(one for one in title or "" if one.isspace() or unicodedata.category(one) not in _HIDDEN)
    return " ".join(shown.split())[:200].strip() or otherwise


def find_recording(session: Session, owner_id: str, recording_id: str, *, trash: bool = True) -> Recording:
    """A recording of this owner; NotFound otherwise, also where it is somebody else's."""
    recording = session.get(Recording, recording_id)
    if recording is None or recording.owner_id != owner_id or (recording.deleted_at and not trash):
        raise NotFound("There is no such recording.")
    return recording


def hold_recordings(session: Session, owner_id: str, ids: Collection[str]) -> list[Recording]:
    """These recordings of one person, held against other writers until the transaction ends, and their owner.

    Raises NotFound where one is not there. A worker holds a job before its recording: so do it, or neither.
    """
    hold_owner(session, owner_id)
    mine = select(Recording).where(Recording.owner_id == owner_id, Recording.id.in_(ids))
    held = session.scalars(mine.order_by(Recording.id).with_for_update(key_share=True))
    found = {one.id: one for one in held.all()}
    if len(found) < len(set(ids)):
        raise NotFound("There is no such recording.")
    return [found[one] for one in dict.fromkeys(ids)]


def same_audio(session: Session, owner_id: str, sha256: str | None, besides: str = "") -> Recording | None:
    """The oldest other recording of this owner with the same bytes that is not in the trash."""
    if sha256 is None:
        return None
    return session.scalars(
        select(Recording)
        .where(
            Recording.owner_id == owner_id,
            Recording.sha256 == sha256,
            Recording.deleted_at.is_(None),
            Recording.id != besides,
        )
        .order_by(Recording.id)
        .limit(1)
    ).first()


@dataclass(frozen=True, slots=True)
class Filter:
    """Which recordings to list; None is no condition."""

    title: str | None = None
    states: Sequence[str] = ()
    language: str | None = None
    tag: str | None = None
    speaker: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    sha256: str | None = None
    needs_review: bool = False
    trash: bool = False


def listed(owner_id: str, which: Filter) -> Select[Recording]:
    """The recordings of one owner that the filter lets through, in no order yet."""
    query = select(Recording).where(
        Recording.owner_id == owner_id,
        Recording.deleted_at.is_not(None) if which.trash else Recording.deleted_at.is_(None),
    )
    if which.title is not None:
        query = query.where(Recording.title.icontains(which.title, autoescape=True))
    if which.language is not None:
        query = query.where(Recording.language == which.language)
    if which.since is not None:
        query = query.where(Recording.created_at >= which.since)
    if which.until is not None:
        query = query.where(Recording.created_at < which.until)
    if which.sha256 is not None:
        query = query.where(Recording.sha256 == which.sha256)
    if which.states:
        query = query.where(or_(*(_in_state(state) for state in which.states)))
    if which.needs_review:
        query = query.where(Recording.doubtful > 0)
    if which.tag is not None:
        query = query.where(_with_tag(which.tag))
    if which.speaker is not None:
        query = query.where(_with_speaker(which.speaker))
    return query


def page(
    session: Session, query: Select[Recording], sort: str, after: Sequence[Any] | None, limit: int
) -> list[Recording]:
    """The next recordings in this order; `after` is the place of the last one before, see `place`."""
    column, descending = _order(sort)
    key = (column.desc(), Recording.id.desc()) if descending else (column.asc(), Recording.id.asc())
    if after is not None:
        value, last = after[0], after[1]
        if sort in BY_TIME:
            value = datetime.fromisoformat(value)
        beyond = column < value if descending else column > value
        next_id = Recording.id < last if descending else Recording.id > last
        query = query.where(or_(beyond, and_(column == value, next_id)))
    return list(session.scalars(query.order_by(*key).limit(limit)))


def place(recording: Recording, sort: str) -> tuple[Any, str]:
    """Where a recording stands in an order, for a cursor."""
    match sort:
        case "title":
            return recording.title.lower(), recording.id
        case "longest" | "shortest":
            return recording.duration or 0.0, recording.id
        case "changed":
            return recording.changed_at.isoformat(), recording.id
        case _:
            return recording.created_at.isoformat(), recording.id


def _order(sort: str) -> tuple[ColumnElement[Any], bool]:
    match sort:
        case "newest":
            return Recording.created_at.expression, True
        case "oldest":
            return Recording.created_at.expression, False
        case "changed":
            return Recording.changed_at.expression, True
        case "title":
            return func.lower(Recording.title), False
        case "longest" | "shortest":
            return func.coalesce(Recording.duration, 0.0), sort == "longest"
        case _:
            raise InvalidOption(f"sort is {sort!r}, but has to be one of {', '.join(SORTS)}.")


def _in_state(state: str) -> ColumnElement[bool]:
    if state == "none":
        return Recording.job_id.is_(None)
    return exists().where(Job.id == Recording.job_id, Job.state == state)


def _with_tag(name: str) -> ColumnElement[bool]:
    return exists().where(
        RecordingTag.recording_id == Recording.id, RecordingTag.tag_id == Tag.id, Tag.name == name
    )


def _with_speaker(name: str) -> ColumnElement[bool]:
    # Names are kept as JSON text, in which other letters than ASCII are escaped.
    return cast(Recording.speakers, String).contains(json.dumps(name), autoescape=True)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many recordings of one person there are of each sort; but for `trash`, outside the trash.

    running: their latest job waits or runs. failed: it failed or died. speakers: the most frequent names.
    """

    all: int
    running: int
    needs_review: int
    failed: int
    trash: int
    languages: dict[str, int]
    tags: dict[str, int]
    speakers: dict[str, int]


def tally(session: Session, owner_id: str) -> Tally:
    """Count the recordings of one person."""
    mine, trashed = Recording.owner_id == owner_id, Recording.deleted_at.is_not(None)
    rows = session.execute(
        select(Job.state, trashed, func.count(), func.count(case((Recording.doubtful > 0, 1))))
        .select_from(Recording)
        .outerjoin(Job, Job.id == Recording.job_id)
        .where(mine)
        .group_by(Job.state, trashed)
    ).all()
    here = [(state, count, unsure) for state, gone, count, unsure in rows if not gone]
    languages = session.execute(
        select(Recording.language, func.count())
        .where(mine, ~trashed, Recording.language.is_not(None))
        .group_by(Recording.language)
        .order_by(Recording.language)
    )
    names = Counter(
        name
        for speakers in session.scalars(select(Recording.speakers).where(mine, ~trashed))
        for name in set(speakers)
    )
    return Tally(
        all=sum(count for _, count, _ in here),
        running=sum(count for state, count, _ in here if state in _OPEN),
        needs_review=sum(unsure for _, _, unsure in here),
        failed=sum(count for state, count, _ in here if state in WENT_WRONG),
        trash=sum(count for _, gone, count, _ in rows if gone),
        languages={str(code): count for code, count in languages},
        tags=dict(tag_counts(session, owner_id)),
        speakers=dict(sorted(names.most_common(_MOST_SPEAKERS), key=lambda one: (-one[1], one[0]))),
    )


def touch(recording: Recording) -> None:
    """Note that a recording was changed."""
    recording.version += 1
    recording.changed_at = now()


def erase(session: Session, recording: Recording) -> list[str]:
    """Forget a recording and all that was made of it; returns the blobs to delete once this is committed.

    What stages found out about its audio goes as well, unless its owner has another recording of it.
    """
    hold_owner(session, recording.owner_id)
    blobs = [f"recordings/{recording.id}", f"transcripts/{recording.id}"]
    others = select(func.count()).where(
        Recording.owner_id == recording.owner_id,
        Recording.sha256 == recording.sha256,
        Recording.id != recording.id,
    )
    if recording.sha256 is not None and not session.scalar(others):
        results = session.scalars(
            select(StageResult).where(
                StageResult.owner_id == recording.owner_id, StageResult.sha256 == recording.sha256
            )
        ).all()
        for result in results:
            for value in result.result.get("blobs", {}).values():
                blobs += value if isinstance(value, list) else [value]
            session.delete(result)
    remove(session, recording.id)
    set_tags(session, recording, [])
    session.flush()
    for table in (TranscriptVersion, Job):
        session.execute(delete(table).where(table.recording_id == recording.id))
    session.delete(recording)
    return blobs


def space_of(session: Session, owner_id: str, besides: str = "") -> int:
    """Bytes of one person's recordings, those in the trash and uploads begun (but `besides`) included."""
    stored = select(func.sum(Recording.size)).where(Recording.owner_id == owner_id)
    announced = select(func.sum(Upload.size)).where(
        Upload.owner_id == owner_id, Upload.recording_id.is_(None), Upload.id != besides
    )
    return int(session.scalar(stored) or 0) + int(session.scalar(announced) or 0)


def retention_of(user: User, installation: int | None) -> int | None:
    """After how many days the recordings of a person go to the trash; None is never."""
    return user.retention_days if user.retention_days is not None else installation
