"""The fields of a form, however a client spells them: `name`, `name[]`, `name[part]`, once or often."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence

from auricle.server.dialects.errors import InvalidField

_NAME = re.compile(r"(\w+)(?:\[(\w*)\])?")
_YES = frozenset({"true", "1", "yes", "on"})
_NO = frozenset({"false", "0", "no", "off"})


class Fields:
    """What a form says, by name. A field that is blank counts as one that was not sent."""

    def __init__(self, given: Mapping[str, Sequence[str]]) -> None:
        self._values: dict[str, list[str]] = {}
        self._parts: dict[str, dict[str, str]] = {}
        self._spelled: dict[str, str] = {}
        for spelled, texts in given.items():
            found = _NAME.fullmatch(spelled)
            name, part = found.groups() if found else (spelled, None)
            self._spelled.setdefault(name, spelled)
            values = [text for text in texts if text.strip()]
            if not part or part.isdecimal():
                self._values.setdefault(name, []).extend(values)
            elif values:
                self._parts.setdefault(name, {})[part] = _only(values, spelled)

    def __contains__(self, name: str) -> bool:
        return bool(self._values.get(name) or self._parts.get(name))

    def spelled(self, name: str) -> str:
        """The name as the client wrote it."""
        return self._spelled.get(name, name)

    def many(self, name: str) -> list[str]:
        """All values of a field, in order, each once."""
        return list(dict.fromkeys(self._values.get(name, ())))

    def items(self, name: str) -> list[str]:
        """The items of a list that was sent in any way: once or often, with commas, as JSON."""
        parts = [part.strip(" \"'") for text in self.many(name) for part in text.strip("[] ").split(",")]
        return [part for part in parts if part]

    def one(self, name: str) -> str | None:
        """The value of a field; InvalidField where it was sent with several."""
        values = self._values.get(name)
        return _only(values, self.spelled(name)) if values else None

    def parts(self, name: str) -> dict[str, str]:
        """The parts of a field that was sent as `name[part]`."""
        return self._parts.get(name, {})

    def flag(self, name: str) -> bool | None:
        """Yes or no, as text in any case; None where it was not sent."""
        text = self.one(name)
        if text is None:
            return None
        if text.strip().lower() not in _YES | _NO:
            raise self.wrong(name, f"{name} is {_short(text)}, but has to be true or false.")
        return text.strip().lower() in _YES

    def wrong(self, name: str, sentence: str) -> InvalidField:
        """The error that says what is wrong with a field."""
        return InvalidField(sentence, self.spelled(name))

    def choice(self, name: str, allowed: Sequence[str]) -> list[str]:
        """The values of a field, of which only some are allowed."""
        chosen = self.items(name)
        for text in chosen:
            if text not in allowed:
                raise self.wrong(name, f"{name} is {_short(text)}, but has to be {' or '.join(allowed)}.")
        return chosen

    def refuse_others(self, known: Iterable[str], *, nested: Iterable[str] = ()) -> None:
        """Raise InvalidField for a field nobody here knows; only those that are `nested` have parts."""
        known = list(known)
        for name, spelled in self._spelled.items():
            if name in known and (not self._parts.get(name) or name in nested):
                continue
            close = difflib.get_close_matches(name, known, 1)
            hint = f" Did you mean {close[0]}?" if close and close[0] != spelled else ""
            raise InvalidField(f"There is no field {_short(spelled)}.{hint}", spelled[:100])


def _only(values: Sequence[str], spelled: str) -> str:
    if len(set(values)) > 1:
        raise InvalidField(f"{spelled} was sent several times, with different values: send it once.", spelled)
    return values[0]


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:80]}…")
