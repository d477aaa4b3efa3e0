"""What one process did, counted for Prometheus."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10_000.0)
_REQUEST_SECONDS = (0.005, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
_FACTORS = (0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0)


@dataclass(frozen=True, slots=True, eq=False)
class Metrics:
    """The counters of this process; labels are stages, outcomes, engines and routes, never people or jobs.

    tasks: how each attempt at a task ended: done, failed, retried (failed, and queued again), dead,
    cancelled, handed_back (the worker had to go), postponed (the storage was away) or lease_lost.
    leases_lost: tasks this process took over from a worker that was lost.
    """

    registry: CollectorRegistry
    tasks: Counter
    leases_lost: Counter
    stage_seconds: Histogram
    audio_seconds: Counter
    realtime_factor: Histogram
    requests: Counter
    request_seconds: Histogram
    requests_in_flight: Gauge
    requests_refused: Counter
    models_loaded: Gauge
    model_memory: Gauge

    def ended(self, stage: str, outcome: str, took: float) -> None:
        """An attempt at a task ended after `took` seconds."""
        self.tasks.labels(stage, outcome).inc()
        if outcome == "done":
            self.stage_seconds.labels(stage).observe(took)

    def heard(self, engine: str, audio: float, took: float) -> None:
        """An engine turned `audio` seconds into text within `took` seconds."""
        self.audio_seconds.labels(engine).inc(audio)
        if audio > 0:
            self.realtime_factor.labels(engine).observe(took / audio)

    def answered(self, route: str, method: str, status: int, took: float) -> None:
        """A request's answer ended; it had begun after `took` seconds."""
        self.requests.labels(route, method, str(status)).inc()
        self.request_seconds.labels(route, method).observe(took)

    def refused(self, reason: Literal["rate", "key", "password", "quota"]) -> None:
        """Somebody was sent away: too many requests, a wrong key or password, or a quota used up."""
        self.requests_refused.labels(reason).inc()

    def model_loaded(self, host: int, gpu: int) -> None:
        """A model is in memory; loading it added so many bytes to the process and to its GPU."""
        self.models_loaded.inc()
        self.model_memory.labels("host").inc(host)
        self.model_memory.labels("gpu").inc(gpu)

    def model_unloaded(self, host: int, gpu: int) -> None:
        """A model that had added so many bytes is gone."""
        self.models_loaded.dec()
        self.model_memory.labels("host").dec(host)
        self.model_memory.labels("gpu").dec(gpu)


@cache
def metrics() -> Metrics:
    """The metrics of this process, made when first asked for."""
    # When each series began says nothing, and would be half of what is sent.
    disable_created_metrics()  # type: ignore[no-untyped-call]  # it is published without types
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)

    def counter(name: str, about: str, *labels: str) -> Counter:
        return Counter(name, about, labels, registry=registry)

    def gauge(name: str, about: str, *labels: str) -> Gauge:
        return Gauge(name, about, labels, registry=registry)

    def histogram(name: str, about: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(name, about, labels, registry=registry, buckets=buckets)

    return Metrics(
        registry=registry,
        tasks=counter("auricle_tasks", "Attempts at tasks, by how they ended.", "stage", "outcome"),
        leases_lost=counter("auricle_leases_lost", "Tasks taken over from lost workers.", "stage"),
        stage_seconds=histogram("auricle_stage_seconds", "Time that tasks took.", _SECONDS, "stage"),
        audio_seconds=counter("auricle_audio_seconds", "Audio that became text.", "engine"),
        realtime_factor=histogram(
            "auricle_realtime_factor",
            "Time to hear a part, by its length: 0.1 is ten times as fast as speech.",
            _FACTORS,
            "engine",
        ),
        requests=counter("auricle_requests", "Requests that were answered.", "route", "method", "status"),
        request_seconds=histogram(
            "auricle_request_seconds", "Time until an answer began.", _REQUEST_SECONDS, "route", "method"
        ),
        requests_in_flight=gauge("auricle_requests_in_flight", "Requests that are being answered."),
        requests_refused=counter(
            "auricle_requests_refused",
            "Requests beyond a rate or a quota, and wrong keys and passwords.",
            "reason",
        ),
        models_loaded=gauge("auricle_models_loaded", "Models in memory."),
        model_memory=gauge("auricle_model_memory_bytes", "What loading models added.", "memory"),
    )


def exposition(*others: CollectorRegistry) -> bytes:
    """The metrics of this process, then those of other registries, as Prometheus reads them."""
    return b"".join(generate_latest(registry) for registry in (metrics().registry, *others))
