"""Lists a page at a time: a cursor says where the next page begins, so that nothing is shown twice."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from auricle.errors import InvalidOption

T = TypeVar("T")
R = TypeVar("R")

Limit = Annotated[int, Query(ge=1, le=200, description="The most items on a page.")]
Cursor = Annotated[
    str | None, Query(max_length=500, description="`next` of the page before; without it, the first page.")
]


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    next: str | None = Field(description="The cursor of the next page; null on the last.")


def write_cursor(*position: Any) -> str:
    """A cursor for the place after an item."""
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def read_cursor(cursor: str, *kinds: type) -> list[Any]:
    """The position in a cursor; InvalidOption where it is none of ours."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        position = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        position = None
    if (
        not isinstance(position, list)
        or len(position) != len(kinds)
        or not all(type(value) is kind for value, kind in zip(position, kinds, strict=True))
    ):
        raise InvalidOption("The cursor is not one that this list gave: start again without it.")
    return position


def paged(found: Sequence[R], limit: int, show: Callable[[Sequence[R]], list[T]], *place: str) -> Page[T]:
    """A page of rows, of which one more than `limit` was asked for; `place`: what they are ordered by."""
    shown = found[:limit]
    more = len(found) > limit
    following = write_cursor(*(getattr(shown[-1], name) for name in place)) if more else None
    return Page(items=show(shown), next=following)
