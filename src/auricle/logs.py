"""The log: one line an event, for people on a terminal and as JSON for machines, and never with a secret."""

import logging
import re
import sys
from collections.abc import Sequence
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

#: Paths that probes ask for every few seconds; nobody wants to read of that.
_PROBES = ("/health", "/metrics")
_STARS = "********"
#: Passwords in URLs, signatures of presigned ones, API keys of ours and of others.
_SECRETS = (
    (re.compile(r"(://)[^/@\s\"']+@"), rf"\1{_STARS}@"),
    (re.compile(r"(?i)((?:signature|credential|security-token|[?&]token)=)[^&\s\"']+"), rf"\1{_STARS}"),
    (re.compile(r"(?i)(\bbearer )[^\s\"']+"), rf"\1{_STARS}"),
    (re.compile(r"\b(auricle_\w+?_)[A-Za-z0-9]{16,}"), rf"\1{_STARS}"),
    (re.compile(r"\b(hf_|sk-)[A-Za-z0-9_-]{16,}"), rf"\1{_STARS}"),
)


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
    if as_json:
        as_text = structlog.processors.JSONRenderer(default=str, ensure_ascii=False)
        return [structlog.processors.format_exc_info, _in_order, as_text]
    # Tracebacks without the values of variables, among which may be secrets.
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=plain)]


def _in_order(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    first = {name: event.pop(name) for name in ("timestamp", "level", "event") if name in event}
    return {**first, **event}


def without_secrets(_: WrappedLogger, __: str, line: str | EventDict) -> str:
    """The finished line with stars in the place of passwords, keys and signatures."""
    text = str(line)
    for pattern, stars in _SECRETS:
        text = pattern.sub(stars, text)
    return text


class _Requests(logging.Filter):
    """A request that uvicorn logs as a sentence becomes an event with fields; probes are left out."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not isinstance(record.args, tuple) or len(record.args) != 5:
            return True
        client, method, path, _, status = record.args
        vars(record).update(client=client, method=method, path=path, status=status)
        record.msg, record.args = "request", ()
        return not str(path).startswith(_PROBES)


def _route(handler: logging.Handler, level: str) -> None:
    """Everything goes through one handler; what libraries say below a warning is theirs to know."""
    ours = getattr(logging, level.upper())
    libraries = logging.INFO if ours == logging.DEBUG else max(ours, logging.WARNING)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(libraries)
    logging.getLogger("auricle").setLevel(ours)
    access = logging.getLogger("uvicorn.access")
    access.setLevel(ours)
    access.filters[:] = [_Requests()]
    logging.captureWarnings(True)
