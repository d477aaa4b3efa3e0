"""Prometheus, the alerts and Grafana's dashboard ask for what the server and workers really say."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from conftest import ROOT
from live_server import LiveServer, live_server
from services import answers, free_port, missing, wait_until
from worker_process import Site, open_site, soon, talk

FOLDER = ROOT / "deploy" / "observability"
#: What Prometheus adds to every sample, and the series it makes itself.
ADDED = {"job", "instance"}
ITS_OWN = {"up", "ALERTS"}
#: Grafana puts these in.
VARIABLES = {"$__rate_interval": "5m", "$route": ".*"}


class Asked(NamedTuple):
    """An expression of the dashboard or of an alert, and the labels its texts name."""

    where: str
    expression: str
    named: set[str]


class Selector(NamedTuple):
    """A series an expression asks for, and what its labels have to be."""

    name: str
    wanted: dict[str, list[str]]


def dashboard() -> dict[str, Any]:
    document = (FOLDER / "grafana" / "dashboards" / "auricle.json").read_text(encoding="utf-8")
    for variable, value in VARIABLES.items():
        document = document.replace(variable, value)
    read: dict[str, Any] = json.loads(document)
    return read


def read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def alerts() -> list[dict[str, Any]]:
    return [rule for group in read("alerts.yml")["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def asked() -> list[Asked]:
    """Everything that is asked of Prometheus."""
    shown = [
        Asked(panel["title"], target["expr"], set(re.findall(r"{{(\w+)}}", target["legendFormat"])))
        for panel in panels()
        for target in panel["targets"]
    ]
    warned = [
        Asked(rule["alert"], rule["expr"], set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"]))))
        for rule in alerts()
    ]
    noted = [Asked(one["name"], one["expr"], set()) for one in dashboard()["annotations"]["list"]]
    return shown + warned + noted


def selectors(expression: str) -> list[Selector]:
    """The series an expression asks for."""
    found: list[Selector] = []

    def visit(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            wanted = {one.name: one.value.split("|") for one in node.matchers.matchers}
            found.append(Selector(node.name, wanted))

    promql_parser.walk(promql_parser.parse(expression), visit)
    return found


def groupings(expression: str) -> set[str]:
    """The labels by which an expression sums up and joins."""
    found: set[str] = set()

    def visit(node: promql_parser.Expr) -> None:
        modifier = getattr(node, "modifier", None)
        labels = getattr(modifier, "matching", modifier)
        found.update(getattr(labels, "labels", ()))

    promql_parser.walk(promql_parser.parse(expression), visit)
    return found


def scrape(url: str, **headers: str) -> dict[str, set[str]]:
    """The series at an address, with the names of their labels; none where there is no sample."""
    series: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(httpx.get(url, headers=headers, timeout=60).text):
        name = family.name + ("_total" if family.type == "counter" else "")
        series.setdefault(name, set())
        for sample in family.samples:
            series.setdefault(sample.name, set()).update(sample.labels)
    return series


def _something_of_everything(server: LiveServer, site: Site, folder: Path) -> Iterator[dict[str, set[str]]]:
    """Work that waits, a worker that is lost, a request that is refused or waited for: what is seen."""
    recording = talk(folder / "talk.wav")
    lost = site.start()
    jobs = [server.upload(recording)["job"]["id"] for _ in range(2)]
    soon(lambda: site.begun(lost), "a task is being done")
    httpx.get(f"{server.url}/jobs", headers={"Authorization": "Bearer auricle_wrong"})
    yield scrape(f"{server.origin}/metrics")
    lost.end(signal.SIGKILL)
    site.open()
    other = site.start()
    for job in jobs:
        site.done(job)
    with recording.open("rb") as file:
        fields = {"model": "whisper-1"}
        route = f"{server.origin}/v1/audio/transcriptions"
        heard = httpx.post(
            route, headers=server.client.headers, files={"file": file}, data=fields, timeout=60
        )
    assert heard.status_code == 200, heard.text
    yield scrape(f"{server.origin}/metrics")
    yield scrape(other.ready() + "/metrics")


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> dict[str, set[str]]:
    """Every series that a server and a worker show, with the names of its labels."""
    folder = tmp_path_factory.mktemp("installation")
    site = open_site(folder / "site")
    found: dict[str, set[str]] = {}
    where = {
        "database_url": site.environment["AURICLE_DATABASE_URL"],
        "gpu_workers": 0,
        "cpu_workers": 0,
        "auth": "on",
        "part_length": 30,
        "part_limit": 45,
    }
    try:
        with live_server(folder / "site" / "data", tiny_model, **where) as server:
            for series in _something_of_everything(server, site, folder):
                for name, labels in series.items():
                    found.setdefault(name, set()).update(labels)
    finally:
        site.close()
    return found


def documented() -> dict[str, tuple[set[str], str]]:
    """Labels and meaning of every metric, as the documentation has them."""
    page = (ROOT / "docs" / "observability.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(auricle_\w+)` \| ([^|]*) \| (.*) \|$", page, re.MULTILINE)
    return {name: ({one.strip() for one in labels.split(",")} - {""}, text) for name, labels, text in rows}


def family(name: str) -> str:
    return re.sub(r"_(bucket|sum|count)$", "", name)


def test_every_series_that_is_asked_for_exists_with_its_labels(said: dict[str, set[str]]) -> None:
    page = documented()
    for one in asked():
        known = set(ADDED)
        for selector in selectors(one.expression):
            if selector.name in ITS_OWN:
                known |= {"alertname", "alertstate"}
                continue
            assert selector.name in said, f"{one.where} asks for {selector.name}"
            # A machine without a GPU has the metric and no sample of it.
            labels = said[selector.name] or page.get(family(selector.name), (set(), ""))[0]
            assert set(selector.wanted) <= labels | ADDED, one
            known |= labels
        assert groupings(one.expression) | one.named <= known, one


def test_what_labels_have_to_be_is_what_they_can_be() -> None:
    """That a misspelt outcome asks for nothing would never be noticed."""
    page = documented()
    jobs = {job["job_name"] for job in read("prometheus.yml")["scrape_configs"]}
    checked = 0
    for one in asked():
        for name, wanted in selectors(one.expression):
            assert set(wanted.get("job", [])) <= jobs, one
            for label in {"state", "outcome", "reason", "memory", "folder"} & set(wanted):
                checked += 1
                assert set(wanted[label]) <= set(re.findall(r"`(\w+)`", page[name][1])), one
    assert checked >= 5


def test_the_dashboard_shows_every_metric() -> None:
    shown = {family(one.name) for asks in asked() for one in selectors(asks.expression)}
    assert set(documented()) <= shown


def test_panels_lie_beside_each_other_and_say_what_they_show() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not taken & cells, panel["title"]
        assert max(x for x, _ in cells) < 24, panel["title"]
        taken |= cells
    assert all(panel["description"] and panel["fieldConfig"]["defaults"]["unit"] for panel in panels())
    identities = [panel["id"] for panel in dashboard()["panels"]]
    assert len(identities) == len(set(identities))


def test_every_alert_is_documented_with_its_severity() -> None:
    page = (ROOT / "docs" / "observability.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(Auricle\w+)` \| (\w+) \|", page, re.MULTILINE))
    assert rows == {rule["alert"]: rule["labels"]["severity"] for rule in alerts()}
    assert all({"summary", "description"} == set(rule["annotations"]) for rule in alerts())


def test_prometheus_knows_the_alerts_and_grafana_the_dashboard() -> None:
    config = read("prometheus.yml")
    assert [(FOLDER / name).is_file() for name in config["rule_files"]] == [True]
    (source,) = read("grafana/provisioning/datasources/prometheus.yml")["datasources"]
    assert (source["type"], source["uid"]) == ("prometheus", "prometheus")
    (provider,) = read("grafana/provisioning/dashboards/auricle.yml")["providers"]
    assert provider["options"]["path"] == "/var/lib/grafana/dashboards"


def test_prometheus_asks_at_the_ports_that_are_set(tmp_path: Path) -> None:
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
    script = compose["services"]["prometheus"]["entrypoint"][-1].replace("$$", "$")
    for there, here in (
        ("/run/secrets", str(tmp_path)),
        (" /etc/prometheus/prometheus.yml", f" {FOLDER}/prometheus.yml"),
        ("exec prometheus", "exec echo"),
    ):
        assert there in script
        script = script.replace(there, here)
    ports = {"SERVER_PORT": "8123", "GPU_PORT": "9180", "CPU_PORT": "9181", "LISTEN": "127.0.0.1:9191"}
    given = {"METRICS_KEY": "key", "PATH": os.defpath, **ports}
    done = subprocess.run(["/bin/sh", "-c", script], env=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("--web.listen-address=127.0.0.1:9191\n")
    config = yaml.safe_load((tmp_path / "prometheus.yml").read_text(encoding="utf-8"))
    targets = [one["static_configs"][0]["targets"] for one in config["scrape_configs"]]
    assert targets == [["server:8123"], ["gpu-worker:9180", "cpu-worker:9181"]]
    assert config["rule_files"] == ["/etc/prometheus/alerts.yml"]


@pytest.fixture
def promtool() -> str:
    return shutil.which("promtool") or missing("Prometheus", "prometheus")


def test_alerts_fire_when_they_should_and_end(promtool: str) -> None:
    command = [promtool, "test", "rules", "alerts.yml"]
    done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def configured(folder: Path, key: str, server: str, worker: str) -> Path:
    """Prometheus' configuration as it is, but for where the key lies, who is asked, and how often."""
    text = (FOLDER / "prometheus.yml").read_text(encoding="utf-8")
    for ours, here in (
        ("/run/secrets/", f"{folder}/"),
        ("server:8000", server.removeprefix("http://")),
        ('"gpu-worker:8080", "cpu-worker:8081"', f'"{worker.removeprefix("http://")}"'),
        ("15s", "1s"),
    ):
        assert ours in text
        text = text.replace(ours, here)
    (folder / "auricle-metrics-key").write_text(f"{key}\n", encoding="utf-8")
    shutil.copy(FOLDER / "alerts.yml", folder)
    (folder / "prometheus.yml").write_text(text, encoding="utf-8")
    return folder / "prometheus.yml"


@contextlib.contextmanager
def prometheus(config: Path) -> Iterator[httpx.Client]:
    """A real Prometheus, and a client of its API."""
    port = free_port()
    command = [
        "prometheus",
        f"--config.file={config}",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--storage.tsdb.path={config.parent / 'series'}",
    ]
    with config.with_name("log").open("w", encoding="utf-8") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        wait_until(lambda: answers(port), "Prometheus")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=30) as client:
            yield client
    finally:
        process.terminate()
        process.wait(30)


def _asked_by(client: httpx.Client) -> None:
    """Both are asked with the key, every question is understood, every alert is looked at."""

    def up() -> list[str]:
        targets = client.get("/targets").json()["data"]["activeTargets"]
        return sorted(one["labels"]["job"] for one in targets if one["health"] == "up")

    def healthy() -> int:
        (group,) = client.get("/rules").json()["data"]["groups"]
        return sum(rule["health"] == "ok" for rule in group["rules"])

    soon(lambda: up() == ["auricle-server", "auricle-worker"], "both are asked, and answer")
    for one in asked():
        answer = client.get("/query", params={"query": one.expression}).json()
        assert answer["status"] == "success", (one, answer)
    soon(lambda: healthy() == len(alerts()), "every alert is looked at")


def test_a_real_prometheus_gets_in_with_its_key(promtool: str, tmp_path: Path, tiny_model: Path) -> None:
    site = open_site(tmp_path / "site")
    where = {"database_url": site.environment["AURICLE_DATABASE_URL"], "gpu_workers": 0, "cpu_workers": 0}
    try:
        with live_server(tmp_path / "site" / "data", tiny_model, **where, auth="on") as server:
            key = server.key("local", scopes=["metrics"])
            config = configured(tmp_path, key, server.origin, site.start().ready())
            with prometheus(config) as client:
                _asked_by(client)
    finally:
        site.close()
