"""The stages of a job, in order: to add one, write its function and its line in STAGES.

A stage becomes tasks as soon as the stages it comes after have ended, in the transaction that ends the last
of their tasks.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from auricle.jobs import hearing, preparing, writing
from auricle.jobs.options import JobOptions
from auricle.jobs.work import Made, Work

#: What ended tasks of the stages before left, by stage and number.
Results = Mapping[str, Mapping[int, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task to be queued; `seconds` is the audio it is about."""

    number: int = 0
    seconds: float = 0.0
    payload: Mapping[str, Any] = field(default_factory=dict)


def once(_: JobOptions, results: Results) -> Sequence[NewTask]:
    """One task about the whole recording."""
    duration = results.get("prepare", {}).get(0, {}).get("duration", 0.0)
    return [NewTask(seconds=duration)]


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of every job.

    after: the stages that have to end before. plan: its tasks, from what they left; none where there is
    nothing to do. share: its part of the whole work, for the progress bar. optional: where it fails, the
    job goes on and ends with a warning.
    """

    name: str
    queue: str
    run: Callable[[Work], Made]
    after: tuple[str, ...] = ()
    plan: Callable[[JobOptions, Results], Sequence[NewTask]] = once
    share: float = 0.0
    optional: bool = False


def _preview(_: JobOptions, results: Results) -> Sequence[NewTask]:
    prepared = results["prepare"][0]
    return [NewTask(seconds=prepared["duration"])] if prepared["needs_preview"] else []


def _language(options: JobOptions, results: Results) -> Sequence[NewTask]:
    named = options.speech.language is not None
    return [] if named or not results["prepare"][0]["speech_duration"] else [NewTask()]


def _parts(_: JobOptions, results: Results) -> Iterator[NewTask]:
    for number, (track, index, seconds) in enumerate(results["prepare"][0]["parts"]):
        yield NewTask(number, seconds, {"track": track, "index": index})


STAGES: tuple[Stage, ...] = (
    Stage("prepare", "cpu", preparing.prepare_recording, share=0.08),
    Stage("preview", "cpu", preparing.preview_recording, after=("prepare",), plan=_preview, optional=True),
    Stage("language", "gpu", hearing.find_languages, after=("prepare",), plan=_language, share=0.02),
    Stage(
        "transcribe",
        "gpu",
        hearing.transcribe,
        after=("language",),
        plan=lambda options, results: list(_parts(options, results)),
        share=0.88,
    ),
    Stage("assemble", "cpu", writing.assemble_transcript, after=("transcribe",), share=0.02),
)

BY_NAME: Mapping[str, Stage] = {stage.name: stage for stage in STAGES}


def from_stage_on(name: str) -> frozenset[str]:
    """A stage and all that come after it."""
    names = {name}
    for stage in STAGES:
        if names & set(stage.after):
            names.add(stage.name)
    return frozenset(names)
