"""What an export format is: its name, its options, and how a person gives them."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Generic, Literal, TypeVar, get_args, get_origin, get_type_hints

from auricle.errors import InvalidOption
from auricle.transcript import Transcript

_YES = frozenset({"yes", "true", "on", "1"})
_NO = frozenset({"no", "false", "off", "0"})


@dataclass(frozen=True)
class Exported:
    """A finished file, and sentences about what it could not show."""

    content: bytes
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a format, as the command line, the API and the UI present it.

    kind: `yes/no`, `number`, `whole number`, `choice` or `text`; numbers lie between `low` and `high`.
    """

    name: str
    kind: str
    default: Any
    help: str
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    @property
    def allowed(self) -> str:
        """What may be given, in words."""
        if self.choices:
            return " or ".join(self.choices)
        return f"a {self.kind} between {self.low:g} and {self.high:g}" if self.low is not None else "text"


def option(default: Any, text: str, *, low: float | None = None, high: float | None = None) -> Any:
    """A field of an options class: its default, what it does, and for a number its bounds."""
    return field(default=default, metadata={"help": text, "low": low, "high": high})


@dataclass(frozen=True, kw_only=True)
class Options:
    """Base of every format's options; a value that is not allowed raises InvalidOption."""

    def __post_init__(self) -> None:
        for one in described(type(self)):
            value = getattr(self, one.name)
            outside = one.low is not None and one.high is not None and not one.low <= value <= one.high
            if outside or (one.choices and _spoken(value) not in one.choices):
                raise _not_allowed(one, value)


@dataclass(frozen=True, kw_only=True)
class SpeakerOptions(Options):
    """Options of a format that can name speakers."""

    speakers: Literal["auto", "yes", "no"] = option(
        "auto", "Say who speaks: always, never, or (auto) when there are two or more speakers."
    )


O = TypeVar("O", bound=Options)  # noqa: E741 - the usual name of a type variable is one letter


@dataclass(frozen=True)
class Format(Generic[O]):
    """A way to write a transcript down.

    `write` takes the transcript, the options and the title, and gives the finished file.
    """

    name: str
    extension: str
    media_type: str
    title: str
    options: type[O]
    write: Callable[[Transcript, O, str], Exported]


def described(options: type[Options]) -> tuple[Option, ...]:
    """Every option of a format, in the order they are written."""
    types = get_type_hints(options)
    return tuple(
        Option(
            name=one.name,
            kind=_kind(types[one.name]),
            default=None if one.default is MISSING else one.default,
            help=one.metadata["help"],
            choices=_choices(types[one.name]),
            low=one.metadata["low"],
            high=one.metadata["high"],
        )
        for one in fields(options)
    )


def parse(form: Format[O], given: Mapping[str, Any]) -> O:
    """Read options given by a person as text, or by a program as values.

    Raises InvalidOption for a name the format does not have or a value it does not allow.
    """
    known = {one.name: one for one in described(form.options)}
    for name in given:
        if name not in known:
            has = f"It has: {', '.join(known)}." if known else "It has none."
            raise InvalidOption(f"The format {form.name} has no option {name}. {has}")
    return form.options(**{name: _value(known[name], value) for name, value in given.items()})


def _kind(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return "choice"
    return {bool: "yes/no", int: "whole number", float: "number"}.get(hint, "text")


def _choices(hint: Any) -> tuple[str, ...]:
    if hint is bool:
        return ("yes", "no")
    return get_args(hint) if get_origin(hint) is Literal else ()


def _spoken(value: Any) -> Any:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def _value(one: Option, given: Any) -> Any:
    text = str(_spoken(given)).strip()
    try:
        match one.kind:
            case "yes/no" if text.lower() in _YES | _NO:
                return text.lower() in _YES
            case "whole number":
                return int(text)
            case "number":
                return float(text)
            case "choice" if text.lower() in one.choices:
                return text.lower()
            case "text":
                return text
    except ValueError:
        pass
    raise _not_allowed(one, given)


def _not_allowed(one: Option, value: Any) -> InvalidOption:
    return InvalidOption(f"{one.name} is {_spoken(value)!r}, but has to be {one.allowed}.")
