"""What is read out of compose files."""

from itertools import product
from pathlib import Path

import pytest

from auricle.stack.files import (
    Port,
    Stack,
    expanded,
    names_in,
    own_images,
    own_services,
    ports,
    project,
    services,
)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("auricle:cpu", "auricle:cpu"),
        ("$PORT:8000", "9000:8000"),
        ("${PORT}:8000", "9000:8000"),
        ("${PORT:-8000}", "9000"),
        ("${OTHER:-8000}", "8000"),
        ("${EMPTY:-8000}", "8000"),
        ("${EMPTY-8000}", ""),
        ("${OTHER-8000}", "8000"),
        ("${OTHER:-${PORT:-8000}}", "9000"),
        ("${BIND:-127.0.0.1}:${PORT:?set it}:8000", "127.0.0.1:9000:8000"),
        ("${PORT:+:${PORT}}", ":9000"),
        ("${OTHER:+x}", ""),
    ],
)
def test_variables_have_the_values_that_compose_gives_them(text: str, means: str) -> None:
    assert expanded(text, {"PORT": "9000", "EMPTY": ""}) == means


def test_the_names_in_a_text_are_told_and_what_is_no_variable_is_not() -> None:
    assert names_in("$$NO ${A:-${B}} $C ${D:?is missing}") == ["A", "B", "C", "D"]


def test_the_ports_are_those_of_the_compose_files(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("AURICLE_PORT=8123\nPUBLISH_ADDRESS=0.0.0.0\nREDIS_PORT=7000\n")
    assert list(ports(Stack(env_file))) == [Port("server", "0.0.0.0", 8123, "AURICLE_PORT")]  # noqa: S104
    on_host = {one.service: (one.number, one.variable) for one in ports(Stack(env_file, host_network=True))}
    assert on_host["redis"] == (7000, "REDIS_PORT")
    assert on_host["postgres"] == (5432, "POSTGRES_PORT")
    assert on_host["gpu-worker"] == (8080, "GPU_HEALTH_PORT")
    assert on_host["cpu-worker"] == (8081, "CPU_HEALTH_PORT")


def test_a_later_file_may_say_other_ports(tmp_path: Path) -> None:
    found = list(ports(Stack(tmp_path / ".env", dev=True)))
    assert found == [Port("server", "127.0.0.1", 4200, "DEV_PORT")]


def test_every_combination_of_files_can_be_read(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    for gpu, host_network, dev in product((False, True), repeat=3):
        stack = Stack(env_file, gpu, host_network, dev, profiles=("minio", "ollama"))
        assert {"server", "gpu-worker", "cpu-worker"} <= set(own_services(stack))
        assert {"postgres", "redis", "minio", "ollama"} <= set(services(stack))
        assert project(stack).startswith("auricle")
        assert all(image.startswith("auricle:") for image in own_images(stack))
