"""Recordings transcribed one after the other with one engine; one that fails does not stop the others."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

from auricle.audio.probe import probe
from auricle.cli.outputs import Output, deliver, print_json
from auricle.cli.progress import Display, clock
from auricle.cli.sources import Target
from auricle.engines import Engine, SpeechOptions, check_options
from auricle.engines.registry import CAPABILITIES, open_engine
from auricle.errors import AuricleError, UnknownModel, UnsupportedOption
from auricle.pipeline import PrepareOptions, run
from auricle.settings import Settings
from auricle.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Batch:
    """What all recordings of a command have in common."""

    settings: Settings
    speech: SpeechOptions
    prepare: PrepareOptions
    output: Output
    display: Display


def work(batch: Batch, targets: Sequence[Target]) -> int:
    """Transcribe all targets; returns the exit status."""
    waiting = [target for target in targets if not _is_done(batch, target)]
    # What cannot be read is told before a model is loaded, or even fetched.
    limits = batch.prepare.limits
    statuses = [_attempt(batch, target, partial(probe, target.path, limits)) for target in waiting]
    readable = [target for target, status in zip(waiting, statuses, strict=True) if status == 0]
    if readable:
        with _interruptible(batch.display), closing(_open(batch)) as engine:
            statuses += [
                _attempt(batch, target, partial(_transcribe, batch, target, engine)) for target in readable
            ]
    return max(statuses, default=0)


def sentence_of(error: AuricleError | OSError) -> str:
    """An error in words."""
    if isinstance(error, AuricleError):
        return str(error)
    # A file that could not be renamed has two names, and the second is the one people know.
    name = error.filename2 or error.filename
    return f"{error.strerror or error}{f': {os.fsdecode(name)}' if name else ''}"


def _attempt(batch: Batch, target: Target, act: Callable[[], object]) -> int:
    """Do something for a target; where it fails, say why. Returns what that means for the exit status."""
    try:
        act()
    except BrokenPipeError:
        raise
    except (AuricleError, OSError) as error:
        if batch.output.as_json:
            code = error.code if isinstance(error, AuricleError) else "os_error"
            problem = {"code": code, "message": sentence_of(error)}
            print_json({"file": str(target.path), "status": "failed", "error": problem})
        batch.display.say(f"{target.path}: failed: {sentence_of(error)}")
        return error.exit_status if isinstance(error, UnsupportedOption | UnknownModel) else 1
    return 0


def _open(batch: Batch) -> Engine:
    engine = open_engine(batch.settings, report=batch.display.download)
    who = engine.identity
    check_options(who.name, engine.capabilities, batch.speech, CAPABILITIES, model=who.model)
    engine.window(batch.speech)
    return engine


def _is_done(batch: Batch, target: Target) -> bool:
    """Whether all of a target's files exist and shall stay; says so."""
    if batch.output.force or not target.files or not target.path.exists():
        return False
    there = [file for file in target.files.values() if file.exists()]
    for file in there:
        batch.display.mention(f"{file}: exists, skipped (--force writes it anew)")
    done = len(there) == len(target.files)
    if done and batch.output.as_json:
        print_json({"file": str(target.path), "status": "skipped", "outputs": [str(file) for file in there]})
    return done


def _transcribe(batch: Batch, target: Target, engine: Engine) -> None:
    started = time.monotonic()
    batch.display.begin(target.path.name)
    run(
        target.path,
        engine,
        batch.speech,
        batch.prepare,
        work=batch.settings.data_dir / "work",
        keep_days=batch.settings.work_days,
        report=batch.display.step,
        deliver=partial(_deliver, batch, target, started),
    )


def _deliver(batch: Batch, target: Target, started: float, transcript: Transcript) -> None:
    """Write the transcript and say so; `started` is when its recording was begun (monotonic s)."""
    if not target.files:
        batch.display.stop()
    delivery = deliver(transcript, target.path.stem, target.files, batch.output)
    seconds = time.monotonic() - started
    heard = transcript.duration - (batch.prepare.start or 0.0)
    warnings = [*dict.fromkeys((*transcript.made_with.warnings, *delivery.warnings))]
    for warning in warnings:
        batch.display.say(f"{target.path.name}: warning: {warning}")
    batch.display.mention(_summary(target, heard, seconds, delivery.files))
    if batch.output.as_json:
        print_json(
            {
                "file": str(target.path),
                "status": "done",
                "outputs": delivery.files,
                "language": transcript.language,
                "duration": transcript.duration,
                "seconds": round(seconds, 3),
                "warnings": warnings,
            }
        )


def _summary(target: Target, duration: float, seconds: float, files: Sequence[str]) -> str:
    speed = f"{duration / max(seconds, 0.001):.1f}× real time"
    written = f", written to {', '.join(files)}" if files else ""
    return f"{target.path.name}: {clock(duration)} in {clock(seconds)} ({speed}){written}"


@contextmanager
def _interruptible(display: Display) -> Iterator[None]:
    """Ctrl-C ends the process at once: finished parts and files are on disk, whole.

    A file that is being written at that moment leaves no more than its hidden temporary name.
    """

    def end(number: int, _: object) -> NoReturn:
        display.stop()
        display.say("Interrupted. Finished parts are kept: the same command goes on with the next one.")
        os._exit(128 + number)

    before = [(number, signal.signal(number, end)) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
