"""The route that finds recordings by their titles, speakers, and what is said in them."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from auricle.server.deps import ServiceDep, UserDep
from auricle.server.models import RecordingModel, recording_models
from auricle.server.paging import Cursor, Limit, read_cursor, write_cursor
from auricle.store.schema import Recording
from auricle.store.search import Piece, search

router = APIRouter(tags=["search"])


class PieceModel(BaseModel):
    """A stretch of text."""

    text: str
    match: bool = Field(description="It is what was searched for.")


class SnippetModel(BaseModel):
    """A segment in which something was found."""

    start: float = Field(description="Where to jump to, in seconds.")
    segment_id: int
    text: list[PieceModel]


class HitModel(BaseModel):
    """A recording in which everything was found."""

    recording: RecordingModel
    title: list[PieceModel]
    snippets: list[SnippetModel]


class Hits(BaseModel):
    """What was found: titles first, then the newest."""

    items: list[HitModel]
    next: str | None = Field(description="The cursor of the next page; null on the last.")


@router.get("/search")
def find_recordings(
    service: ServiceDep,
    user: UserDep,
    q: Annotated[
        str,
        Query(
            max_length=500,
            description='All words have to occur, the last may be unfinished; "several words" in quotes '
            "follow one another; -word must not occur.",
        ),
    ],
    tag: Annotated[str | None, Query(max_length=100)] = None,
    language: Annotated[str | None, Query(max_length=10)] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Hits:
    """Search your recordings, as you type."""
    offset = min(max(0, read_cursor(cursor, int)[0]), 10_000) if cursor else 0
    with service.database.read() as session:
        hits, more = search(session, user.id, q, limit=limit, offset=offset, tag=tag, language=language)
        found = {hit.recording_id: session.get_one(Recording, hit.recording_id) for hit in hits}
        models = recording_models(session, list(found.values()))
    shown = {model.id: model for model in models}
    return Hits(
        items=[
            HitModel(
                recording=shown[hit.recording_id],
                title=_pieces(hit.title),
                snippets=[
                    SnippetModel(start=one.start, segment_id=one.segment_id, text=_pieces(one.text))
                    for one in hit.snippets
                ],
            )
            for hit in hits
        ],
        next=write_cursor(offset + limit) if more else None,
    )


def _pieces(pieces: tuple[Piece, ...]) -> list[PieceModel]:
    return [PieceModel(text=text, match=match) for text, match in pieces]
