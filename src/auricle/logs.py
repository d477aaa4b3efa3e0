"""The log: one line an event, for people on a terminal and as JSON for machines, and never with a secret."""

import logging
import re
import sys
from collections.abc import Sequence
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_STARS = "********"
#: Fields whose values are never shown, whatever they hold.
_SECRET_FIELDS = frozenset(
    {"api_key", "authorization", "cookie", "password", "secret", "set_cookie", "token"}
)
#: Passwords in URLs and headers, signatures of presigned URLs, API keys of ours and of others, set-up links.
_SECRETS = tuple(
    (re.compile(pattern, re.IGNORECASE), rf"\1{_STARS}")
    for pattern in (
        r"(://)[^/@\s\"']+(?=@)",
        r"((?:signature|credential|security-token|awsaccesskeyid)=)[^&\s\"'\\]+",
        r"([?&#](?:[\w.-]*(?:token|key|secret|password)|sig)=)[^&\s\"'\\]+",
        r"(/setup#)[^\s\"'\\]+",
        r"(\b(?:authorization|cookie|x-api-key)[\\\"']*[:=,]\s*[\\b\"']*)[^\"'\\\r\n]+",
        r"(\bbearer )[^\s\"'\\]+",
        r"(\bauricle_[a-z0-9]+?_)[\w-]{16,}",
        r"(\bauricle=)[\w-]{16,}",
        r"(\bhf_|\bsk-)[\w-]{16,}",
    )
)
#: What would begin a line of its own, move a terminal's cursor, or turn the direction of writing.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def configure(level: str = "info", form: Literal["auto", "text", "json"] = "auto") -> None:
    """Send the log to standard error: ours from `level` on, that of libraries from warnings on.

    `form` auto is text on a terminal and JSON elsewhere. To be called once, by the command that runs.
    """
    is_terminal = sys.stderr.isatty()
    as_json = form == "json" or (form == "auto" and not is_terminal)
    shared: Sequence[Processor] = (
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=as_json),
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(as_json, is_terminal),
                without_secrets,
            ],
        )
    )
    _route(handler, level)


def _renderers(as_json: bool, colours: bool) -> list[Processor]:
    # Tracebacks without the values of variables, among which may be secrets.
    first: list[Processor] = [structlog.processors.format_exc_info, _without_secret_fields]
    if as_json:
        as_text = structlog.processors.JSONRenderer(default=str, ensure_ascii=False)
        return [*first, _in_order, as_text, _printable]
    plain = structlog.dev.plain_traceback
    return [*first, _in_lines, structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=plain)]


def _in_order(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    first = {name: event.pop(name) for name in ("timestamp", "level", "event") if name in event}
    return {**first, **event}


def _without_secret_fields(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {name: _STARS if name.lower() in _SECRET_FIELDS else value for name, value in event.items()}


def _in_lines(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """One line an event, whatever people put into names and paths; the lines of a traceback are set in."""
    trace = event.pop("exception", None)
    shown = {
        name: _UNPRINTABLE.sub(_escaped, value) if isinstance(value, str) else value
        for name, value in event.items()
    }
    if trace is not None:
        lines = (_UNPRINTABLE.sub(_escaped, line) for line in str(trace).split("\n"))
        shown["exception"] = "\n".join(f"    {line}" for line in lines)
    return shown


def _printable(_: WrappedLogger, __: str, line: str | EventDict) -> str:
    """JSON itself leaves some of them as they are; what is there now stands within strings."""
    return _UNPRINTABLE.sub(_escaped, str(line))


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def without_secrets(_: WrappedLogger, __: str, line: str | EventDict) -> str:
    """The finished line with stars in the place of passwords, keys and signatures."""
    text = str(line)
    for pattern, stars in _SECRETS:
        text = pattern.sub(stars, text)
    return text


def _route(handler: logging.Handler, level: str) -> None:
    """Everything goes through one handler; what libraries say below a warning is theirs to know."""
    ours = getattr(logging, level.upper())
    libraries = logging.INFO if ours == logging.DEBUG else max(ours, logging.WARNING)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(libraries)
    logging.getLogger("auricle").setLevel(ours)
    logging.captureWarnings(True)
