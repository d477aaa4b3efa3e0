"""The numbers about the machine, as Prometheus reads them."""

import shutil
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from auricle.engines.memory import gpus
from auricle.jobs.machine_metrics import machine_registry
from auricle.testing import FakeEngine
from place import open_office


@pytest.fixture
def registry(tmp_path: Path) -> CollectorRegistry:
    office = open_office(tmp_path / "office", FakeEngine(), min_free=123)
    office.database.close()
    return machine_registry(office.place)


@pytest.mark.parametrize("folder", ["data", "storage"])
def test_room_on_disks_is_said_also_for_folders_that_come_later(
    registry: CollectorRegistry, tmp_path: Path, folder: str
) -> None:
    total = shutil.disk_usage(tmp_path).total
    said = registry.get_sample_value("auricle_disk_free_bytes", {"folder": folder})
    assert said is not None
    assert 0 < said < total
    shutil.rmtree(tmp_path / "office")
    assert registry.get_sample_value("auricle_disk_free_bytes", {"folder": folder})


def test_the_room_that_has_to_stay_free_is_the_setting(registry: CollectorRegistry) -> None:
    assert registry.get_sample_value("auricle_disk_floor_bytes") == 123


def test_every_gpu_has_its_memory(registry: CollectorRegistry) -> None:
    for number, gpu in enumerate(gpus()):
        labels = {"gpu": f"{number}: {gpu.name}"}
        assert registry.get_sample_value("auricle_gpu_memory_total_bytes", labels) == gpu.memory_total
        assert registry.get_sample_value("auricle_gpu_memory_used_bytes", labels)
    families = {family.name: len(family.samples) for family in registry.collect()}
    assert families["auricle_gpu_memory_used_bytes"] == len(gpus())
