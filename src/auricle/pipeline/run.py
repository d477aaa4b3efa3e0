"""All stages in one process, overlapping: with a checkpoint after every part, or for somebody who waits."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from auricle.audio.pcm import SAMPLE_RATE
from auricle.audio.probe import probe
from auricle.engines import Engine, LanguageGuess, SpeechOptions
from auricle.engines.leases import return_memory
from auricle.engines.registry import refuse_unsupported
from auricle.errors import AudioError, InvalidOption, UnknownModel, UnsupportedOption
from auricle.pipeline import checkpoints
from auricle.pipeline.assemble import Origin, assemble
from auricle.pipeline.language import given_language, settled
from auricle.pipeline.preparation import Preparation, start_preparation
from auricle.pipeline.prepare import PlannedPart, PrepareOptions, parts_of
from auricle.pipeline.report import Progress, Report, unheard
from auricle.pipeline.transcribe import detect_language, transcribe_part
from auricle.transcript import Segment, Transcript
from auricle.transcript.model import segment_from_dict, segment_to_dict


def run(
    source: Path,
    engine: Engine,
    speech: SpeechOptions,
    prepare: PrepareOptions,
    *,
    work: Path,
    keep_days: float = 7,
    report: Report = unheard,
    deliver: Callable[[Transcript], None] = lambda _: None,
) -> Transcript:
    """Transcribe a recording.

    Decoding, voice activity detection and inference overlap. Each finished part is kept under `work`,
    so that the same call after a crash goes on with the next part and gives the same transcript; the
    checkpoints are deleted on success, and those older than `keep_days` are swept. `report` hears of
    progress and may raise Cancelled. `deliver` stores the transcript; where it raises, as on a full disk,
    the checkpoints stay. Raises the errors of `auricle.errors`.
    """
    refuse_unsupported(engine, speech)
    prepare = replace(prepare, vad=speech.vad_options)
    probe(source, prepare.limits)
    checkpoints.sweep(work, keep_days)
    key = checkpoints.checkpoint_key(source, prepare, speech, engine.identity)
    with checkpoints.work_folder(work, key, source) as folder:
        try:
            transcript = _transcribe(source, engine, speech, prepare, folder, report, keep=True)
            deliver(transcript)
        except (AudioError, InvalidOption, UnknownModel, UnsupportedOption):
            checkpoints.discard(folder)
            raise
        checkpoints.discard(folder)
        return transcript


def run_at_once(
    source: Path,
    engine: Engine,
    speech: SpeechOptions,
    prepare: PrepareOptions,
    *,
    folder: Path,
    report: Report = unheard,
) -> Transcript:
    """Transcribe a recording for somebody who waits: as `run` does, but nothing is kept.

    The samples go into `folder`, which is the caller's to delete.
    """
    refuse_unsupported(engine, speech)
    prepare = replace(prepare, vad=speech.vad_options)
    return _transcribe(source, engine, speech, prepare, folder, report, keep=False)


def _transcribe(
    source: Path,
    engine: Engine,
    speech: SpeechOptions,
    prepare: PrepareOptions,
    folder: Path,
    report: Report,
    *,
    keep: bool,
) -> Transcript:
    started = time.monotonic()
    preparation = start_preparation(source, folder, prepare, report, keep=keep)
    try:
        hearing = _Hearing(engine, speech, folder if keep else None, preparation, report)
        tracks = [hearing.track(number) for number in range(len(preparation.tracks))]
        prepared = preparation.result()
    finally:
        preparation.stop()
    heard = time.monotonic()
    report(Progress("assemble", prepared.duration, prepared.duration))
    timings = {"prepare": preparation.seconds, "transcribe": heard - started}
    return assemble(prepared, tracks, Origin(engine.identity, speech, prepare, hearing.languages, timings))


class _Hearing:
    """The transcribe stage over all tracks: checkpoints (in `folder`), the language, how far it has come."""

    def __init__(
        self,
        engine: Engine,
        speech: SpeechOptions,
        folder: Path | None,
        preparation: Preparation,
        report: Report,
    ) -> None:
        self.languages: list[LanguageGuess | None] = []
        self._given = given_language(engine, speech)
        self._engine = engine
        self._speech = speech
        self._folder = folder
        self._preparation = preparation
        self._report = report
        self._started = time.monotonic()
        self._before = 0.0
        self._new = 0.0

    def track(self, number: int) -> list[Segment]:
        """All segments of a track, times in the track. Each track may be in a language of its own."""
        self.languages.append(self._given)
        segments: list[Segment] = []
        for index, part in enumerate(parts_of(self._preparation.plan(number))):
            kept = self._folder and self._folder / f"part-{number}-{index:04}.json"
            known = None if kept is None else self._kept(kept, part)
            pcm = self._preparation.tracks[number]
            segments += self._heard(pcm, part, kept) if known is None else known
        return segments

    def _kept(self, path: Path, part: PlannedPart) -> list[Segment] | None:
        """What an earlier run heard in this part."""
        document = checkpoints.load_json(path)
        if document is None:
            return None
        bounds = part.exhaust()
        self._before += (bounds.stop - bounds.start) / SAMPLE_RATE
        self.languages[-1] = self.languages[-1] or _language_from(document["language"])
        return [segment_from_dict(segment) for segment in document["segments"]]

    def _heard(self, pcm: Path, part: PlannedPart, kept: Path | None) -> list[Segment]:
        language = self.languages[-1] or detect_language(pcm, part, self._engine, self._speech)
        self.languages[-1] = language
        segments: list[Segment] = []
        through = self._new
        for result in transcribe_part(pcm, part, self._engine, settled(self._speech, language)):
            segments += result.segments
            reached = (
                result.segments[-1].end if result.segments else result.window.spans[-1].stop / SAMPLE_RATE
            )
            self._tell(through + max(0.0, reached - part.start / SAMPLE_RATE), result.segments)
        bounds = part.exhaust()
        self._new = through + (bounds.stop - bounds.start) / SAMPLE_RATE
        if kept is not None:
            document = {"language": language, "segments": [segment_to_dict(segment) for segment in segments]}
            checkpoints.save_json(kept, document)
        if kept is not None or bounds.index:
            # Without this the heap's holes grow from part to part, and hours need more memory than minutes.
            # Who waits for a short answer does not wait for this as well.
            return_memory()
        self._tell(self._new, ())
        return segments

    def _tell(self, new: float, segments: tuple[Segment, ...]) -> None:
        """Report `new` seconds of audio heard in this run, besides those kept from an earlier one."""
        duration = self._preparation.duration
        total = duration and duration * len(self._preparation.tracks)
        remaining = None
        if total and new:
            remaining = max(0.0, total - self._before - new) * (time.monotonic() - self._started) / new
        self._report(Progress("transcribe", self._before + new, total, remaining, segments))


def _language_from(document: Any) -> LanguageGuess | None:
    return None if document is None else LanguageGuess(*document)
