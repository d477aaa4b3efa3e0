"""The ETag a client has read, and what becomes of a change that rests on an older one."""

from typing import Annotated

from fastapi import Header

from auricle.errors import Outdated

IfMatch = Annotated[str | None, Header(description="The ETag that was read; 412 where it has changed since.")]


def refuse_outdated(if_match: str | None, version: str, what: str) -> None:
    """Raise Outdated where `version` of something (the recording) is none of those that `If-Match` names.

    Tags that a proxy has made weak (`W/"3"`) count as what they were.
    """
    if if_match is None:
        return
    tags = (tag.strip().removeprefix("W/").strip('"') for tag in if_match.split(","))
    if not {"*", version}.intersection(tags):
        raise Outdated(f"The {what} was changed since you read it: read it again, then change it.")
