"""The stages that read a recording: samples and plan for the engine, outline and preview for the player."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import update
from sqlalchemy.orm import Session

from auricle.accounts.quotas import refuse_more_audio
from auricle.audio.pcm import SAMPLE_RATE
from auricle.audio.peaks import Peaks
from auricle.jobs import results
from auricle.jobs.options import preparation
from auricle.jobs.work import Made, Work, result_key
from auricle.pipeline import Prepared, prepare, prepare_options
from auricle.pipeline.preview import browser_plays, make_preview
from auricle.store.schema import Recording, now

#: Goes up when the form of the result changes.
_FORMAT = 1


def prepare_recording(work: Work) -> Made:
    """Decode the recording to 16 kHz samples, find the speech, plan the parts, draw the outline."""
    started = time.monotonic()
    source = work.place.storage.fetch(work.source.blob, work.folder / "source")
    sha256 = work.source.sha256 or _sha256(source)
    options = preparation(work.options, work.place.settings)
    cut = {name: value for name, value in asdict(options).items() if name != "limits"}
    key = result_key(work.claim.owner_id, sha256, "prepare", _FORMAT, cut)
    known = results.earlier(work, key)
    if known is not None:
        outline = _outline_of(work, known.result)
        return replace(known, store=lambda session: _note(session, work, sha256, known.result, outline))
    prepared = prepare(source, work.folder, options, report=work.report)
    with work.place.database.read() as session:
        refuse_more_audio(session, work.claim.owner_id, work.place.settings, prepared.duration)
    result = _kept(work, prepared, time.monotonic() - started)

    outline = _outline_of(work, result)

    def store(session: Session) -> None:
        results.keep(session, work, key, sha256, result)
        _note(session, work, sha256, result, outline)

    return Made(result, store, prepared.warnings)


def preview_recording(work: Work) -> Made:
    """Make a copy every browser can play."""
    source = work.place.storage.fetch(work.source.blob, work.folder / "source")
    limits = prepare_options(work.place.settings).limits
    target = work.folder / "preview.m4a"
    make_preview(source, target, limits, work.report)
    key = f"recordings/{work.source.recording_id}/preview-{work.claim.attempt}.m4a"
    work.place.storage.take(key, target)

    def store(session: Session) -> None:
        _change(session, work, preview_blob=key)

    return Made({}, store)


def load_prepared(work: Work) -> Prepared:
    """What `prepare_recording` left, without the outline."""
    return Prepared.from_dict(work.load(work.result("prepare")["blobs"]["prepared"]))


def _kept(work: Work, prepared: Prepared, took: float) -> dict[str, Any]:
    """Store what was prepared; returns the stage's result."""
    storage = work.place.storage
    pcm = [work.blob(track.pcm) for track in prepared.tracks]
    for key, track in zip(pcm, prepared.tracks, strict=True):
        storage.take(key, work.folder / track.pcm)
    peaks = work.folder / "peaks.dat"
    peaks.write_bytes(_columns(prepared.peaks).to_bytes())
    peaks_key = work.blob("peaks.dat")
    storage.take(peaks_key, peaks)
    return {
        "blobs": {
            "pcm": pcm,
            "prepared": work.save("prepared.json", replace(prepared, peaks={}).to_dict()),
            "peaks": peaks_key,
        },
        "duration": prepared.duration,
        "speech_duration": prepared.speech_duration,
        "needs_preview": not browser_plays(prepared.info),
        "media": asdict(prepared.info),
        "parts": [
            [number, part.index, round((part.stop - part.start) / SAMPLE_RATE, 3)]
            for number, track in enumerate(prepared.tracks)
            for part in track.parts
        ],
        "took": took,
    }


def _columns(document: Mapping[str, Any]) -> Peaks:
    columns = np.array(document["data"], np.int8).reshape(-1, document["channels"], 2)
    return Peaks(columns, document["samples_per_pixel"], document["sample_rate"])


def _outline_of(work: Work, result: Mapping[str, Any]) -> dict[str, Any]:
    """What the player needs; results of stages go after a while, so the outline becomes a file of its own."""
    if work.options.start is not None or work.options.end is not None:
        return {}
    key = f"recordings/{work.source.recording_id}/peaks-{work.claim.task_id}-{work.claim.attempt}.dat"
    with work.place.storage.open(result["blobs"]["peaks"]) as file:
        work.place.storage.put(key, file)
    return {"duration": result["duration"], "peaks_blob": key}


def _note(
    session: Session, work: Work, sha256: str, result: Mapping[str, Any], outline: Mapping[str, Any]
) -> None:
    _change(session, work, sha256=sha256, media=result["media"], **outline)


def _change(session: Session, work: Work, **values: Any) -> None:
    session.execute(
        update(Recording)
        .where(Recording.id == work.source.recording_id)
        .values(version=Recording.version + 1, changed_at=now(), **values)
        .execution_options(synchronize_session=False)
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
