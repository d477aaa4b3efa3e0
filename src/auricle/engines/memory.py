"""Memory that is taken, so that one can say what a model added to it."""

import ctypes
import os
import re
from functools import cache
from typing import NamedTuple

import psutil

_NVML = "libnvidia-ml.so.1"


class Memory(NamedTuple):
    """Bytes: `host` is what this process has resident, `gpu` what all processes have on the GPUs it sees."""

    host: int
    gpu: int

    def since(self, before: "Memory") -> "Memory":
        """What was added; work beside the loading blurs it, but never below nothing."""
        return Memory(max(0, self.host - before.host), max(0, self.gpu - before.gpu))


def memory_taken() -> Memory:
    """What is taken now."""
    return Memory(psutil.Process().memory_info().rss, _gpu_memory())


class _GpuMemory(ctypes.Structure):
    """nvmlMemory_t; bytes."""

    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


@cache
def _nvml() -> ctypes.CDLL | None:
    """NVIDIA's library for watching GPUs, which takes no memory of theirs as CUDA does; None without one."""
    try:
        library = ctypes.CDLL(_NVML)
    except OSError:
        return None
    return library if library.nvmlInit_v2() == 0 else None


def _gpu_memory() -> int:
    library = _nvml()
    if library is None:
        return 0
    count = ctypes.c_uint()
    library.nvmlDeviceGetCount_v2(ctypes.byref(count))
    return sum(_used(library, number) for number in range(count.value) if _is_ours(number))


def _is_ours(number: int) -> bool:
    """Whether this process computes on a GPU; workers that begin at once on others are not to be measured."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    by_number = visible is not None and re.fullmatch(r"[-\d, ]*", visible)
    return not by_number or str(number) in re.split("[, ]+", str(visible))


def _used(library: ctypes.CDLL, number: int) -> int:
    device, memory = ctypes.c_void_p(), _GpuMemory()
    if library.nvmlDeviceGetHandleByIndex_v2(number, ctypes.byref(device)) != 0:
        return 0
    failed = library.nvmlDeviceGetMemoryInfo(device, ctypes.byref(memory)) != 0
    return 0 if failed else int(memory.used)
