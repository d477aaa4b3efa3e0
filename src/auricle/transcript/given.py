"""Segments and speakers that somebody sends in their JSON form, looked at before they are believed."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from auricle.errors import InvalidOption
from auricle.transcript.model import COLORS, Segment, Speaker, Word

#: A year in seconds; no recording is longer.
LONGEST = 31_536_000.0
_LARGEST_ID = 2**31 - 1


class _Kind(NamedTuple):
    """What a field may hold, and how that is said."""

    holds: Callable[[Any], bool]
    spoken: str


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_ID = _Kind(lambda value: type(value) is int and 0 <= value <= _LARGEST_ID, "a whole number from 0")
_SECONDS = _Kind(lambda value: _is_number(value) and 0 <= value <= LONGEST, "seconds from the beginning")
_TEXT = _Kind(lambda value: isinstance(value, str), "a text")
_NAME = _Kind(lambda value: isinstance(value, str) and bool(value.strip()), "a text that is not empty")
_SOMEBODY = _Kind(lambda value: value is None or isinstance(value, str), "a text or null")
_SHARE = _Kind(lambda value: value is None or (_is_number(value) and 0 <= value <= 1), "0 to 1 or null")
_TRUTH = _Kind(lambda value: isinstance(value, bool), "true or false")
_LIST = _Kind(lambda value: isinstance(value, list), "a list")
_TEXTS = _Kind(
    lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value), "a list of texts"
)
_COLOR = _Kind(
    lambda value: value is None or (type(value) is int and 0 <= value < COLORS), f"0 to {COLORS - 1} or null"
)

_Form = Mapping[str, _Kind]
_WORD: _Form = MappingProxyType(
    {
        "text": _TEXT,
        "start": _SECONDS,
        "end": _SECONDS,
        "confidence": _SHARE,
        "speaker": _SOMEBODY,
        "checked": _TRUTH,
    }
)
_SEGMENT: _Form = MappingProxyType(
    {
        "id": _ID,
        "start": _SECONDS,
        "end": _SECONDS,
        "text": _TEXT,
        "words": _LIST,
        "speaker": _SOMEBODY,
        "confidence": _SHARE,
        "no_speech_probability": _SHARE,
        "flags": _TEXTS,
    }
)
_SPEAKER: _Form = MappingProxyType({"id": _NAME, "name": _NAME, "talk_seconds": _SECONDS, "color": _COLOR})


def read_segment(document: Any, place: int) -> Segment:
    """The segment that was sent as number `place` (from 1). InvalidOption says what is wrong with it."""
    where = f"Segment {place}"
    fields = _fields(document, _SEGMENT, ("id", "start", "end", "text", "words"), where)
    words = tuple(_read_word(one, f"{where}, word {n}") for n, one in enumerate(fields["words"], 1))
    segment = Segment(**{**fields, "words": words, "flags": tuple(fields.get("flags", ()))})
    if segment.end < segment.start:
        raise InvalidOption(f"{where} ends before it begins.")
    if any(not segment.start <= word.start <= word.end <= segment.end for word in words):
        raise InvalidOption(f"{where}: its words have to lie within it.")
    return segment


def read_speaker(document: Any, place: int) -> Speaker:
    """The speaker that was sent as number `place` (from 1). InvalidOption says what is wrong with it."""
    return Speaker(**_fields(document, _SPEAKER, ("id", "name"), f"Speaker {place}"))


def _read_word(document: Any, where: str) -> Word:
    return Word(**_fields(document, _WORD, ("text", "start", "end"), where))


def _fields(document: Any, form: _Form, needed: tuple[str, ...], where: str) -> dict[str, Any]:
    if not isinstance(document, Mapping):
        raise InvalidOption(f"{where} has to be an object with {', '.join(form)}.")
    for name in needed:
        if name not in document:
            raise InvalidOption(f"{where} has no {name}.")
    for name, value in document.items():
        if name not in form:
            raise InvalidOption(f"{where} cannot have {name!r:.60}. It may have: {', '.join(form)}.")
        if not form[name].holds(value):
            raise InvalidOption(f"{where}: {name} is {value!r:.60}, but has to be {form[name].spoken}.")
    return dict(document)
