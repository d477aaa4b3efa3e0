"""Memory that is taken, so that one can say what a model added to it."""

import ctypes
import os
import re
from functools import cache
from typing import NamedTuple

import psutil

_NVML = "libnvidia-ml.so.1"
#: Bytes of a GPU's name, its end included (NVML_DEVICE_NAME_V2_BUFFER_SIZE).
_LONGEST_NAME = 96


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


class Gpu(NamedTuple):
    """A GPU that this process may compute on; its memory in bytes."""

    name: str
    memory_total: int
    memory_used: int


def gpus() -> list[Gpu]:
    """The NVIDIA GPUs that this process sees; none of their memory is taken to find out."""
    library = _nvml()
    found = [_gpu(library, number) for number in _own_gpus(library)] if library else []
    return [one for one in found if one is not None]


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
    return sum(one.memory_used for one in gpus())


def _own_gpus(library: ctypes.CDLL) -> list[int]:
    count = ctypes.c_uint()
    library.nvmlDeviceGetCount_v2(ctypes.byref(count))
    return [number for number in range(count.value) if _is_ours(number)]


def _is_ours(number: int) -> bool:
    """Whether this process computes on a GPU; workers that begin at once on others are not to be measured."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    by_number = visible is not None and re.fullmatch(r"[-\d, ]*", visible)
    return not by_number or str(number) in re.split("[, ]+", str(visible))


def _gpu(library: ctypes.CDLL, number: int) -> Gpu | None:
    device, memory, name = ctypes.c_void_p(), _GpuMemory(), ctypes.create_string_buffer(_LONGEST_NAME)
    if library.nvmlDeviceGetHandleByIndex_v2(number, ctypes.byref(device)) != 0:
        return None
    library.nvmlDeviceGetName(device, name, len(name))
    if library.nvmlDeviceGetMemoryInfo(device, ctypes.byref(memory)) != 0:
        memory = _GpuMemory()
    return Gpu(name.value.decode(errors="replace"), int(memory.total), int(memory.used))
