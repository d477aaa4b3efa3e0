"""Tags: the words a person sorts recordings by."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import and_, delete, exists, func, insert, select
from sqlalchemy.orm import Session

from auricle.errors import InvalidOption
from auricle.store.schema import Recording, RecordingTag, Tag, User

#: More on one recording are a mistake.
MOST_TAGS = 100


def clean_tag(name: str) -> str:
    """A tag as it is kept: one line, at most 100 characters; empty where there is nothing to be seen."""
    return " ".join(name.split())[:100].strip()


def hold_owner(session: Session, owner_id: str) -> None:
    """Hold a person until the transaction ends: of those who change their tags, the others wait.

    To be called before any row of theirs is changed, or two transactions could wait for each other.
    """
    # SQLite has one writer anyway.
    session.execute(select(User.id).where(User.id == owner_id).with_for_update(key_share=True))


def tags_of(session: Session, recordings: Sequence[Recording]) -> dict[str, list[str]]:
    """The tags of each recording, by name."""
    rows = session.execute(
        select(RecordingTag.recording_id, Tag.name)
        .join(Tag, Tag.id == RecordingTag.tag_id)
        .where(RecordingTag.recording_id.in_([one.id for one in recordings]))
        .order_by(Tag.name)
    )
    tags: dict[str, list[str]] = {one.id: [] for one in recordings}
    for recording_id, name in rows:
        tags[recording_id].append(name)
    return tags


def set_tags(session: Session, recording: Recording, names: Iterable[str]) -> None:
    """Give a recording exactly these tags; tags nobody uses any more go. InvalidOption for too many."""
    wanted = {clean_tag(name) for name in names} - {""}
    _refuse_too_many(len(wanted))
    hold_owner(session, recording.owner_id)
    on_it = RecordingTag.recording_id == recording.id
    before = set(session.scalars(select(RecordingTag.tag_id).where(on_it)))
    after = {_known_or_new(session, recording.owner_id, name) for name in wanted}
    session.execute(delete(RecordingTag).where(on_it, RecordingTag.tag_id.in_(before - after)))
    _put_on(session, [(recording.id, tag) for tag in after - before])
    _forget_unused(session, before - after)


def add_tag(session: Session, owner_id: str, recording_ids: Collection[str], name: str) -> None:
    """Put a tag on recordings of one person. Raises InvalidOption where one of them has too many then."""
    hold_owner(session, owner_id)
    tag = _known_or_new(session, owner_id, clean_tag(name))
    among = RecordingTag.recording_id.in_(recording_ids)
    have = set(session.scalars(select(RecordingTag.recording_id).where(among, RecordingTag.tag_id == tag)))
    _put_on(session, [(one, tag) for one in recording_ids if one not in have])
    full = select(func.count()).where(among).group_by(RecordingTag.recording_id)
    _refuse_too_many(max(session.scalars(full), default=0))


def remove_tag(session: Session, owner_id: str, recording_ids: Collection[str], name: str) -> None:
    """Take a tag off recordings of one person; one that nobody uses any more goes."""
    hold_owner(session, owner_id)
    tag = session.scalar(select(Tag.id).where(Tag.owner_id == owner_id, Tag.name == clean_tag(name)))
    if tag is not None:
        off = and_(RecordingTag.recording_id.in_(recording_ids), RecordingTag.tag_id == tag)
        session.execute(delete(RecordingTag).where(off))
        _forget_unused(session, {tag})


def _refuse_too_many(count: int) -> None:
    if count > MOST_TAGS:
        raise InvalidOption(f"A recording may have {MOST_TAGS} tags at most, not {count:,}.")


def _known_or_new(session: Session, owner_id: str, name: str) -> str:
    """The id of a tag of a person who is held."""
    known = session.scalar(select(Tag.id).where(Tag.owner_id == owner_id, Tag.name == name))
    return known or session.scalars(insert(Tag).returning(Tag.id), {"owner_id": owner_id, "name": name}).one()


def _put_on(session: Session, pairs: Sequence[tuple[str, str]]) -> None:
    if pairs:
        rows = [{"recording_id": recording, "tag_id": tag} for recording, tag in pairs]
        session.execute(insert(RecordingTag), rows)


def _forget_unused(session: Session, tag_ids: Collection[str]) -> None:
    used = exists().where(RecordingTag.tag_id == Tag.id)
    session.execute(delete(Tag).where(Tag.id.in_(tag_ids), ~used))


def tag_counts(session: Session, owner_id: str) -> list[tuple[str, int]]:
    """Every tag of one person, and on how many recordings outside the trash it is."""
    rows = session.execute(
        select(Tag.name, func.count(Recording.id))
        .join(RecordingTag, RecordingTag.tag_id == Tag.id)
        .join(Recording, and_(Recording.id == RecordingTag.recording_id, Recording.deleted_at.is_(None)))
        .where(Tag.owner_id == owner_id)
        .group_by(Tag.name)
        .order_by(Tag.name)
    )
    return [(name, count) for name, count in rows]
