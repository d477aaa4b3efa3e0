"""Which engine and model a name means that a client of another service sends."""

import difflib
import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from auricle.engines import models, pocketsphinx
from auricle.engines.devices import choose_device, default_model
from auricle.engines.model_cache import Repository, cache_folder
from auricle.errors import UnknownModel
from auricle.settings import Settings
from auricle.settings.kinds import listed

#: OpenAI's own name for Whisper: the configured engine and model, whatever the aliases say.
WHISPER = "whisper-1"
#: OpenAI's other models mean the same, unless an alias says otherwise.
OPENAI_NAMES = (
    "gpt-4o-transcribe",
    "gpt-4o-mini-transcribe",
    "gpt-4o-mini-transcribe-2025-12-15",
    "gpt-4o-transcribe-diarize",
    "gpt-transcribe",
)
_REPOSITORY = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}", re.ASCII)
#: Engines that take what the model cache holds.
WHISPER_ENGINES = ("auto", "faster-whisper")


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A name that a request may give as its model, and what it means here.

    `model` is None where the engine has no choice of models; `created` is when its files came, in seconds
    since 1970, 0 where that is not known; `size` is in bytes.
    """

    id: str
    engine: str
    model: str | None = None
    owned_by: str = "auricle"
    created: int = 0
    size: int | None = None


def model_options(settings: Settings, name: str | None) -> dict[str, str]:
    """The options `engine` and `model` of a job that a name stands for; empty where it is the configured one.

    Nothing is ever fetched for a request: UnknownModel where a model is not here.
    """
    asked = name or WHISPER
    meant = _meaning(settings, asked)
    if meant is None:
        raise UnknownModel(_not_here(settings, asked))
    return meant


def stands_for_another(settings: Settings, name: str) -> bool:
    """Whether nothing is opened by this name itself: an alias, one of OpenAI's, or a folder's last part."""
    is_folder = settings.model is not None and models.plain_name(settings.model) == name != settings.model
    return is_folder or name in (WHISPER, *OPENAI_NAMES, *_aliases(settings))


def listed_models(settings: Settings) -> list[ListedModel]:
    """Every name that works now, whisper-1 and the configured model first, each once."""
    configured = _configured(settings)
    found = {WHISPER: replace(configured, id=WHISPER, owned_by="openai")}
    if configured.created or configured.engine not in WHISPER_ENGINES:
        found[configured.id] = configured
    for one in (*_from_cache(settings), *_from_aliases(settings, configured)):
        found.setdefault(one.id, one)
    if _is_installed(pocketsphinx.NAME):
        found.setdefault(pocketsphinx.NAME, ListedModel(pocketsphinx.NAME, pocketsphinx.NAME))
    return list(found.values())


def weights_of_key(settings: Settings, key: str) -> str:
    """What the pool keeps under this name (see `Workplace.engine`)."""
    engine, _, model = key.partition(" ")
    return weights_of(settings, engine, model or None)


def weights_of(settings: Settings, engine: str, model: str | None) -> str:
    """Names what is loaded, however it was asked for."""
    if engine not in WHISPER_ENGINES:
        return f"{engine} {model or ''}"
    name = model or default_model(choose_device(settings.device, settings.compute_type).name)
    return models.REPOSITORIES.get(name) or models.plain_name(name)


def _aliases(settings: Settings) -> dict[str, str]:
    return dict(item.split("=", 1) for item in listed(settings.model_aliases))


def _meaning(settings: Settings, asked: str) -> dict[str, str] | None:
    name = asked if asked == WHISPER else _aliases(settings).get(asked, asked)
    if name in (WHISPER, *OPENAI_NAMES, *_configured_names(settings)):
        return {}
    if name == pocketsphinx.NAME and _is_installed(pocketsphinx.NAME):
        return {"engine": pocketsphinx.NAME}
    known = _cached(settings, name)
    if known is None or known == _whisper_model(settings):
        return None if known is None else {}
    engine = {} if settings.engine in WHISPER_ENGINES else {"engine": WHISPER_ENGINES[1]}
    return {**engine, "model": known}


def _configured_names(settings: Settings) -> tuple[str, ...]:
    """What the configured model may be called: a folder by its last part too, whose place is private."""
    if settings.model is None:
        return (settings.engine,)
    engine = settings.engine if settings.engine != "auto" else WHISPER_ENGINES[1]
    return (models.plain_name(settings.model), settings.model, engine)


def _whisper_model(settings: Settings) -> str | None:
    """The shortest name of the model that the settings mean, where the cache holds such."""
    if settings.engine not in WHISPER_ENGINES:
        return None
    name = settings.model or default_model(choose_device(settings.device, settings.compute_type).name)
    return models.name_of(models.REPOSITORIES.get(name, name))


def _cached(settings: Settings, name: str) -> str | None:
    """The shortest name of a model that lies in the cache; None where it does not."""
    repository = models.REPOSITORIES.get(name, name)
    if not _REPOSITORY.fullmatch(repository):
        return None
    there = Repository(cache_folder(settings.models_dir), repository).snapshot()
    return None if there is None else models.name_of(repository)


def _is_installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def _not_here(settings: Settings, asked: str) -> str:
    name = _aliases(settings).get(asked, asked)
    meant = f"{asked[:100]!r}" if asked == name else f"{asked!r} (here {name!r})"
    there = [one.id for one in listed_models(settings)]
    close = difflib.get_close_matches(name, there, 1)
    hint = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(there)}."
    return (
        f"The model {meant} is not here. {hint} An admin fetches others with `auricle models pull NAME` or "
        "POST /v1/models/NAME; whisper-1 is always the configured one."
    )


def _configured(settings: Settings) -> ListedModel:
    """The model that the settings mean, by its own name; it may not be here yet."""
    model = _whisper_model(settings)
    if model is None:
        own = models.plain_name(settings.model) if settings.model else settings.engine
        return ListedModel(own, settings.engine, settings.model)
    files = models.find(settings.model or model, models_dir=settings.models_dir)
    if files is None:
        return ListedModel(model, settings.engine, model)
    return ListedModel(files.title, settings.engine, files.title, created=_moment(files.path))


def _from_cache(settings: Settings) -> Iterator[ListedModel]:
    for one in models.installed(models_dir=settings.models_dir):
        if one.files is not None:
            owner = one.repository.partition("/")[0]
            created = _moment(one.files.path)
            yield ListedModel(one.name, WHISPER_ENGINES[1], one.name, owner, created, one.size)


def _from_aliases(settings: Settings, configured: ListedModel) -> Iterator[ListedModel]:
    for alias in _aliases(settings):
        meant = _meaning(settings, alias)
        if meant == {}:
            yield replace(configured, id=alias)
        elif meant is not None:
            yield ListedModel(alias, meant.get("engine", settings.engine), meant.get("model"))


def _moment(folder: Path) -> int:
    return int(folder.stat().st_mtime)
