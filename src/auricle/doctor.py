"""What this machine has of what Auricle needs: each check says what is there, and what to do if it is not."""

import importlib.util
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from auricle.engines.devices import choose_device, cuda_problem, default_model, usable_cores, usable_memory
from auricle.errors import AuricleError, InvalidSetting
from auricle.settings import Settings, config_file, load_settings

Status = Literal["ok", "warning", "broken"]

#: An hour of audio takes 0.1 GB while it is worked on, a model up to 3 GB.
_DISK_SCARCE = 4_000_000_000
_DISK_FULL = 200_000_000
_MEMORY_SCARCE = 2_000_000_000
_MIN_PYTHON = (3, 11)

#: What reads the recordings people have: everyone's formats first, then those of some.
_COMMON_DECODERS = ("pcm_s16le", "mp3float", "aac", "flac", "opus", "vorbis")
_OTHER_DECODERS = (
    *("pcm_u8", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_s16be", "pcm_alaw", "pcm_mulaw"),
    *("adpcm_ms", "adpcm_ima_wav", "adpcm_ima_qt", "g722", "alac", "mp2", "ac3", "eac3"),
    *("wmav1", "wmav2", "wmapro", "wmalossless", "amrnb", "amrwb"),
)
#: The engines by the packages they need; all but openai-whisper come with Auricle.
_ENGINES = {
    "faster-whisper": ("faster_whisper", "ctranslate2"),
    "pocketsphinx": ("pocketsphinx",),
    "openai-api": ("openai",),
    "openai-whisper": ("whisper", "torch"),
}
_OPTIONAL_ENGINES = frozenset({"openai-whisper"})


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, in a sentence; `advice` says what to do about it."""

    status: Status
    message: str
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A finding and what was looked at."""

    name: str
    status: Status
    message: str
    advice: str | None = None


def examine() -> Iterator[Check]:
    """Look at everything in turn. A check that fails is a finding too, so all of them are made."""
    settings, finding = _settings()
    yield Check("Settings", finding.status, finding.message, finding.advice)
    for name, look in _CHECKS.items():
        found = _made(look, settings)
        yield Check(name, found.status, found.message, found.advice)


def _made(look: Callable[[Settings], Finding], settings: Settings) -> Finding:
    try:
        return look(settings)
    except AuricleError as error:
        return Finding("broken", str(error))
    except Exception as error:  # a broken installation can raise anything, and that is the finding
        return Finding("broken", f"{type(error).__name__}: {error}", "Install Auricle again.")


def _settings() -> tuple[Settings, Finding]:
    try:
        settings = load_settings()
    except InvalidSetting as error:
        return Settings(), Finding("broken", str(error), "Correct it; what follows looks at the defaults.")
    file = config_file()
    return settings, Finding("ok", f"Right; {file} is read." if file else "Right; there is no auricle.toml.")


def _python(_: Settings) -> Finding:
    message = f"{platform.python_version()} ({sys.executable})"
    if sys.version_info[:2] < _MIN_PYTHON:
        return Finding("broken", message, "Auricle needs Python 3.11 or newer.")
    return Finding("ok", message)


def _cpu(_: Settings) -> Finding:
    cores = usable_cores()
    return Finding("ok", f"{_cpu_name()}, {cores} {'core' if cores == 1 else 'cores'} to use")


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8", errors="replace").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _memory(_: Settings) -> Finding:
    usable = usable_memory()
    free = min(usable, psutil.virtual_memory().available)
    message = f"{_gigabytes(usable)}, {_gigabytes(free)} of it free"
    if free < _MEMORY_SCARCE:
        return Finding("warning", message, "Close other programs, or set AURICLE_MODEL=tiny or base.")
    return Finding("ok", message)


def _cuda(settings: Settings) -> Finding:
    problem = cuda_problem()
    if problem is None:
        return Finding("ok", _gpus() or "A CUDA device is there.")
    wanted = settings.device == "cuda" or choose_device("auto").warnings
    advice = "Repair it, or set AURICLE_DEVICE=cpu; until then the CPU is used."
    return Finding("warning", problem, advice) if wanted else Finding("ok", f"{problem} The CPU is used.")


def _gpus() -> str:
    """Name, driver and memory of each GPU by NVIDIA's own program; empty where that is missing."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    query = [program, "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True)  # noqa: S603 -- fixed arguments
    except (OSError, subprocess.SubprocessError):
        return ""
    lines = (line.split(", ") for line in answer.stdout.strip().splitlines())
    return "; ".join(f"{name}, driver {driver}, {memory}" for name, driver, memory in lines)


def _engines(settings: Settings) -> Finding:
    absent = [name for name, packages in _ENGINES.items() if not all(map(importlib.util.find_spec, packages))]
    message = ", ".join(name for name in _ENGINES if name not in absent) or "none"
    if absent:
        message += f"; not installed: {', '.join(absent)}"
    if settings.engine in absent and settings.engine in _OPTIONAL_ENGINES:
        return Finding("broken", message, f"Install it with `pip install 'auricle[{settings.engine}]'`.")
    if not _OPTIONAL_ENGINES.issuperset(absent):
        return Finding("broken", message, "Install Auricle again, with all its packages.")
    if settings.engine == "openai-api" and not settings.engine_url:
        return Finding(
            "broken", message, "The engine openai-api needs the address of its server in AURICLE_ENGINE_URL."
        )
    return Finding("ok", message)


def _models(settings: Settings) -> Finding:
    from auricle.engines import models

    cached = models.installed(models_dir=settings.models_dir)
    complete = [model.name for model in cached if model.files]
    unfinished = [model.name for model in cached if not model.files]
    wanted = _wanted_model(settings)
    message = ", ".join(complete) or "none in the cache"
    if unfinished:
        message += f"; unfinished: {', '.join(unfinished)}"
    if models.find(wanted, models_dir=settings.models_dir) is None:
        return Finding(
            "warning", f"{message}; {wanted} is not here yet", f"`auricle models pull {wanted}` fetches it."
        )
    return Finding("ok", message if complete else wanted)


def _wanted_model(settings: Settings) -> str:
    return settings.model or default_model(choose_device(settings.device).name)


def _decoding(settings: Settings) -> Finding:
    """Decode a second of sound with the model that would be used, or else with the smallest one here."""
    import numpy as np

    from auricle.engines import Samples, SpeechOptions, faster_whisper, models

    device = choose_device(settings.device, settings.compute_type)
    cached = [model for model in models.installed(models_dir=settings.models_dir) if model.files]
    smallest = min(cached, key=lambda model: model.size).files if cached else None
    files = models.find(_wanted_model(settings), models_dir=settings.models_dir) or smallest
    if files is None:
        return Finding(
            "warning", "Not tried: there is no model yet.", "`auricle models pull base` fetches one."
        )
    engine = faster_whisper.load(
        files.path,
        model=files.name,
        device=device.name,
        compute_type=device.compute_type,
        threads=settings.threads or usable_cores(),
        warnings=device.warnings,
    )
    tone: Samples = np.sin(np.arange(16_000, dtype=np.float32) * (2 * np.pi * 440 / 16_000)) / 10
    list(engine.transcribe([tone], SpeechOptions(language="en", word_times=False)))
    engine.close()
    used = engine.identity
    message = f"{files.name} works on {used.device} in {used.compute_type}"
    return (
        Finding("warning", f"{message}. {' '.join(used.warnings)}")
        if used.warnings
        else Finding("ok", message)
    )


def _codecs(_: Settings) -> Finding:
    import av
    from av.codec import Codec

    def absent(name: str) -> bool:
        try:
            Codec(name, "r")
        except av.codec.codec.UnknownCodecError:
            return True
        return False

    missing = [name for name in (*_COMMON_DECODERS, *_OTHER_DECODERS) if absent(name)]
    if not missing:
        return Finding(
            "ok",
            f"All {len(_COMMON_DECODERS) + len(_OTHER_DECODERS)} decoders are there (PyAV {av.__version__}).",
        )
    status: Status = "broken" if set(missing) & set(_COMMON_DECODERS) else "warning"
    advice = "Install PyAV's own package from PyPI: it brings every decoder."
    return Finding(status, f"Missing: {', '.join(missing)}", advice)


def _speech_detector(_: Settings) -> Finding:
    from auricle.audio.vad import silero_file

    return Finding("ok", f"Silero ({silero_file().name})")


def _data_folder(settings: Settings) -> Finding:
    problem = _write_problem(settings.data_dir)
    if problem:
        advice = "Give yourself the right to write there, or set AURICLE_DATA_DIR to another folder."
        return Finding("broken", f"{settings.data_dir}: {problem}", advice)
    return Finding("ok", f"{settings.data_dir}{_yet_to_come(settings.data_dir)}")


def _models_folder(settings: Settings) -> Finding:
    from auricle.engines.model_cache import cache_folder

    folder = cache_folder(settings.models_dir)
    problem = _write_problem(folder)
    if problem:
        advice = (
            "Models that are there can be used; to fetch others, set AURICLE_MODELS_DIR to another folder."
        )
        return Finding("warning", f"{folder}: {problem}", advice)
    return Finding("ok", f"{folder}{_yet_to_come(folder)}")


def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(_existing(settings.data_dir)).free
    advice = "Delete what is not needed, or set AURICLE_DATA_DIR to a larger disk."
    if free < _DISK_FULL:
        return Finding("broken", f"{_gigabytes(free)} free", advice)
    if free < _DISK_SCARCE:
        return Finding(
            "warning", f"{_gigabytes(free)} free, which is scarce for models and long recordings", advice
        )
    return Finding("ok", f"{_gigabytes(free)} free")


def _write_problem(folder: Path) -> str | None:
    """Why nothing can be written in `folder`, or in the nearest folder above it that exists."""
    try:
        with tempfile.NamedTemporaryFile(dir=_existing(folder), prefix=".auricle-doctor-") as file:
            file.write(b"\0" * 4096)
            file.flush()
    except OSError as error:
        return f"{error.strerror}."
    return None


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _yet_to_come(folder: Path) -> str:
    return "" if folder.exists() else " (does not exist yet, and can be made)"


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB"


_CHECKS: dict[str, Callable[[Settings], Finding]] = {
    "Python": _python,
    "CPU": _cpu,
    "Memory": _memory,
    "CUDA": _cuda,
    "Engines": _engines,
    "Models": _models,
    "Decoding": _decoding,
    "Codecs": _codecs,
    "Speech detector": _speech_detector,
    "Data folder": _data_folder,
    "Models folder": _models_folder,
    "Free disk": _disk,
}
