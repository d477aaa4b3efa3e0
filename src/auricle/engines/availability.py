"""Whether the configured engine could be opened, and the GPU used, found out without loading anything."""

import importlib.util
from collections.abc import Callable, Mapping
from types import MappingProxyType

from auricle.engines import models
from auricle.engines.devices import choose_device, cuda_problem, default_model
from auricle.engines.registry import hub_of, refuse_without_effect
from auricle.errors import AuricleError, EngineUnavailable, InvalidSetting, ModelUnavailable
from auricle.settings import Settings

#: Engines that compute on a GPU of this machine.
_ON_GPU = frozenset({"auto", "faster-whisper", "openai-whisper"})


def engine_problem(settings: Settings) -> str | None:
    """Why the configured engine cannot be had, as a sentence; None where nothing speaks against it.

    No network is used: that a model which is not here can be fetched is taken for granted unless that is
    forbidden, and that another server answers.
    """
    try:
        refuse_without_effect(settings)
        _CHECKS[settings.engine](settings)
    except AuricleError as error:
        return str(error)
    return None


def gpu_problem(settings: Settings) -> str | None:
    """Why no GPU is used although one is wanted, or is there; None where one is, or nobody misses it."""
    if not wants_gpu(settings):
        return None
    problem = cuda_problem()
    missed = settings.device == "cuda" or bool(choose_device("auto").warnings)
    return problem if missed else None


def has_gpu(settings: Settings) -> bool:
    """Whether the configured engine computes on a GPU."""
    return wants_gpu(settings) and cuda_problem() is None


def wants_gpu(settings: Settings) -> bool:
    """Whether the settings let the engine use a GPU."""
    return settings.device != "cpu" and settings.engine in _ON_GPU


def _faster_whisper(settings: Settings) -> None:
    device = choose_device(settings.device, settings.compute_type)
    model = settings.model or default_model(device.name)
    hub = hub_of(settings)
    if models.find(model, models_dir=settings.models_dir) is None and hub.is_offline:
        # It says which files are missing, and what to do about it.
        models.pull(model, models_dir=settings.models_dir, hub=hub)


def _automatic(settings: Settings) -> None:
    try:
        _faster_whisper(settings)
    except ModelUnavailable as problem:
        if settings.model is not None:
            raise
        raise ModelUnavailable(f"PocketSphinx is used, which hears far less well: {problem}") from problem


def _openai_whisper(_: Settings) -> None:
    if importlib.util.find_spec("whisper") is None:
        raise EngineUnavailable(
            "openai-whisper is not installed: `pip install 'auricle[openai-whisper]'` adds it."
        )


def _openai_api(settings: Settings) -> None:
    if settings.offline:
        raise InvalidSetting(
            "AURICLE_ENGINE is openai-api, which needs the network, but AURICLE_OFFLINE is on."
        )
    if not settings.engine_url:
        raise InvalidSetting("The engine openai-api needs the address of a server in AURICLE_ENGINE_URL.")


def _always(_: Settings) -> None: ...


_CHECKS: Mapping[str, Callable[[Settings], None]] = MappingProxyType(
    {
        "auto": _automatic,
        "faster-whisper": _faster_whisper,
        "openai-whisper": _openai_whisper,
        "openai-api": _openai_api,
        "pocketsphinx": _always,
    }
)
