"""The small language of changes that the API speaks."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from auricle.errors import AuricleError, InvalidOption
from auricle.transcript.edit import (
    check_words,
    delete_segment,
    edit_segment,
    join_segments,
    replace_text,
    split_segment,
    uncheck_words,
)
from auricle.transcript.model import Transcript
from auricle.transcript.speaking import assign_speaker, color_speaker, merge_speakers, rename_speaker
from auricle.transcript.undo import put_back

#: Every change by name, with the fields it takes and their types.
OPERATIONS: Mapping[str, tuple[Callable[..., Transcript], Mapping[str, type]]] = MappingProxyType(
    {
        "edit_segment": (
            edit_segment,
            {"id": int, "text": str, "speaker": str, "start": float, "end": float},
        ),
        "split_segment": (split_segment, {"id": int, "word": int}),
        "join_segments": (join_segments, {"first": int, "last": int}),
        "delete_segment": (delete_segment, {"id": int}),
        "rename_speaker": (rename_speaker, {"speaker": str, "name": str}),
        "color_speaker": (color_speaker, {"speaker": str, "color": int}),
        "merge_speakers": (merge_speakers, {"speaker": str, "into": str}),
        "assign_speaker": (assign_speaker, {"first": int, "speaker": str, "name": str}),
        "replace_text": (
            replace_text,
            {"find": str, "by": str, "match_case": bool, "whole_words": bool},
        ),
        "check_words": (check_words, {"id": int, "first": int, "last": int}),
        "uncheck_words": (uncheck_words, {"id": int, "first": int, "last": int}),
        "put_back": (put_back, {"ids": list, "segments": list, "speakers": list}),
    }
)


def apply(transcript: Transcript, operations: Sequence[Mapping[str, Any]]) -> Transcript:
    """Make changes one after the other, such as {"op": "edit_segment", "id": 3, "text": "..."}.

    All or nothing; the error says which operation (from 1) was wrong. Raises InvalidOption and NotFound.
    """
    for number, operation in enumerate(operations, 1):
        try:
            transcript = _applied(transcript, operation)
        except AuricleError as error:
            raise type(error)(f"Operation {number}: {error}") from error
    return transcript


def _applied(transcript: Transcript, operation: Mapping[str, Any]) -> Transcript:
    name = operation.get("op")
    if not isinstance(name, str) or name not in OPERATIONS:
        raise InvalidOption(f"There is no operation {name!r}. Choose from: {', '.join(OPERATIONS)}.")
    change, known = OPERATIONS[name]
    values = {}
    for field, value in operation.items():
        if field == "op":
            continue
        if field not in known:
            raise InvalidOption(f"{name} has no {field!r}. It has: {', '.join(known)}.")
        values[field] = _checked(field, value, known[field])
    try:
        return change(transcript, **values)
    except TypeError:
        raise InvalidOption(f"{name} needs more than that. It has: {', '.join(known)}.") from None


def _checked(field: str, value: Any, kind: type) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not kind:
        raise InvalidOption(f"{field} is {value!r:.60}, but has to be {_SPOKEN[kind]}.")
    return value


_SPOKEN = MappingProxyType(
    {int: "a whole number", float: "a number", str: "a text", bool: "true or false", list: "a list"}
)
