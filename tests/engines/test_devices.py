"""Devices: what a machine offers, and what happens when it does not offer what was asked for."""

import platform
from pathlib import Path

import psutil
import pytest

from auricle.engines import devices
from auricle.errors import InvalidOption

without_cuda = pytest.mark.skipif(devices.cuda_problem() is None, reason="CUDA works here")
with_cuda = pytest.mark.skipif(devices.cuda_problem() is not None, reason="no CUDA here")


def test_the_cpu_computes_in_the_fastest_format_it_has() -> None:
    device = devices.choose_device("cpu")
    assert device.name == "cpu"
    assert device.compute_type in devices.compute_types("cpu")
    assert device.compute_type == "int8"
    assert device.warnings == ()


def test_a_compute_type_that_was_asked_for_is_used() -> None:
    assert devices.choose_device("cpu", "float32").compute_type == "float32"


def test_a_compute_type_the_device_lacks_is_refused_with_those_it_has() -> None:
    lacking = {"float16", "bfloat16", "int8_float16"} - devices.compute_types("cpu")
    with pytest.raises(InvalidOption) as refusal:
        devices.choose_device("cpu", min(lacking))
    assert min(lacking) in str(refusal.value)
    for supported in devices.compute_types("cpu"):
        assert supported in str(refusal.value)


@without_cuda
@pytest.mark.skipif(platform.machine() == "aarch64", reason="there CTranslate2's package is for CPUs alone")
@pytest.mark.parametrize(
    ("there", "reason"),
    [
        ([], "There is no CUDA device."),
        (["proc/driver/nvidia/version"], "its version has to support CUDA 12"),
        (["proc/driver/nvidia/version", ".dockerenv"], "This container was not given the GPU"),
        (["proc/driver/nvidia/version", "run/.containerenv"], "deploy/compose.gpu.yaml"),
        ([".dockerenv"], "There is no CUDA device."),
    ],
)
def test_the_reason_against_cuda_fits_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: list[str], reason: str
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    for name in there:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert reason in str(devices.cuda_problem(tmp_path))


@without_cuda
def test_auto_without_a_gpu_is_the_cpu() -> None:
    assert devices.choose_device("auto").name == "cpu"


@without_cuda
def test_cuda_asked_for_in_vain_is_the_cpu_with_a_warning_that_says_why() -> None:
    device = devices.choose_device("cuda")
    assert device.name == "cpu"
    [warning] = device.warnings
    assert "CUDA was asked for" in warning
    assert str(devices.cuda_problem()) in warning


@without_cuda
def test_a_compute_type_only_cuda_has_is_replaced_with_a_warning_that_names_both() -> None:
    device = devices.choose_device("cuda", "float16")
    assert device.compute_type == "int8"
    [warning] = device.warnings
    assert "float16" in warning
    assert "int8" in warning


@with_cuda
def test_auto_with_a_gpu_is_cuda() -> None:
    device = devices.choose_device("auto")
    assert device == devices.Device("cuda", "float16")


def test_cuda_gets_the_large_model() -> None:
    assert devices.default_model("cuda") == "large-v3-turbo"


@pytest.mark.parametrize(
    ("cores", "memory", "model"),
    [(2, 64_000_000_000, "base"), (8, 4_000_000_000, "base"), (8, 8_000_000_000, "small")],
)
def test_the_cpu_gets_the_small_model_only_with_8_cores_and_8_gb(
    monkeypatch: pytest.MonkeyPatch, cores: int, memory: int, model: str
) -> None:
    monkeypatch.setattr(devices, "usable_cores", lambda: cores)
    monkeypatch.setattr(devices, "usable_memory", lambda: memory)
    assert devices.default_model("cpu") == model


def test_a_machine_without_control_groups_is_used_whole(tmp_path: Path) -> None:
    assert devices.usable_memory(tmp_path) == psutil.virtual_memory().total
    assert devices.usable_cores(tmp_path) == len(psutil.Process().cpu_affinity())


def test_the_control_groups_limits_count(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("500000000\n")
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    assert devices.usable_memory(tmp_path) == 500_000_000
    assert devices.usable_cores(tmp_path) == 1


def test_a_control_group_without_a_limit_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert devices.usable_memory(tmp_path) == psutil.virtual_memory().total
    assert devices.usable_cores(tmp_path) == len(psutil.Process().cpu_affinity())
