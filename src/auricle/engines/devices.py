"""Where a model can run here: the CUDA device or the CPU, and what this process may use of the machine."""

import ctypes
import importlib.util
import math
import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from auricle.errors import InvalidOption

_ROOT = Path("/")
_CGROUPS = Path("/sys/fs/cgroup")
#: Files by which Docker and Podman show that this is a container.
_CONTAINER_MARKS = (".dockerenv", "run/.containerenv")
#: The first of these formats that the device supports is its default: fastest at no audible loss.
_PREFERRED = {"cuda": ("float16", "int8_float32", "float32"), "cpu": ("int8", "float32")}
#: CTranslate2 computes on CUDA with this library alone (since 4.7 it needs no cuDNN).
_CUBLAS = "libcublas.so.12"
_SMALL_MODEL_CORES = 8
_SMALL_MODEL_MEMORY = 8_000_000_000


@dataclass(frozen=True, slots=True)
class Device:
    """Where and in which number format to compute; `warnings` say why it is not what was asked for."""

    name: str
    compute_type: str
    warnings: tuple[str, ...] = ()


def choose_device(device: str = "auto", compute_type: str | None = None) -> Device:
    """The device for `auto`, `cpu` or `cuda`, and the fastest compute type where none is asked for.

    A CUDA device that cannot be used becomes the CPU with a warning. That it really decodes is known
    only when a model is loaded. Raises InvalidOption for a compute type the device cannot do.
    """
    problem = cuda_problem() if device != "cpu" else None
    if device == "cuda" and problem:
        return _instead_of_cuda(problem, compute_type)
    name = "cpu" if device == "cpu" or problem else "cuda"
    supported = compute_types(name)
    if compute_type is not None and compute_type not in supported:
        raise InvalidOption(
            f"The device {name} cannot compute in {compute_type}; it can in {', '.join(sorted(supported))}."
        )
    warnings = (f"The GPU is not used: {problem}",) if problem and _has_nvidia_device() else ()
    return Device(name, compute_type or _preferred(name, supported), warnings)


def cuda_problem(root: Path = _ROOT) -> str | None:
    """Why CUDA cannot be used here, as a sentence; None where it can.

    Loads cuBLAS from NVIDIA's Python package where the system has none, so that CTranslate2 finds it.
    """
    import ctranslate2

    if ctranslate2.get_cuda_device_count() == 0:
        return _why_no_device(root)
    if not _load_cublas():
        return f"{_CUBLAS} is missing; install it with `pip install 'auricle[cuda]'`."
    return None


def _why_no_device(root: Path) -> str:
    if not _has_nvidia_device(root):
        return "There is no CUDA device."
    if platform.machine() == "aarch64":
        return "CTranslate2, as it is packaged for arm64, computes on the CPU alone."
    if any((root / mark).exists() for mark in _CONTAINER_MARKS):
        return (
            "This container was not given the GPU. That takes NVIDIA's container toolkit on the host, and "
            "--gpus all or deploy/compose.gpu.yaml."
        )
    return "The NVIDIA driver offers no CUDA device; its version has to support CUDA 12."


def compute_types(device: str) -> frozenset[str]:
    """The number formats that CTranslate2 can compute in on `cpu` or `cuda`."""
    import ctranslate2

    return frozenset(ctranslate2.get_supported_compute_types(device))


def default_model(device: str) -> str:
    """The model for a device where none is set: the best one that is still faster than speech."""
    if device == "cuda":
        return "large-v3-turbo"
    strong = usable_cores() >= _SMALL_MODEL_CORES and usable_memory() >= _SMALL_MODEL_MEMORY
    return "small" if strong else "base"


def usable_cores(cgroups: Path = _CGROUPS) -> int:
    """CPU cores this process may use: those of its affinity, or fewer by its control group's quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([cores, *map(math.ceil, _cpu_quotas(cgroups))]))


def usable_memory(cgroups: Path = _CGROUPS) -> int:
    """Bytes of memory this process may use: the machine's, or fewer by its control group's limit."""
    limits = [
        int(text)
        for folder in _own_groups(cgroups, "memory")
        for text in (_read(folder / "memory.max"), _read(folder / "memory.limit_in_bytes"))
        if text.isdigit()
    ]
    return min([psutil.virtual_memory().total, *limits])


def _instead_of_cuda(problem: str, compute_type: str | None) -> Device:
    supported = compute_types("cpu")
    used = compute_type if compute_type in supported else _preferred("cpu", supported)
    warning = f"CUDA was asked for, but the CPU is used: {problem}"
    if compute_type not in (None, used):
        warning += f" It cannot compute in {compute_type}, so {used} is used."
    return Device("cpu", used, (warning,))


def _preferred(name: str, supported: frozenset[str]) -> str:
    return next((kind for kind in _PREFERRED[name] if kind in supported), "float32")


def _has_nvidia_device(root: Path = _ROOT) -> bool:
    """Whether an NVIDIA GPU is there and not hidden on purpose; /dev/dxg is how WSL shows one."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "0") in ("", "-1"):
        return False
    return (root / "proc/driver/nvidia/version").exists() or (
        (root / "dev/dxg").exists() and (root / "usr/lib/wsl/lib/libcuda.so.1").exists()
    )


def _load_cublas() -> bool:
    """Load cuBLAS by name, or from the package; a library once loaded is found by its name from then on."""
    package = importlib.util.find_spec("nvidia")
    folders = list(package.submodule_search_locations or []) if package else []
    for place in [_CUBLAS, *(f"{folder}/cublas/lib/{_CUBLAS}" for folder in folders)]:
        try:
            ctypes.CDLL(place, mode=ctypes.RTLD_GLOBAL)
        except OSError:
            continue
        return True
    return False


def _own_groups(cgroups: Path, controller: str) -> Iterator[Path]:
    """The folders of this process's control group and its parents, for versions 1 and 2.

    In a container the paths in /proc are often those outside of it; the root then holds the limits.
    """
    for line in _read(Path("/proc/self/cgroup")).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        root = cgroups / controllers if controllers else cgroups
        group = root / path.lstrip("/")
        yield from (folder for folder in (group, *group.parents) if folder.is_relative_to(root))


def _cpu_quotas(cgroups: Path) -> Iterator[float]:
    for folder in _own_groups(cgroups, "cpu"):
        version_2 = _read(folder / "cpu.max").split()
        version_1 = [_read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us")]
        for quota, period in (pair for pair in (version_2, version_1) if len(pair) == 2):
            if quota.isdigit() and period.isdigit():
                yield int(quota) / int(period)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""
