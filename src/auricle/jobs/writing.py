"""The stage that puts everything together: one transcript, stored, current and findable."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from auricle.engines import EngineIdentity, LanguageGuess
from auricle.jobs.options import preparation
from auricle.jobs.preparing import load_prepared
from auricle.jobs.work import Made, Work
from auricle.pipeline import Origin, assemble
from auricle.store.schema import Job
from auricle.store.transcripts import Making, add_version, hold, store_transcript
from auricle.transcript import Segment
from auricle.transcript.model import segment_from_dict


def assemble_transcript(work: Work) -> Made:
    """All parts of all tracks become the recording's new current transcript."""
    started = time.monotonic()
    prepared = load_prepared(work)
    parts = [made for _, made in sorted(work.results.get("transcribe", {}).items())]
    tracks: list[list[Segment]] = [[] for _ in prepared.tracks]
    for made in parts:
        tracks[made["track"]] += [segment_from_dict(one) for one in work.load(made["blobs"]["segments"])]
    origin = Origin(
        engine=_engine(parts),
        speech=work.options.speech,
        prepare=preparation(work.options, work.place.settings),
        languages=_languages(parts, len(tracks)),
        timings={
            "prepare": work.result("prepare")["took"],
            "transcribe": sum(made["took"] for made in parts),
            "assemble": time.monotonic() - started,
        },
    )
    transcript = assemble(prepared, tracks, origin)
    stored = store_transcript(work.place.storage, work.source.recording_id, transcript)

    def store(session: Session) -> None:
        recording = hold(session, work.source.recording_id)
        job = session.get(Job, work.claim.job_id)
        if recording is None or job is None:
            return
        add_version(session, recording, transcript, stored, Making("machine", job_id=job.id))
        job.transcript_id = stored[0]

    return Made({"transcript": stored[0]}, store, transcript.made_with.warnings)


def _engine(parts: list[Any]) -> EngineIdentity:
    """Who heard it; where several workers with different engines did, the first, and a warning says so."""
    found = [_identity(made["engine"]) for made in parts]
    first = found[0]
    others = sorted({_named(one) for one in found} - {_named(first)})
    warnings = dict.fromkeys(warning for one in found for warning in one.warnings)
    if others:
        warnings[f"Some parts were heard by another engine: {', '.join(others)}."] = None
    return replace(first, warnings=tuple(warnings))


def _identity(document: Mapping[str, Any]) -> EngineIdentity:
    return EngineIdentity(**{**document, "warnings": tuple(document["warnings"])})


def _named(engine: EngineIdentity) -> str:
    facts = (engine.name, engine.model, engine.revision, engine.device, engine.compute_type)
    return " ".join(fact for fact in facts if fact)


def _languages(parts: list[Any], count: int) -> list[LanguageGuess | None]:
    languages: list[LanguageGuess | None] = [None] * count
    for made in parts:
        if made["language"] is not None:
            languages[made["track"]] = LanguageGuess(*made["language"])
    return languages
