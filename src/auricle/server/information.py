"""The route that says what this installation is and can do."""

from dataclasses import fields
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from auricle import __version__
from auricle.audio.vad import VadOptions
from auricle.engines import SpeechOptions
from auricle.engines.models import plain_name
from auricle.engines.options import meaning_of
from auricle.engines.registry import CAPABILITIES
from auricle.exports import FORMATS
from auricle.jobs.options import OWN_OPTIONS
from auricle.jobs.stages import STAGES
from auricle.server.deps import ServiceDep, UserDep
from auricle.transcript.languages import WHISPER_LANGUAGES
from auricle.transcript.review import DOUBTFUL_BELOW

router = APIRouter(tags=["information"])


class EngineModel(BaseModel):
    """A speech engine, and what it can do."""

    name: str
    options: list[str] = Field(description="Speech options it honours, besides language and task.")
    languages: list[str]
    word_times: bool
    translate: bool
    language_detection: bool


class OptionModel(BaseModel):
    """An option of a job."""

    name: str
    meaning: str
    default: Any


class Limits(BaseModel):
    """How large things may be."""

    max_upload: int = Field(description="Bytes of a file.")
    max_duration: float = Field(description="Seconds of a recording.")
    max_open_jobs: int = Field(description="Unfinished jobs of one person.")
    trash_days: int = Field(description="How long what is deleted can be brought back.")
    retention_days: int | None = Field(description="How long recordings stay; null is for ever.")


class Info(BaseModel):
    """This installation."""

    version: str
    engine: str = Field(description="The one that is taken where a request names none.")
    model: str | None = Field(
        description="The one that is taken, by its plain name; null is chosen by device."
    )
    engines: list[EngineModel]
    languages: dict[str, str] = Field(description="Code and name.")
    formats: list[str] = Field(description="GET /formats has their options.")
    options: list[OptionModel] = Field(description="What a job may be asked for.")
    stages: list[str] = Field(description="What a job goes through.")
    doubtful_below: float = Field(description="A word with less confidence is doubtful until it is checked.")
    limits: Limits


@router.get("/info")
def info(service: ServiceDep, _: UserDep) -> Info:
    """Version, engines, languages, formats, options and limits."""
    settings = service.settings
    return Info(
        version=__version__,
        engine=settings.engine,
        model=None if settings.model is None else plain_name(settings.model),
        engines=[
            EngineModel(
                name=name,
                options=sorted(can.options),
                languages=sorted(can.languages),
                word_times=can.word_times,
                translate=can.translate,
                language_detection=can.language_detection,
            )
            for name, can in CAPABILITIES.items()
        ],
        languages={code: name.title() for code, name in WHISPER_LANGUAGES.items()},
        formats=list(FORMATS),
        options=_options(),
        stages=[stage.name for stage in STAGES],
        doubtful_below=DOUBTFUL_BELOW,
        limits=Limits(
            max_upload=settings.max_upload,
            max_duration=settings.max_duration,
            max_open_jobs=settings.max_open_jobs,
            trash_days=settings.trash_days,
            retention_days=settings.retention_days,
        ),
    )


def _options() -> list[OptionModel]:
    own = [OptionModel(name=name, meaning=meaning, default=None) for name, meaning in OWN_OPTIONS.items()]
    speech = [
        OptionModel(name=one.name, meaning=meaning_of(one), default=one.default)
        for one in fields(SpeechOptions)
        if one.name != "vad_options"
    ]
    vad = {one.name: meaning_of(one) for one in fields(VadOptions)}
    listed = ", ".join(f"{name}: {meaning}" for name, meaning in vad.items())
    about = OptionModel(
        name="vad_options", meaning=f"How speech is told from silence. {listed}", default=None
    )
    return [*own, *speech, about]
