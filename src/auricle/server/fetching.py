"""Models that are fetched in the background, and how far each is."""

import contextvars
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import structlog

from auricle.engines import models
from auricle.engines.model_cache import Repository, cache_folder
from auricle.engines.model_hub import Report
from auricle.engines.model_listing import listing_of
from auricle.engines.registry import hub_of
from auricle.errors import AuricleError, Cancelled
from auricle.settings import Settings

log = structlog.get_logger(__name__)

_STOPPED = "The download stopped unexpectedly; the log says why. Fetch it again: it goes on from there."


@dataclass(frozen=True, slots=True)
class Fetch:
    """A download: bytes so far and in all, as far as that is known, and why it ended without success."""

    done: int = 0
    total: int | None = None
    error: str | None = None


@dataclass(slots=True, eq=False)
class Fetches:
    """The downloads of this process by repository; those that succeeded are forgotten."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _known: dict[str, Fetch] = field(default_factory=dict)
    _closing: threading.Event = field(default_factory=threading.Event)

    @property
    def known(self) -> dict[str, Fetch]:
        """Every download that runs or failed."""
        with self._lock:
            return dict(self._known)

    def begin(self, name: str, settings: Settings, then: Callable[[], None]) -> None:
        """Fetch a model in a thread of its own, unless one does already; `then` is called once it is here."""
        repository = models.repository_of(name)
        with self._lock:
            running = self._known.get(repository)
            if running is not None and running.error is None:
                return
            self._known[repository] = Fetch()
        context = contextvars.copy_context()
        threading.Thread(
            target=context.run,
            args=(self._fetch, name, repository, settings, then),
            name="model-download",
            daemon=True,
        ).start()

    def close(self) -> None:
        """Stop all of them; who fetches such a model again goes on from there."""
        self._closing.set()

    def _fetch(self, name: str, repository: str, settings: Settings, then: Callable[[], None]) -> None:
        problem: str | None = _STOPPED
        try:
            total = _missing(repository, settings)
            models.pull(
                name,
                models_dir=settings.models_dir,
                hub=hub_of(settings),
                report=self._report(repository, total),
            )
            then()
            problem = None
            log.info("model_fetched", model=name)
        except AuricleError as error:
            problem = str(error)
            log.warning("model_not_fetched", model=name, error=problem)
        finally:
            self._end(repository, problem)

    def _report(self, repository: str, total: int) -> Report:
        files: dict[str, int] = {}

        def report(file: str, done: int, _: int) -> None:
            if self._closing.is_set():
                raise Cancelled("The server has ended; fetch it again, and it goes on from there.")
            files[file] = done
            with self._lock:
                self._known[repository] = Fetch(sum(files.values()), total)

        return report

    def _end(self, repository: str, problem: str | None) -> None:
        with self._lock:
            ended = self._known.pop(repository)
            if problem is not None:
                self._known[repository] = replace(ended, error=problem)


def _missing(repository: str, settings: Settings) -> int:
    """Bytes of the files that are not here yet."""
    blobs = Repository(cache_folder(settings.models_dir), repository).blobs
    files = listing_of(repository, hub_of(settings)).files
    return sum(file.size for file in files if not (blobs / file.hash).is_file())
