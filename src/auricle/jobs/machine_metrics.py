"""How much room a process has: on its disks and on its GPUs, looked up when Prometheus asks."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from auricle.engines.memory import gpus
from auricle.jobs.work import Workplace


def machine_registry(place: Workplace) -> CollectorRegistry:
    """A registry whose numbers come from the machine this process runs on."""
    registry = CollectorRegistry()
    registry.register(_Machine(place))
    return registry


class _Machine(Collector):
    def __init__(self, place: Workplace) -> None:
        self._place = place

    def describe(self) -> Iterator[Metric]:
        """Nothing beforehand: registering need not look at the disk."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        yield from self._disks()
        yield from self._gpus()

    def _disks(self) -> Iterator[Metric]:
        free = GaugeMetricFamily(
            "auricle_disk_free_bytes", "Room on the disk that a folder lies on.", labels=["folder"]
        )
        free.add_metric(["data"], _room(self._place.settings.data_dir))
        stored = self._place.storage.free()
        if stored is not None:
            free.add_metric(["storage"], stored)
        yield free
        floor = self._place.settings.min_free
        yield GaugeMetricFamily("auricle_disk_floor_bytes", "Room below which uploads are refused.", floor)

    def _gpus(self) -> Iterator[Metric]:
        used = GaugeMetricFamily(
            "auricle_gpu_memory_used_bytes", "Memory of a GPU that is taken, by all programs.", labels=["gpu"]
        )
        total = GaugeMetricFamily("auricle_gpu_memory_total_bytes", "Memory of a GPU.", labels=["gpu"])
        for number, gpu in enumerate(gpus()):
            name = f"{number}: {gpu.name}"
            used.add_metric([name], gpu.memory_used)
            total.add_metric([name], gpu.memory_total)
        yield used
        yield total


def _room(folder: Path) -> int:
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
