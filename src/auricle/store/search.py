"""Finding recordings by title, speaker and what is said, with the moments to jump to.

Words are folded in one place for both databases: case, accents and width do not matter, and scripts without
spaces are searched character by character. All words of a query have to occur somewhere in the recording; the
last one may be unfinished; "several words" in quotes have to follow one another; -word must not occur.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, delete, exists, func, insert, or_, select, text, update
from sqlalchemy.orm import Session

from auricle.store.schema import Passage, Recording, RecordingTag, SearchDocument, Tag
from auricle.store.search_index import VECTOR
from auricle.transcript import Segment, Transcript

_WORD = re.compile(r"[^\W_]+")
#: Scripts written without spaces: Thai, Lao, Myanmar, Khmer, Kana and Han.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
#: One word, or one character of a script without spaces, with its accents.
_TOKEN = re.compile(rf"{_UNSPACED.pattern}|(?:(?!{_UNSPACED.pattern})[^\W_]|[\u0300-\u036f])+")
_TERM = re.compile(r'(-?)(?:"([^"]*)"?|(\S+))')
#: The most words in one row of the index: a text vector of PostgreSQL has to stay below 1 MB.
_WORDS = 16_000
#: Recordings that match are looked at from the newest on, and no more than this many.
_CANDIDATES = 500
_SNIPPETS = 3
_MOST_TERMS = 16


class Piece(NamedTuple):
    """A stretch of text, and whether it is what was searched for."""

    text: str
    match: bool


@dataclass(frozen=True, slots=True)
class Snippet:
    """A segment in which something was found; `start` is in seconds."""

    start: float
    segment_id: int
    text: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A recording in which everything was found."""

    recording_id: str
    title: tuple[Piece, ...]
    snippets: tuple[Snippet, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """Words that follow one another; `prefix`: the last of them may go on; `unwanted`: must not occur."""

    words: tuple[str, ...]
    prefix: bool = False
    unwanted: bool = False


def words_of(text: str) -> list[str]:
    """The folded words of a text; a character of a script without spaces is a word."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(one for one in decomposed if not unicodedata.combining(one))
    return _WORD.findall(_UNSPACED.sub(lambda found: f" {found[0]} ", plain))


def parse(query: str) -> list[Term]:
    """What a person typed, as terms; nothing in it has another meaning."""
    terms = []
    for minus, phrase, word in _TERM.findall(query[:500]):
        words = tuple(words_of(phrase or word))
        if words:
            terms.append(Term(words, unwanted=bool(minus)))
    terms = terms[:_MOST_TERMS]
    if terms and not terms[-1].unwanted and query[-1:] not in ('"', " "):
        terms[-1] = Term(terms[-1].words, prefix=True)
    return terms


def index_title(session: Session, recording: Recording) -> None:
    """Make a recording findable by its title, as long as it has no transcript."""
    _write_documents(session, recording, words_of(recording.filename), [])


def index_transcript(session: Session, recording: Recording, transcript: Transcript) -> None:
    """Make a recording findable by its title, its speakers and what is said in its current transcript.

    Only rows that are other than before are written: an edit of a long transcript changes few.
    """
    said = _write_passages(session, recording.id, transcript.segments)
    speakers = [word for speaker in transcript.speakers for word in words_of(speaker.name)]
    _write_documents(session, recording, [*words_of(recording.filename), *speakers], said)


def _write_passages(session: Session, recording_id: str, segments: Sequence[Segment]) -> list[str]:
    """Write what is other now; returns all that is said, as words."""
    columns = (Passage.number, Passage.segment_id, Passage.start, Passage.text, Passage.folded)
    rows = session.execute(select(*columns).where(Passage.recording_id == recording_id))
    known = {row.number: row for row in rows}
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    said: list[str] = []
    for number, one in enumerate(segments):
        old = known.get(number)
        folded = old.folded if old and old.text == one.text else f" {' '.join(words_of(one.text))} "
        said += folded.split()
        if old is None or (old.segment_id, old.start, old.text) != (one.id, one.start, one.text):
            passage = {"segment_id": one.id, "start": one.start, "text": one.text, "folded": folded}
            row = {"recording_id": recording_id, "number": number, **passage}
            (new if old is None else changed).append(row)
    gone = and_(Passage.recording_id == recording_id, Passage.number >= len(segments))
    session.execute(delete(Passage).where(gone).execution_options(synchronize_session=False))
    if changed:
        session.execute(update(Passage), changed)
    if new:
        session.execute(insert(Passage), new)
    return said


def retitle(session: Session, recording: Recording) -> None:
    """Index the new title of a recording; what was said in it stays indexed."""
    title = " ".join(words_of(recording.title))
    for document in session.scalars(
        select(SearchDocument).where(SearchDocument.recording_id == recording.id)
    ):
        document.content = f"{title} {document.content.removeprefix(document.title).strip()}".strip()
        document.title = title


def remove(session: Session, recording_id: str) -> None:
    """Forget what was indexed of a recording."""
    session.execute(delete(Passage).where(Passage.recording_id == recording_id))
    session.execute(delete(SearchDocument).where(SearchDocument.recording_id == recording_id))


def _write_documents(session: Session, recording: Recording, always: list[str], said: Sequence[str]) -> None:
    title = words_of(recording.title)
    pieces = [said[begin : begin + _WORDS] for begin in range(0, len(said), _WORDS)] or [[]]
    rows = session.scalars(select(SearchDocument).where(SearchDocument.recording_id == recording.id))
    known = {row.part: row for row in rows}
    for part, piece in enumerate(pieces):
        row = known.pop(part, None)
        if row is None:
            row = SearchDocument(recording_id=recording.id, owner_id=recording.owner_id, part=part)
            session.add(row)
        row.parts = len(pieces)
        row.title = " ".join(title)
        row.content = " ".join([*title, *always, *piece])
    for row in known.values():
        session.delete(row)


def search(
    session: Session,
    owner_id: str,
    query: str,
    *,
    limit: int = 20,
    offset: int = 0,
    tag: str | None = None,
    language: str | None = None,
) -> tuple[list[Hit], bool]:
    """The recordings of one person that match, and whether there are more.

    Those that match by their title come first, then the newest; those in the trash are left out.
    """
    terms = parse(query)
    if not any(not term.unwanted for term in terms):
        return [], False
    titled = _matching(session, owner_id, terms, "title", tag, language)
    others = _matching(session, owner_id, terms, "content", tag, language)
    found = list(dict.fromkeys([*titled, *others]))
    shown = found[offset : offset + limit]
    titles = dict(session.execute(select(Recording.id, Recording.title).where(Recording.id.in_(shown))).all())
    hits = [
        Hit(recording_id, mark(titles[recording_id], terms), _snippets(session, recording_id, terms))
        for recording_id in shown
    ]
    return hits, len(found) > offset + limit


def _matching(
    session: Session, owner_id: str, terms: list[Term], column: str, tag: str | None, language: str | None
) -> list[str]:
    """The newest recordings in which all terms occur in `column`."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    matches = _sqlite_matches if is_sqlite else _postgresql_matches
    wanted = [term for term in terms if not term.unwanted]
    # A text of one row has to match as a whole; in the few longer ones each term may be in another row.
    single = and_(SearchDocument.parts == 1, matches(wanted, column, owner_id))
    several = and_(
        SearchDocument.part == 0,
        SearchDocument.parts > 1,
        *(
            SearchDocument.recording_id.in_(
                select(SearchDocument.recording_id).where(
                    SearchDocument.owner_id == owner_id, matches([term], column, owner_id)
                )
            )
            for term in wanted
        ),
    )
    query = (
        select(SearchDocument.recording_id)
        .join(Recording, Recording.id == SearchDocument.recording_id)
        .where(SearchDocument.owner_id == owner_id, Recording.deleted_at.is_(None))
        .order_by(SearchDocument.id.desc())
        .limit(_CANDIDATES)
    )
    for term in terms:
        if term.unwanted:
            query = query.where(
                SearchDocument.recording_id.not_in(
                    select(SearchDocument.recording_id).where(
                        SearchDocument.owner_id == owner_id, matches([term], "content", owner_id)
                    )
                )
            )
    if language is not None:
        query = query.where(Recording.language == language)
    if tag is not None:
        query = query.where(
            exists().where(
                RecordingTag.recording_id == Recording.id, RecordingTag.tag_id == Tag.id, Tag.name == tag
            )
        )
    found: dict[str, None] = {}
    for condition in (single, several):
        for recording_id in session.scalars(query.where(condition)):
            found[recording_id] = None
    return sorted(found, reverse=True)[:_CANDIDATES]


def _sqlite_matches(terms: list[Term], column: str, owner_id: str) -> ColumnElement[bool]:
    """Rows of the FTS5 index; every word is quoted, so that none is taken for an operator."""
    parts = [f'{column} : "{" ".join(term.words)}"{" *" if term.prefix else ""}' for term in terms]
    match = " AND ".join([f'owner_id : "{owner_id}"', *parts])
    found = (
        select(text("rowid"))
        .select_from(text("search_index"))
        .where(text("search_index MATCH :match").bindparams(bindparam("match", match, unique=True)))
    )
    return SearchDocument.id.in_(found)


def _postgresql_matches(terms: list[Term], column: str, owner_id: str) -> ColumnElement[bool]:  # noqa: ARG001 - as on SQLite
    query = " & ".join(
        f"'{word}'{':*' if term.prefix and number == len(term.words) else ''}"
        for term in terms
        for number, word in enumerate(term.words, 1)
    )
    indexed = text(f"{VECTOR.format(column=f'search_document.{column}')} @@ CAST(:query AS tsquery)")
    # The vectors know no order, so phrases are looked up in the text itself.
    phrases = [
        func.concat(" ", getattr(SearchDocument, column), " ").contains(
            f" {' '.join(term.words)}{'' if term.prefix else ' '}", autoescape=True
        )
        for term in terms
        if len(term.words) > 1
    ]
    return and_(indexed.bindparams(bindparam("query", query, unique=True)), *phrases)


def _snippets(session: Session, recording_id: str, terms: list[Term]) -> tuple[Snippet, ...]:
    """The first segments in which something was found, those with most of it first."""
    wanted = [f" {' '.join(term.words)}{'' if term.prefix else ' '}" for term in terms if not term.unwanted]
    rows = session.execute(
        select(Passage.start, Passage.segment_id, Passage.text, Passage.folded)
        .where(
            Passage.recording_id == recording_id,
            or_(*(Passage.folded.contains(one, autoescape=True) for one in wanted)),
        )
        .order_by(Passage.number)
        .limit(_CANDIDATES)
    ).all()
    best = sorted(rows, key=lambda row: -sum(one in row.folded for one in wanted))[:_SNIPPETS]
    return tuple(
        Snippet(row.start, row.segment_id, mark(row.text, terms))
        for row in sorted(best, key=lambda row: row.start)
    )


def mark(text: str, terms: Sequence[Term]) -> tuple[Piece, ...]:
    """A text in pieces: those that were searched for, and those between."""
    whole = {word for term in terms if not term.unwanted for word in term.words}
    starts = tuple(term.words[-1] for term in terms if term.prefix)
    pieces: list[Piece] = []
    for part, is_word in _tokens(text):
        folded = words_of(part) if is_word else []
        match = any(word in whole or word.startswith(starts) for word in folded)
        if pieces and pieces[-1].match == match:
            pieces[-1] = Piece(pieces[-1].text + part, match)
        else:
            pieces.append(Piece(part, match))
    return tuple(pieces)


def _tokens(text: str) -> Iterator[tuple[str, bool]]:
    """Words (single characters where a script has no spaces) and what stands between them."""
    reached = 0
    for found in re.finditer(
        rf"{_UNSPACED.pattern}|(?:(?!{_UNSPACED.pattern})[^\W_]|[\u0300-\u036f])+", text
    ):
        if found.start() > reached:
            yield text[reached : found.start()], False
        yield found[0], True
        reached = found.end()
    if reached < len(text):
        yield text[reached:], False
