"""The compose files: what they say is valid, complete, and as closed as it can be."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values

from auricle.settings import PREFIX, Settings, load_settings
from auricle.settings.fields import EXAMPLE_SECRET
from conftest import ROOT

DEPLOY = ROOT / "deploy"
FILES = sorted(DEPLOY.glob("compose*.yaml"))
#: The services that run Auricle itself.
OURS = ("server", "gpu-worker", "cpu-worker")
_VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)")


def untagged(file: Path) -> str:
    """A compose file without compose's own tag, which readers of plain YAML do not know."""
    return file.read_text(encoding="utf-8").replace(" !override", "")


def read(name: str = "compose.yaml") -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(untagged(DEPLOY / name))
    return document


SERVICES: dict[str, dict[str, Any]] = read()["services"]


def variables(file: Path) -> set[str]:
    """The variables a compose file takes from .env."""
    return set(_VARIABLE.findall(file.read_text(encoding="utf-8")))


def test_they_are_compose_files(tmp_path: Path) -> None:
    for file in FILES:
        (tmp_path / file.name).write_text(untagged(file), encoding="utf-8")
    plain = sorted(tmp_path.iterdir())
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", *plain]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_it_sets_only_what_can_be_set(file: Path) -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    used = set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", file.read_text(encoding="utf-8")))
    assert used <= known


def test_every_setting_may_stand_in_the_env_file() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    # Where things lie in containers, where they listen there, and what the server does without a broker.
    fixed = {"data_dir", "models_dir", "host", "health_port", "gpu_workers", "cpu_workers"}
    left = known - variables(DEPLOY / "compose.yaml")
    assert {name.removeprefix(PREFIX).lower() for name in left} == fixed


@pytest.mark.parametrize("name", SERVICES)
def test_services_say_how_they_are_and_come_back(name: str) -> None:
    service = SERVICES[name]
    if name == "migrate":
        assert service["restart"] == "on-failure"
        return
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"]


@pytest.mark.parametrize("name", SERVICES)
def test_services_may_do_as_little_as_possible(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    # vLLM compiles kernels while it starts.
    assert service.get("read_only") is True or name == "vllm"
    if name in (*OURS, "migrate"):
        assert "cap_add" not in service


@pytest.mark.parametrize("name", SERVICES)
def test_services_do_not_rely_on_an_order(name: str) -> None:
    assert "depends_on" not in SERVICES[name]


@pytest.mark.parametrize("name", SERVICES)
def test_logs_do_not_fill_the_disk(name: str) -> None:
    assert SERVICES[name]["logging"]["options"]["max-size"]


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned(name: str) -> None:
    image = re.sub(r"\$\{\w+:-([^}]+)\}", r"\1", SERVICES[name]["image"])
    assert image.count(":") == 1
    assert not image.endswith(":latest")


def test_data_is_in_named_volumes() -> None:
    named = read()["volumes"]
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            source, target = volume.split(":")[:2]
            assert source in named or (source.startswith("./observability/") and volume.endswith(":ro")), name
            assert target.startswith("/")
    assert {"data", "models", "postgres"} <= set(named)


def test_what_is_mounted_is_there() -> None:
    mounted = [
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
        if volume.startswith("./")
    ]
    assert mounted
    assert [path for path in mounted if not (DEPLOY / path).exists()] == []


def test_only_this_machine_reaches_anything_unless_somebody_says_so() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith(("127.0.0.1:", "${PUBLISH_ADDRESS:-127.0.0.1}:")) for port in published)
    assert not any("ports" in SERVICES[name] for name in ("postgres", "redis", "gpu-worker", "cpu-worker"))


def test_workers_say_how_they_are_on_ports_of_their_own() -> None:
    for queue, port in (("gpu", "8080"), ("cpu", "8081")):
        service = SERVICES[f"{queue}-worker"]
        command, at = " ".join(service["command"]), f"${{{queue.upper()}_HEALTH_PORT:-{port}}}"
        assert f"--queues {queue} " in command
        assert command.endswith(f"--health-port {at}")
        assert service["healthcheck"]["test"][-1] == at
    assert "--concurrency 1 " in " ".join(SERVICES["gpu-worker"]["command"])


def test_a_port_has_the_same_default_wherever_it_is_named() -> None:
    everywhere = "".join(file.read_text(encoding="utf-8") for file in FILES)
    named = set(re.findall(r"\$\{(\w+_PORT):-(\d+)\}", everywhere))
    assert len(named) == len(dict(named))


@pytest.mark.parametrize("name", ["server", "vllm", "prometheus", "grafana"])
def test_a_port_is_the_same_inside_and_outside(name: str) -> None:
    (port,) = SERVICES[name]["ports"]
    inside = re.fullmatch(r".*?(\$\{\w+_PORT:-\d+\}):(\$\{\w+_PORT:-\d+\})", port)
    assert inside, port
    assert inside[1] == inside[2]
    heard = str(SERVICES[name]["healthcheck"]["test"]) + str(SERVICES[name].get("environment"))
    assert inside[1] in heard


def test_who_is_on_the_hosts_network_says_where_it_listens() -> None:
    for name, service in read("compose.host.yaml")["services"].items():
        assert name == "migrate" or "x-listens" in service or "ports" in SERVICES[name], name
    # What is not there is reached from there.
    for name in ("minio", "vllm", "ollama"):
        assert SERVICES[name]["ports"]


def test_they_have_longer_to_stop_than_tasks_need_to_be_handed_back() -> None:
    for name in OURS:
        assert float(SERVICES[name]["stop_grace_period"].removesuffix("s")) > Settings().drain_timeout


def test_other_files_change_services_that_are_there() -> None:
    for file in FILES:
        assert set(read(file.name)["services"]) <= set(SERVICES), file.name


@pytest.mark.parametrize("name", ["migrate", *OURS])
def test_who_works_on_auricle_touches_neither_the_data_nor_the_port_of_the_stack(name: str) -> None:
    service = read("compose.dev.yaml")["services"][name]
    for variable in ("DATABASE_URL", "BROKER_URL", "STORAGE_URL"):
        value = service["environment"][PREFIX + variable]
        assert value.startswith(f"${{DEV_{variable}:-")
        assert PREFIX not in value
    assert not any("AURICLE_PORT" in port for port in service.get("ports", ()))
    assert "ports: !override" in (DEPLOY / "compose.dev.yaml").read_text(encoding="utf-8")


def test_the_example_names_what_can_be_set_and_nothing_else() -> None:
    text = (DEPLOY / "env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^#?([A-Z_]+)=", text, re.MULTILINE))
    taken = set().union(*(variables(file) for file in FILES))
    assert named <= taken


def test_secrets_of_the_example_are_ones_that_are_refused() -> None:
    example = dotenv_values(DEPLOY / "env.example")
    secret = {name: value for name, value in example.items() if "PASSWORD" in name}
    assert set(secret) == {"POSTGRES_PASSWORD", "MINIO_ROOT_PASSWORD", "GRAFANA_PASSWORD"}
    assert set(secret.values()) == {EXAMPLE_SECRET}
    for service in ("postgres", "minio", "grafana"):
        assert EXAMPLE_SECRET in " ".join(SERVICES[service]["entrypoint"])


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_the_page_makes_each_service_a_password_of_its_own(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "containers.md").read_text(encoding="utf-8")
    (loop,) = re.findall(r"^for name in \$\(grep.*?^done$", page, re.MULTILINE | re.DOTALL)
    shutil.copy(DEPLOY / "env.example", tmp_path / ".env")
    subprocess.run(["sh", "-ec", loop], cwd=tmp_path, check=True)
    before, after = dotenv_values(DEPLOY / "env.example"), dotenv_values(tmp_path / ".env")
    changed = [after[name] or "" for name in before if after[name] != before[name]]
    assert len(changed) == len(set(changed)) == 3
    assert all(len(value) == 48 for value in changed)


def test_a_copy_of_the_example_is_a_good_env_file_for_the_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text((DEPLOY / "env.example").read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    assert load_settings().plain_http is True
