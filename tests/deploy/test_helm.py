"""The Helm chart, rendered by Helm's own code and checked against what Kubernetes takes."""

import importlib.util
import json
import re
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import promql_parser
import pytest
import yaml
from sqlalchemy import text, update

import chart
from auricle.settings import Settings, load_settings
from auricle.store.schema import Task, now
from auricle.testing import FakeEngine, say, write_wav
from conftest import ROOT
from place import Office, open_office
from services import Postgres

if importlib.util.find_spec("helm_python") is None:
    pytest.skip("Helm's library is published for Linux on x86_64 only", allow_module_level=True)

CHART = ROOT / "deploy" / "helm" / "auricle"
PAGE = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8")
#: The oldest Kubernetes that the chart says it is for, and the newest whose schema there is.
VERSIONS = ("1.27", kubernetes_validate.latest_version())
DATABASE = {"secrets": {"AURICLE_DATABASE_URL": "postgresql://auricle:secret@db.speech.svc/auricle"}}
FORMS: dict[str, dict[str, Any]] = {
    "plain": DATABASE,
    "a Secret of one's own": {"existingSecret": "ours"},
    "a bucket": {**DATABASE, "storage": {"url": "s3://recordings"}, "serviceAccount": {"name": "bucket"}},
    "everything": {
        "existingSecret": "ours",
        "image": {"repository": "images.example.org/auricle", "pullSecrets": [{"name": "pull"}]},
        "settings": {"AURICLE_MODEL": "small", "AURICLE_MAX_DURATION": 7200, "AURICLE_OFFLINE": True},
        "models": {"persistence": {"enabled": True, "storageClass": "nfs"}},
        "server": {"replicas": 2},
        "gpuWorker": {
            "settings": {"AURICLE_BATCH_SIZE": 16},
            "runtimeClassName": "nvidia",
            "nodeSelector": {"gpu": "yes"},
        },
        "ingress": {
            "enabled": True,
            "className": "nginx",
            "host": "auricle.example.org",
            "tlsSecret": "tls",
            "trustedProxies": "10.244.0.0/16",
        },
        "keda": {"enabled": True},
        "metrics": {"enabled": True, "labels": {"release": "prometheus"}},
    },
    "volumes of one's own": {
        **DATABASE,
        "storage": {"persistence": {"existingClaim": "recordings"}},
        "models": {"persistence": {"enabled": True, "existingClaim": "models"}},
        "keda": {"enabled": True, "trigger": "prometheus", "prometheus": "http://prometheus:9090"},
    },
}


@cache
def apart() -> ProcessPoolExecutor:
    """The process in which Helm's code runs."""
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))


@pytest.fixture(scope="module", autouse=True)
def _ended() -> Iterator[None]:
    yield
    apart().shutdown()


def rendered(values: dict[str, Any], name: str = "auricle") -> list[dict[str, Any]]:
    """Everything that the chart makes of these values."""
    files = apart().submit(chart.render, CHART, values, name, "speech").result()
    return [
        document
        for path, made in files.items()
        if not path.endswith(".txt")
        for document in yaml.safe_load_all(made)
        if document
    ]


@pytest.fixture(params=FORMS)
def made(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    return rendered(FORMS[request.param])


def of_kind(made: list[dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in made if one["kind"] == kind}


def pods(made: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The pods, by what they are for."""
    found = (one["spec"]["template"] for one in of_kind(made, "Deployment").values())
    return {pod["metadata"]["labels"]["app.kubernetes.io/component"]: pod["spec"] for pod in found}


def containers(made: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for pod in pods(made).values():
        yield from pod["containers"] + pod.get("initContainers", [])


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_takes_what_is_made(made: list[dict[str, Any]], version: str) -> None:
    custom = json.loads((Path(__file__).parent / "custom_resources.json").read_text(encoding="utf-8"))
    for document in made:
        if document["kind"] in custom:
            jsonschema.validate(document, custom[document["kind"]] | {"$defs": custom["$defs"]})
        else:
            kubernetes_validate.validate(document, version, strict=True)
    names = [(one["kind"], one["metadata"]["name"]) for one in made]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("form", FORMS)
def test_helm_has_nothing_to_complain_about(form: str) -> None:
    found = apart().submit(chart.lint, CHART, FORMS[form]).result()
    assert found["errors"] == []
    assert [one["error"] for one in found["messages"]] == ["icon is recommended"]


def test_what_is_made_refers_to_what_is_there(made: list[dict[str, Any]]) -> None:
    deployments = of_kind(made, "Deployment")
    labels = [one["spec"]["template"]["metadata"]["labels"] for one in deployments.values()]
    for one in made:
        selector = one.get("spec", {}).get("selector")
        if selector and one["kind"] != "PersistentVolumeClaim":
            wanted = selector.get("matchLabels", selector)
            assert sum(wanted.items() <= these.items() for these in labels) == 1, one["metadata"]["name"]
    for scaled in of_kind(made, "ScaledObject").values():
        target = deployments[scaled["spec"]["scaleTargetRef"]["name"]]
        assert "replicas" not in target["spec"], "KEDA and Helm would both decide how many there are"
    claims = set(of_kind(made, "PersistentVolumeClaim")) | {"recordings", "models"}
    for pod in pods(made).values():
        named = {volume["name"] for volume in pod["volumes"]}
        used = {volume.get("persistentVolumeClaim", {}).get("claimName") for volume in pod["volumes"]}
        assert used - {None} <= claims
        assert {mount["name"] for mount in pod["containers"][0]["volumeMounts"]} == named


def test_every_part_has_its_own_budget(made: list[dict[str, Any]]) -> None:
    parts = {"server", "gpu-worker", "cpu-worker"}
    assert set(pods(made)) == parts
    assert set(of_kind(made, "PodDisruptionBudget")) == {f"auricle-{part}" for part in parts}


def test_pods_are_asked_where_the_documentation_says(made: list[dict[str, Any]]) -> None:
    ports = {"server": 8000, "gpu-worker": 8080, "cpu-worker": 8081}
    for part, pod in pods(made).items():
        (container,) = pod["containers"]
        assert [port["containerPort"] for port in container["ports"]] == [ports[part]]
        paths = {name: container[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness")}
        assert set(paths.values()) == {"/health/live"}
        assert container["readinessProbe"]["httpGet"]["path"] == "/health/ready"
        if part != "server":
            assert container["args"][-2:] == ["--health-port", str(ports[part])]


def test_no_pod_is_ended_before_its_tasks_are_handed_back(made: list[dict[str, Any]]) -> None:
    (settings,) = of_kind(made, "ConfigMap").values()
    for pod in pods(made).values():
        assert pod["terminationGracePeriodSeconds"] > float(settings["data"]["AURICLE_DRAIN_TIMEOUT"]) + 15


def test_nothing_runs_with_more_rights_than_it_needs(made: list[dict[str, Any]]) -> None:
    for container in containers(made):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        writable = {mount["mountPath"] for mount in container["volumeMounts"]}
        assert {"/data", "/tmp", "/models"} <= writable
        assert {"requests", "limits"} == set(container["resources"])
    for pod in pods(made).values():
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["automountServiceAccountToken"] is False


def test_gpus_go_to_those_who_hear() -> None:
    found = {
        part: pod["containers"][0]["resources"]["limits"] for part, pod in pods(rendered(DATABASE)).items()
    }
    assert {part for part, limits in found.items() if "nvidia.com/gpu" in limits} == {"gpu-worker"}


def test_settings_are_those_that_auricle_knows_and_takes(
    made: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (settings,) = of_kind(made, "ConfigMap").values()
    secret = next(iter(of_kind(made, "Secret").values()), {"stringData": DATABASE["secrets"]})
    for container in containers(made):
        own = {one["name"]: one["value"] for one in container.get("env", [])}
        environment = settings["data"] | secret["stringData"] | own
        assert {name.removeprefix("AURICLE_").lower() for name in environment} <= set(Settings.model_fields)
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            load_settings()
    # Variables that Kubernetes makes of a Service's name would be refused as unknown settings.
    assert all(pod["enableServiceLinks"] is False for pod in pods(made).values())


def test_new_settings_start_new_pods() -> None:
    before, after = (
        of_kind(rendered(DATABASE | {"settings": {"AURICLE_MODEL": model}}), "Deployment")
        for model in ("base", "small")
    )
    for name in before:
        old, new = (one[name]["spec"]["template"]["metadata"]["annotations"] for one in (before, after))
        assert old != new


def test_what_people_recorded_stays_when_the_release_is_removed() -> None:
    claims = of_kind(rendered(FORMS["plain"]), "PersistentVolumeClaim").values()
    assert [one["metadata"]["annotations"]["helm.sh/resource-policy"] for one in claims] == ["keep"]


def test_two_releases_share_no_name() -> None:
    names = [
        {(one["kind"], one["metadata"]["name"]) for one in rendered(FORMS["everything"], release)}
        for release in ("auricle", "second")
    ]
    assert not names[0] & names[1]


def test_without_a_database_nothing_is_made() -> None:
    with pytest.raises(chart.Refused, match="Auricle needs a PostgreSQL database: name a Secret"):
        rendered({})


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"setings": {}}, "setings"),
        ({"settings": {"MODEL": "small"}}, "MODEL"),
        ({"gpuWorker": {"replicas": -1}}, "replicas"),
        ({"secrets": {"AURICLE_DATABASE_URL": "sqlite:///a.db"}}, "AURICLE_DATABASE_URL"),
        ({"storage": {"url": "/data"}}, "url"),
        ({"keda": {"trigger": "redis"}}, "trigger"),
        ({"ingress": {"enabled": True}}, "Name the host"),
        ({"keda": {"enabled": True, "trigger": "prometheus"}}, "Say where Prometheus is"),
    ],
)
def test_wrong_values_are_refused_by_name(values: dict[str, Any], named: str) -> None:
    with pytest.raises(chart.Refused, match=named):
        rendered(DATABASE | values)


def leaves(values: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    if isinstance(values, dict) and values and path[-1:] not in (("requests",), ("annotations",)):
        for name, value in values.items():
            yield from leaves(value, (*path, name))
    else:
        yield ".".join(path)


def test_every_value_is_documented_and_can_be_checked() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    documented = set(re.findall(r"`([\w.*]+)`", PAGE))
    for path in leaves(values):
        part = re.sub(r"^(server|gpuWorker|cpuWorker)\.", "*.", path)
        part = re.sub(r"^\*\.resources\..*", "*.resources", part)
        assert part in documented, path
    assert set(schema["properties"]) == set(values)


def backlog() -> str:
    return (CHART / "files" / "backlog.sql").read_text(encoding="utf-8")


@pytest.fixture
def office(tmp_path: Path, postgres: Postgres) -> Iterator[Office]:
    opened = open_office(tmp_path / "office", FakeEngine(), postgres.new_database())
    yield opened
    opened.database.close()


def test_the_backlog_is_the_audio_that_waits_or_is_worked_on(office: Office, tmp_path: Path) -> None:
    recording = write_wav(tmp_path / "talk.wav", say("Alpha bravo charlie."))

    def measured(queue: str) -> float:
        with office.database.read() as session:
            return float(session.execute(text(backlog()), {"queue": queue}).scalar_one())

    def change(task: str, **values: Any) -> None:
        with office.database.write() as session:
            session.execute(update(Task).where(Task.id == task).values(**values))

    assert measured("gpu") == measured("cpu") == 0
    tasks = [office.tasks(office.ask(office.upload(recording)))[0].id for _ in range(4)]
    assert measured("cpu") == 240, "what is not decoded yet counts as a minute each"
    for task in tasks:
        change(task, seconds=600.0, queue="gpu")
    assert (measured("gpu"), measured("cpu")) == (2400, 0)
    change(tasks[0], state="running", due_at=now() + timedelta(seconds=60))
    assert measured("gpu") == 2400, "what is worked on keeps its worker"
    change(tasks[1], due_at=now() + timedelta(hours=1))
    assert measured("gpu") == 1800, "what waits for a retry needs nobody yet"
    change(tasks[2], state="done")
    change(tasks[3], state="dead")
    assert measured("gpu") == 600
    change(tasks[0], cancel_requested=True)
    assert measured("gpu") == 0


def test_keda_asks_with_the_backlog_of_each_queue() -> None:
    made = rendered(FORMS["everything"])
    for queue in ("gpu", "cpu"):
        (trigger,) = of_kind(made, "ScaledObject")[f"auricle-{queue}-worker"]["spec"]["triggers"]
        assert trigger["metadata"]["query"] == backlog().strip().replace(":queue", f"'{queue}'")
        login = of_kind(made, "TriggerAuthentication")[trigger["authenticationRef"]["name"]]
        (secret,) = login["spec"]["secretTargetRef"]
        assert secret == {"parameter": "connection", "name": "ours", "key": "AURICLE_DATABASE_URL"}


def test_prometheus_is_asked_for_metrics_that_exist() -> None:
    metrics = set(re.findall(r"`(auricle_\w+)`", (ROOT / "docs" / "observability.md").read_text("utf-8")))
    made = rendered(FORMS["volumes of one's own"])
    for queue in ("gpu", "cpu"):
        (trigger,) = of_kind(made, "ScaledObject")[f"auricle-{queue}-worker"]["spec"]["triggers"]
        found: list[promql_parser.VectorSelector] = []

        def visit(node: promql_parser.Expr, found: list[Any] = found) -> None:
            if isinstance(node, promql_parser.VectorSelector):
                found.append(node)

        promql_parser.walk(promql_parser.parse(trigger["metadata"]["query"]), visit)
        assert {node.name for node in found} <= metrics
        assert {one.value for node in found for one in node.matchers.matchers if one.name == "queue"} == {
            queue
        }


def test_the_page_shows_the_query_that_is_used() -> None:
    assert backlog().strip().replace(":queue", "'gpu'") in PAGE
