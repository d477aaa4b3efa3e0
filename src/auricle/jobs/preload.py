"""Models fetched and loaded at the start, before anybody waits for them."""

import time

import structlog

from auricle.engines import Engine
from auricle.engines.devices import choose_device, default_model
from auricle.engines.registry import settings_for
from auricle.engines.scheduler import Priority
from auricle.errors import AuricleError, ModelUnavailable
from auricle.jobs.work import Workplace
from auricle.settings import Settings
from auricle.settings.kinds import listed

log = structlog.get_logger(__name__)


def preload(place: Workplace) -> None:
    """Bring every model of `preload_models` into memory, where `model_idle` decides how long it stays.

    One that cannot be had is told in the log; where `preload_force` is set, it raises ModelUnavailable.
    """
    for name in listed(place.settings.preload_models):
        start = time.monotonic()
        log.info("model_preloading", model=name)
        try:
            identity = _load(place, name).identity
        except (AuricleError, OSError) as error:
            if place.settings.preload_force:
                raise ModelUnavailable(
                    f"AURICLE_PRELOAD_FORCE is on, and the model {name} of AURICLE_PRELOAD_MODELS cannot be "
                    f"had: {error}"
                ) from error
            log.warning("model_not_preloaded", model=name, error=str(error))
        else:
            took = round(time.monotonic() - start, 1)
            log.info("model_preloaded", model=name, device=identity.device, took_s=took)


def _load(place: Workplace, name: str) -> Engine:
    settings = _settings_for(place.settings, name)
    with place.engine_of(settings) as shared:
        engine = shared.at(Priority.FILE)
    if engine.identity.name == "pocketsphinx" != settings.engine:
        raise ModelUnavailable(" ".join(engine.identity.warnings))
    return engine


def _settings_for(settings: Settings, name: str) -> Settings:
    """Where the name means the model of jobs that name none, what these ask for: they find it loaded."""
    chosen = settings.model or default_model(choose_device(settings.device, settings.compute_type).name)
    return settings if name == chosen else settings_for(settings, settings.engine, name)
