"""Which engines there are, and how the settings open one."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pydantic import SecretStr

from auricle.engines import (
    Capabilities,
    Engine,
    SpeechOptions,
    check_options,
    faster_whisper,
    models,
    openai_api,
    openai_whisper,
    pocketsphinx,
)
from auricle.engines.devices import choose_device, default_model, usable_cores
from auricle.engines.model_hub import Hub, Report
from auricle.errors import InvalidSetting, ModelUnavailable
from auricle.settings import Settings

#: What every engine can do, by name; nothing has to be loaded to know it.
CAPABILITIES: Mapping[str, Capabilities] = MappingProxyType(
    {
        "faster-whisper": faster_whisper.CAPABILITIES,
        "openai-whisper": openai_whisper.CAPABILITIES,
        "openai-api": openai_api.CAPABILITIES,
        "pocketsphinx": pocketsphinx.CAPABILITIES,
    }
)


def _silent(*_: object) -> None: ...


def open_engine(settings: Settings, *, report: Report = _silent) -> Engine:
    """The engine that the settings ask for, loaded; its model is fetched where it is missing.

    `report` hears of a download's progress. `auto` is faster-whisper where its model is here or can be
    fetched, else PocketSphinx, whose identity then carries the reason as a warning. Raises UnknownModel,
    ModelUnavailable, EngineUnavailable, InvalidOption or InvalidSetting.
    """
    if settings.engine == "auto":
        return _automatic(settings, report)
    refuse_without_effect(settings)
    return _OPENERS[settings.engine](settings, report)


def refuse_unsupported(engine: Engine, options: SpeechOptions) -> None:
    """Raise UnsupportedOption or InvalidOption where an engine cannot honour these with the model it has."""
    who = engine.identity
    check_options(who.name, engine.capabilities, options, CAPABILITIES, model=who.model)
    engine.window(options)


def refuse_without_effect(settings: Settings) -> None:
    """Raise InvalidSetting where a setting is given that the chosen engine could only ignore."""
    unset = Settings.model_fields
    for name in _WITHOUT_EFFECT.get(settings.engine, ()):
        value = getattr(settings, name)
        if value not in (unset[name].default, "cpu"):
            raise InvalidSetting(
                f"AURICLE_{name.upper()} is {value}, but the engine {settings.engine} has no such choice: "
                "leave it out."
            )


def _automatic(settings: Settings, report: Report) -> Engine:
    try:
        return _faster_whisper(settings, report)
    except ModelUnavailable as problem:
        if settings.model is not None:
            raise
        return pocketsphinx.load(warnings=(f"No Whisper model could be had: {problem}",))


def _faster_whisper(settings: Settings, report: Report) -> Engine:
    device = choose_device(settings.device, settings.compute_type)
    found = models.pull(
        settings.model or default_model(device.name),
        models_dir=settings.models_dir,
        hub=hub_of(settings),
        report=report,
    )
    return faster_whisper.load(
        found.path,
        model=found.title,
        revision=found.revision,
        device=device.name,
        compute_type=device.compute_type,
        threads=settings.threads or usable_cores(),
        batch_size=settings.batch_size,
        warnings=device.warnings,
    )


def _openai_whisper(settings: Settings, report: Report) -> Engine:
    return openai_whisper.load(
        settings.model or "base",
        models_dir=settings.models_dir,
        device=settings.device,
        offline=settings.offline,
        report=report,
    )


def _openai_api(settings: Settings, _: Report) -> Engine:
    if settings.offline:
        raise InvalidSetting(
            "AURICLE_ENGINE is openai-api, which needs the network, but AURICLE_OFFLINE is on."
        )
    return openai_api.load(
        settings.engine_url,
        settings.model or "whisper-1",
        key=_secret(settings.engine_key),
        timeout=settings.engine_timeout,
        max_bytes=settings.engine_max_bytes,
    )


def _pocketsphinx(_: Settings, __: Report) -> Engine:
    return pocketsphinx.load()


_OPENERS: Mapping[str, Callable[[Settings, Report], Engine]] = MappingProxyType(
    {
        "faster-whisper": _faster_whisper,
        "openai-whisper": _openai_whisper,
        "openai-api": _openai_api,
        "pocketsphinx": _pocketsphinx,
    }
)


#: Settings that mean nothing to an engine.
_WITHOUT_EFFECT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "faster-whisper": (),
        "openai-whisper": ("compute_type", "threads"),
        "openai-api": ("compute_type", "threads", "device"),
        "pocketsphinx": ("compute_type", "threads", "device", "model"),
    }
)


def key_of(settings: Settings) -> str:
    """What a pool knows the engine of these settings by."""
    return " ".join(filter(None, (settings.engine, settings.model)))


def settings_for(settings: Settings, engine: str, model: str | None) -> Settings:
    """The settings with the engine and the model that a request names.

    What the settings say about the configured engine alone does not count for another one.
    """
    if engine == settings.engine:
        return settings.model_copy(update={"model": model})
    unset = {name: Settings.model_fields[name].default for name in _WITHOUT_EFFECT.get(engine, ())}
    return settings.model_copy(update={**unset, "engine": engine, "model": model})


def hub_of(settings: Settings) -> Hub:
    """The hub that the settings name, and what it may be told."""
    return Hub(
        endpoint=settings.hf_endpoint,
        token=_secret(settings.hf_token),
        timeout=settings.hub_timeout,
        offline=settings.offline,
    )


def _secret(value: SecretStr | None) -> str | None:
    return None if value is None else value.get_secret_value()
