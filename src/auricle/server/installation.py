"""Routes that show an admin what this installation runs on, and as what it is set up."""

import os
import platform
import shutil
import socket
from pathlib import Path
from typing import Literal

import psutil
from fastapi import APIRouter
from pydantic import BaseModel, Field

from auricle import __version__
from auricle.engines.availability import wants_gpu
from auricle.engines.devices import choose_device, cuda_problem, usable_cores, usable_memory
from auricle.engines.memory import gpus
from auricle.errors import AuricleError
from auricle.server.deps import AdminDep, ServiceDep
from auricle.server.models import Moment
from auricle.server.service import Service
from auricle.settings import (
    DEFAULT,
    ENVIRONMENT,
    FLAG,
    PREFIX,
    Settings,
    allowed,
    group,
    is_secret,
    shown,
    unit,
)

router = APIRouter(tags=["admin"], prefix="/admin")

Source = Literal["default", "flag", "environment", "env_file", "toml"]


class SettingModel(BaseModel):
    """A setting in force."""

    name: str = Field(description="As auricle.toml spells it.")
    variable: str = Field(description="As the environment and .env spell it.")
    group: str
    meaning: str
    allowed: str = Field(description="What it may be, as the end of a sentence.")
    unit: str | None = Field(description="What its number counts.")
    value: str = Field(description="Of a secret only whether it is set; passwords in addresses are stars.")
    default: str
    secret: bool
    source: Source = Field(
        description="Where the value comes from; flag is the command line, env_file a file such as .env."
    )
    path: str | None = Field(description="The file it comes from.")


class GpuModel(BaseModel):
    """A GPU of this machine."""

    name: str
    memory_total: int = Field(description="Bytes.")
    memory_used: int = Field(description="Bytes, by all programs.")


class DeviceModel(BaseModel):
    """Where speech is recognized."""

    name: str | None = Field(description="cpu or cuda; null where it is not this process that recognizes.")
    compute_type: str | None = Field(description="The number format; null where the engine chooses.")
    reason: str = Field(description="Why, as a sentence.")


class SystemModel(BaseModel):
    """What this server runs on."""

    version: str
    python: str
    platform: str = Field(description="Operating system and architecture.")
    host: str
    started_at: Moment
    cpus: int = Field(description="Cores this process may use.")
    load: float = Field(description="Processes that want a core, on average over the last minute.")
    memory_total: int = Field(description="Bytes of the machine.")
    memory_used: int = Field(description="Bytes, by all programs.")
    memory_limit: int = Field(
        description="Bytes this process may use: fewer than the machine has in a container."
    )
    memory_process: int = Field(description="Bytes of this process.")
    gpus: list[GpuModel]
    device: DeviceModel
    data_dir: str
    disk_total: int = Field(description="Bytes of the disk with the data folder.")
    disk_free: int
    database: Literal["sqlite", "postgresql"]
    broker: str = Field(description="What wakes workers: threads of this server, or redis, amqp, sqs.")
    storage: Literal["disk", "s3"]


@router.get("/settings")
def list_settings(service: ServiceDep, _: AdminDep) -> list[SettingModel]:
    """Every setting in force, and where its value comes from; never the value of a secret."""
    return [_setting(service, name) for name in Settings.model_fields]


@router.get("/system")
def system(service: ServiceDep, _: AdminDep) -> SystemModel:
    """The machine, the device, the disk, and what is used as database, broker and storage."""
    settings, memory = service.settings, psutil.virtual_memory()
    disk = shutil.disk_usage(settings.data_dir)
    address = settings.broker_url
    return SystemModel(
        version=__version__,
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.release()}, {platform.machine()}",
        host=socket.gethostname(),
        started_at=service.started_at,
        cpus=usable_cores(),
        load=round(os.getloadavg()[0], 2),
        memory_total=memory.total,
        memory_used=memory.total - memory.available,
        memory_limit=usable_memory(),
        memory_process=psutil.Process().memory_info().rss,
        gpus=[GpuModel(**one._asdict()) for one in gpus()],
        device=_device(service),
        data_dir=str(settings.data_dir.absolute()),
        disk_total=disk.total,
        disk_free=disk.free,
        database="sqlite" if service.database.is_sqlite else "postgresql",
        broker="threads" if address is None else address.partition(":")[0],
        storage="s3" if (settings.storage_url or "").startswith("s3:") else "disk",
    )


def _setting(service: Service, name: str) -> SettingModel:
    field, value = Settings.model_fields[name], getattr(service.settings, name)
    secret = is_secret(name)
    default = field.get_default(call_default_factory=True)
    source, path = _source(service.origins[name])
    return SettingModel(
        name=name,
        variable=f"{PREFIX}{name.upper()}",
        group=group(name),
        meaning=field.description or "",
        allowed=allowed(name),
        unit=unit(name) or None,
        value=("not set" if value is None else "set") if secret else shown(name, value),
        default="not set" if secret else shown(name, default),
        secret=secret,
        source=source,
        path=path,
    )


def _source(origin: str) -> tuple[Source, str | None]:
    if origin in (DEFAULT, FLAG, ENVIRONMENT):
        return origin, None  # type: ignore[return-value] # one of three of its values
    file = Path(origin).absolute()
    return "env_file" if ".env" in file.name else "toml", str(file)


def _device(service: Service) -> DeviceModel:
    settings = service.settings
    if service.crew is None:
        return DeviceModel(
            name=None, compute_type=None, reason="Other processes recognize speech: see workers."
        )
    if settings.engine == "openai-api":
        return DeviceModel(name=None, compute_type=None, reason="Another server recognizes speech.")
    if settings.engine == "pocketsphinx":
        return DeviceModel(name="cpu", compute_type=None, reason="PocketSphinx computes on the CPU.")
    try:
        chosen = choose_device(settings.device, settings.compute_type)
    except AuricleError as error:
        return DeviceModel(name=None, compute_type=None, reason=str(error))
    reason = " ".join(chosen.warnings) or _reason(settings)
    own = settings.engine == "openai-whisper"
    return DeviceModel(name=chosen.name, compute_type=None if own else chosen.compute_type, reason=reason)


def _reason(settings: Settings) -> str:
    if not wants_gpu(settings):
        return "AURICLE_DEVICE is cpu."
    problem = cuda_problem()
    if problem:
        return f"{problem} The CPU is used."
    return "AURICLE_DEVICE is cuda." if settings.device == "cuda" else "There is a CUDA device."
