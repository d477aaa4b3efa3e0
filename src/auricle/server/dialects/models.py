"""`/v1/models`: which models a request may name, as OpenAI lists them, and how they come and go."""

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Literal, TypeVar

import structlog
from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from auricle.engines import models, pocketsphinx
from auricle.engines.registry import hub_of
from auricle.errors import Conflict, Held, UnknownModel
from auricle.server.answers import again, failed
from auricle.server.deps import AdminDep, LookDep, ServiceDep
from auricle.server.dialects.errors import OpenAIError
from auricle.server.dialects.model_names import (
    WHISPER_ENGINES,
    ListedModel,
    listed_models,
    model_options,
    weights_of,
    weights_of_key,
)
from auricle.server.service import Service
from auricle.settings import Settings
from auricle.store.audit import record

log = structlog.get_logger(__name__)

router = APIRouter(tags=["models"], responses={"default": failed(OpenAIError)})

_T = TypeVar("_T")


class ModelCard(BaseModel):
    """A name that a request may give as its model."""

    id: str = Field(description="The name.")
    object: Literal["model"] = "model"
    created: int = Field(description="When its files came, in seconds since 1970; 0 where that is not known.")
    owned_by: str = Field(description="Who published it.")
    engine: str = Field(description="What runs it.")
    size: int | None = Field(description="Bytes on disk, where it lies in the model cache.")
    loaded: bool = Field(description="Whether it is in this server's memory.")


class ModelList(BaseModel):
    """Every name that works now."""

    object: Literal["list"] = "list"
    data: list[ModelCard]


class ModelDeleted(BaseModel):
    """What is no longer there."""

    id: str
    object: Literal["model"] = "model"
    deleted: bool = True


@router.get("/v1/models")
@router.get("/v1/models/", include_in_schema=False)  # it would be a model without a name
def list_models(service: ServiceDep, _: LookDep) -> ModelList:
    """Every name that works as a model: whisper-1 is what the settings say, others are here already."""
    return ModelList(data=[_card(service, one) for one in listed_models(service.settings)])


@router.get("/v1/models/{model_id:path}")
def show_model(model_id: str, service: ServiceDep, _: LookDep) -> ModelCard:
    """One model, by any of its names."""
    return _card(service, _named(service.settings, model_id))


@router.post(
    "/v1/models/{model_id:path}",
    status_code=201,
    responses=again(ModelCard),
)
async def fetch_model(model_id: str, service: ServiceDep, user: AdminDep, response: Response) -> ModelCard:
    """Fetch a model, by its size or its id on the hub; answered when it is here.

    A client that leaves does not stop the download.
    """
    card, is_new = await _apart(lambda: _fetched(service, model_id, user.id))
    response.status_code = 201 if is_new else 200
    return card


@router.delete("/v1/models/{model_id:path}")
def remove_model(model_id: str, service: ServiceDep, user: AdminDep) -> ModelDeleted:
    """Delete a model from the disk, and what an unfinished download left of it."""
    name = _removable(service.settings, model_id)
    weights = models.repository_of(name)
    for key in service.place.engines.loaded:
        if weights_of_key(service.settings, str(key)) == weights and not service.place.engines.unload(key):
            raise Held(f"The model {name} is in use: delete it when nobody is being heard with it.")
    freed = models.remove(name, models_dir=service.settings.models_dir)
    with service.database.write() as session:
        record(session, user.id, "model.removed", name, freed=freed)
    log.info("model_removed", model=name, freed=freed)
    return ModelDeleted(id=model_id)


def _fetched(service: Service, model_id: str, user_id: str) -> tuple[ModelCard, bool]:
    """The model, and whether it had to be fetched."""
    name = model_id
    with contextlib.suppress(UnknownModel):
        known = _named(service.settings, model_id)
        if known.created or known.engine not in WHISPER_ENGINES:
            return _card(service, known), False
        name = known.model or model_id
    name = models.name_of(models.repository_of(name))
    models.pull(name, models_dir=service.settings.models_dir, hub=hub_of(service.settings))
    with service.database.write() as session:
        record(session, user_id, "model.fetched", name)
    log.info("model_fetched", model=name)
    return _card(service, _named(service.settings, model_id)), True


def _removable(settings: Settings, model_id: str) -> str:
    """The name of the model to delete. Raises Conflict for those that have to stay."""
    try:
        meant = model_options(settings, model_id)
    except UnknownModel:
        return model_id  # an unfinished download is no model, but can be deleted
    if "model" in meant:
        return meant["model"]
    if meant.get("engine") == pocketsphinx.NAME:
        raise Conflict("PocketSphinx comes with Auricle: it cannot be deleted.")
    raise Conflict(
        f"{model_id} is what this server is set to use (AURICLE_ENGINE, AURICLE_MODEL): change that first."
    )


def _named(settings: Settings, model_id: str) -> ListedModel:
    """What a name stands for; UnknownModel where it is not here. The configured model may not be here yet."""
    listed = listed_models(settings)
    exact = next((one for one in listed if one.id == model_id), None)
    if exact is not None:
        return exact
    meant = model_options(settings, model_id)
    same = next(one for one in listed if not meant or one.model == meant.get("model"))
    return replace(same, id=model_id)


def _card(service: Service, one: ListedModel) -> ModelCard:
    settings = service.settings
    weights = weights_of(settings, one.engine, one.model)
    loaded = {weights_of_key(settings, str(key)) for key in service.place.engines.loaded}
    return ModelCard(
        id=one.id,
        created=one.created,
        owned_by=one.owned_by,
        engine=one.engine,
        size=one.size,
        loaded=weights in loaded,
    )


async def _apart(work: Callable[[], _T]) -> _T:
    """Do something long in a thread of its own, which goes on when nobody waits for it any more."""
    outcome: Future[_T] = Future()
    context = contextvars.copy_context()

    def run() -> None:
        try:
            outcome.set_result(context.run(work))
        except BaseException as error:  # raised again where it is waited for
            outcome.set_exception(error)

    threading.Thread(target=run, name="model-download", daemon=True).start()
    return await asyncio.shield(asyncio.wrap_future(outcome))
