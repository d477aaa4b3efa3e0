"""What one process did, counted for Prometheus."""

from dataclasses import dataclass
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10_000.0)
_FACTORS = (0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0)


@dataclass(frozen=True, slots=True, eq=False)
class Metrics:
    """The counters of this process; labels are stages, outcomes and engines, never people or jobs.

    tasks: how each attempt at a task ended: done, failed, retried (failed, and queued again), dead,
    cancelled, handed_back (the worker had to go), postponed (the storage was away) or lease_lost.
    """

    registry: CollectorRegistry
    tasks: Counter
    stage_seconds: Histogram
    audio_seconds: Counter
    realtime_factor: Histogram

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


@cache
def metrics() -> Metrics:
    """The metrics of this process, made when first asked for."""
    registry = CollectorRegistry()
    return Metrics(
        registry=registry,
        tasks=Counter(
            "auricle_tasks", "Attempts at tasks, by how they ended.", ["stage", "outcome"], registry=registry
        ),
        stage_seconds=Histogram(
            "auricle_stage_seconds", "Time that tasks took.", ["stage"], registry=registry, buckets=_SECONDS
        ),
        audio_seconds=Counter(
            "auricle_audio_seconds", "Audio that became text.", ["engine"], registry=registry
        ),
        realtime_factor=Histogram(
            "auricle_realtime_factor",
            "Time to hear a part, by its length: 0.1 is ten times as fast as speech.",
            ["engine"],
            registry=registry,
            buckets=_FACTORS,
        ),
    )


def exposition(*others: CollectorRegistry) -> bytes:
    """The metrics of this process, then those of other registries, as Prometheus reads them."""
    return b"".join(generate_latest(registry) for registry in (metrics().registry, *others))
