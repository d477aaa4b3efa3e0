"""Routes by which an admin fetches models, and has them loaded and unloaded."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import structlog
from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy import select

from auricle.engines import models, pocketsphinx
from auricle.engines.registry import hub_of
from auricle.engines.scheduler import Priority
from auricle.errors import Conflict, Held, ModelUnavailable, NotFound
from auricle.jobs.options import JobOptions, read_options
from auricle.jobs.reconcile import GONE
from auricle.server.answers import again
from auricle.server.deps import AdminDep, ServiceDep
from auricle.server.dialects.model_names import WHISPER_ENGINES, weights_of, weights_of_key
from auricle.server.service import Service
from auricle.store.audit import record
from auricle.store.schema import Worker, now

log = structlog.get_logger(__name__)

router = APIRouter(tags=["admin"], prefix="/admin/models")

State = Literal["installed", "unfinished", "absent", "elsewhere"]


class Fetching(BaseModel):
    """A download of this server."""

    done: int = Field(description="Bytes so far.")
    total: int | None = Field(description="Bytes in all; null while unknown.")
    error: str | None = Field(description="Why it ended without success; null while it runs.")


class ManagedModel(BaseModel):
    """A model that is here, or could be."""

    id: str = Field(description="Its shortest name.")
    engine: str = Field(description="What runs it.")
    repository: str | None = Field(
        default=None, description="Where it is published; null for what is not fetched."
    )
    revision: str | None = Field(default=None, description="The published commit that is here.")
    state: State = Field(description="elsewhere: its engine keeps it, here or on another server.")
    size: int | None = Field(default=None, description="Bytes on disk; null where that is not known.")
    configured: bool = Field(
        default=False, description="It is the one that is taken where a request names none."
    )
    loaded: bool = Field(default=False, description="It is in the memory of what recognizes speech.")
    in_use: bool = Field(default=False, description="Somebody is being heard with it in this server now.")
    fetching: Fetching | None = Field(default=None, description="Its download, where one runs or has failed.")


@router.get("")
def managed_models(service: ServiceDep, _: AdminDep) -> list[ManagedModel]:
    """Models on disk, then well-known ones that can be fetched; downloads with their progress."""
    return [one for _, one in _all(service)]


@router.post(
    "/{model_id:path}/fetch",
    status_code=202,
    responses=again(ManagedModel),
)
def begin_fetching(service: ServiceDep, user: AdminDep, response: Response, model_id: str) -> ManagedModel:
    """Start to fetch a model, by its size or its id on the hub; GET /admin/models says how far it is."""
    settings = service.settings
    name = models.name_of(models.repository_of(model_id))
    if models.find(name, models_dir=settings.models_dir) is not None:
        response.status_code = 200
    elif hub_of(settings).is_offline:
        raise ModelUnavailable(f"The model {name} is not here, and AURICLE_OFFLINE forbids fetching it.")
    else:
        service.fetches.begin(name, settings, partial(_note, service, user.id, "model.fetched", name))
    return _found(service, name)[1]


@router.post("/{model_id:path}/load")
def load_model(service: ServiceDep, user: AdminDep, model_id: str) -> ManagedModel:
    """Load a model into memory, so that the next request need not wait; answered when it is there.

    It goes again when nobody has used it for AURICLE_MODEL_IDLE seconds.
    """
    _refuse_others(service)
    _, model = _found(service, model_id)
    if model.state not in ("installed", "elsewhere"):
        raise Conflict(f"The model {model.id} is not here: fetch it first.")
    with service.place.engine(_asked(service, model), Priority.FILE, lambda: None):
        log.info("model_loaded", model=model.id)
    _note(service, user.id, "model.loaded", model.id)
    return _found(service, model_id)[1]


@router.post("/{model_id:path}/unload")
def unload_model(service: ServiceDep, user: AdminDep, model_id: str) -> ManagedModel:
    """Take a model out of memory; 409 while somebody is being heard with it."""
    _refuse_others(service)
    weights, model = _found(service, model_id)
    for key in service.place.engines.loaded:
        if weights_of_key(service.settings, str(key)) == weights:
            if not service.place.engines.unload(key):
                raise Held(f"The model {model.id} is in use: unload it when nobody is heard with it.")
            _note(service, user.id, "model.unloaded", model.id)
    return _found(service, model_id)[1]


def _note(service: Service, user_id: str, action: str, name: str) -> None:
    with service.database.write() as session:
        record(session, user_id, action, name)


def _refuse_others(service: Service) -> None:
    if service.crew is None:
        raise Conflict("Other processes recognize speech: they load models when they need them.")


def _asked(service: Service, model: ManagedModel) -> JobOptions:
    """What a job asks for that names this model: it is loaded as what jobs look for."""
    if model.configured:
        return read_options({}, service.settings)
    if model.engine not in WHISPER_ENGINES:
        return read_options({"engine": model.engine}, service.settings)
    own = service.settings.engine
    engine = own if own in WHISPER_ENGINES else model.engine
    return read_options({"engine": engine, "model": model.id}, service.settings)


def _found(service: Service, name: str) -> tuple[str, ManagedModel]:
    """A model by any of its names, and what its weights are known by."""
    repository = models.REPOSITORIES.get(name, name)
    for weights, one in _all(service):
        if name == one.id or repository == one.repository:
            return weights, one
    raise NotFound(f"The model {models.repository_of(name)} is not here: fetch it first.")


def _all(service: Service) -> list[tuple[str, ManagedModel]]:
    """Every model with what its weights are known by, those that are not here last."""
    loaded, used = _loaded(service), _weights(service, service.place.engines.leased)
    configured = _configured(service)
    found = [*_own(service), *_published(service)]
    for weights, one in found:
        one.configured = weights == configured
        one.loaded = weights in loaded
        one.in_use = weights in used
    return sorted(found, key=lambda one: one[1].state == "absent")


def _published(service: Service) -> Iterator[tuple[str, ManagedModel]]:
    """Whisper models of the cache, those that are fetched or configured, and those that are well known."""
    settings = service.settings
    cached = {one.repository: one for one in models.installed(models_dir=settings.models_dir)}
    fetches = service.fetches.known
    configured = [_configured(service)] if _is_published(service) else []
    for repository in dict.fromkeys([*cached, *fetches, *configured, *models.REPOSITORIES.values()]):
        here, fetch = cached.get(repository), fetches.get(repository)
        files = here.files if here else None
        yield (
            repository,
            ManagedModel(
                id=models.name_of(repository),
                engine=WHISPER_ENGINES[1],
                repository=repository,
                revision=files.revision if files else None,
                state="installed" if files else "unfinished" if here else "absent",
                size=here.size if here else None,
                fetching=Fetching(done=fetch.done, total=fetch.total, error=fetch.error) if fetch else None,
            ),
        )


def _own(service: Service) -> Iterator[tuple[str, ManagedModel]]:
    """What does not lie in the cache: the configured folder or engine, and PocketSphinx."""
    settings = service.settings
    if not _is_published(service):
        engine = WHISPER_ENGINES[1] if settings.engine in WHISPER_ENGINES else settings.engine
        model = Path(settings.model).name if settings.model else settings.engine
        here = settings.engine in (*WHISPER_ENGINES, pocketsphinx.NAME)
        yield _configured(service), _without_files(model, engine, here=here)
    if settings.engine != pocketsphinx.NAME and find_spec(pocketsphinx.NAME) is not None:
        weights = weights_of(settings, pocketsphinx.NAME, None)
        yield weights, _without_files(pocketsphinx.NAME, pocketsphinx.NAME, here=True)


def _without_files(id: str, engine: str, *, here: bool) -> ManagedModel:
    return ManagedModel(id=id, engine=engine, state="installed" if here else "elsewhere")


def _configured(service: Service) -> str:
    """What the weights of the configured model are known by."""
    return weights_of(service.settings, service.settings.engine, service.settings.model)


def _is_published(service: Service) -> bool:
    """Whether the configured model is one that the hub has: no folder, and no other engine's."""
    settings = service.settings
    if settings.engine not in WHISPER_ENGINES:
        return False
    files = settings.model and models.find(settings.model, models_dir=settings.models_dir)
    return not files or not files.revision.startswith("local-")


def _loaded(service: Service) -> set[str]:
    """What is in memory here, or with the workers where those recognize speech."""
    if service.crew is not None:
        return _weights(service, service.place.engines.loaded)
    with service.database.read() as session:
        alive = select(Worker.models).where(Worker.seen_at > now() - timedelta(seconds=GONE))
        return _weights(service, [key for keys in session.scalars(alive) for key in keys])


def _weights(service: Service, keys: Sequence[object]) -> set[str]:
    return {weights_of_key(service.settings, str(key)) for key in keys}
