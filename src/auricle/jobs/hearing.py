"""The stages that listen: which language is spoken, and what is said in each part."""

import time
from dataclasses import asdict
from typing import Any

from auricle import __version__
from auricle.audio.pcm import SAMPLE_TYPE
from auricle.engines import Engine, LanguageGuess, SpeechOptions
from auricle.engines.leases import return_memory
from auricle.engines.registry import refuse_unsupported
from auricle.jobs import results
from auricle.jobs.preparing import load_prepared
from auricle.jobs.work import Made, Work, result_key
from auricle.metrics import metrics
from auricle.pipeline import (
    PlannedPart,
    Progress,
    detect_language,
    given_language,
    parts_of,
    settled,
    transcribe_part,
)
from auricle.transcript.model import segment_from_dict, segment_to_dict

_FORMAT = 1


def find_languages(work: Work) -> Made:
    """The language of the first speech in every track, where nobody named one."""
    prepared = load_prepared(work)
    with work.engine() as engine:
        refuse_unsupported(engine, work.options.speech)
        guesses: list[LanguageGuess | None] = []
        for number, track in enumerate(prepared.tracks):
            guess = given_language(engine, work.options.speech)
            for part in parts_of(track.plan):
                if guess is not None:
                    break
                pcm = work.place.storage.fetch(*_samples(work, number, part))
                guess = detect_language(pcm, part, engine, work.options.speech)
                part.exhaust()
                work.report(Progress("language"))
            guesses.append(guess)
    return Made({"languages": guesses})


def transcribe(work: Work) -> Made:
    """The speech of one part becomes segments."""
    started = time.monotonic()
    track, index = work.claim.payload["track"], work.claim.payload["index"]
    with work.engine() as engine:
        refuse_unsupported(engine, work.options.speech)
        guess = _language(work, engine, track)
        speech = settled(work.options.speech, guess)
        sha256 = work.source.sha256 or ""
        key = result_key(work.claim.owner_id, sha256, "transcribe", *_basis(work, engine, speech))
        known = results.earlier(work, key)
        if known is not None:
            # Whoever follows the job is told what an earlier one heard.
            again = tuple(map(segment_from_dict, work.load(known.result["blobs"]["segments"])))
            work.report(Progress("transcribe", segments=again))
            return known
        part = _planned_part(work, track, index)
        began = time.monotonic()
        segments = _heard(work, engine, speech, part, track)
        identity = engine.identity
        metrics().heard(identity.name, work.claim.seconds, time.monotonic() - began)
    return_memory()
    result = {
        "blobs": {"segments": work.save("segments.json", segments)},
        "track": track,
        "engine": asdict(identity),
        "language": guess,
        "took": time.monotonic() - started,
    }
    return Made(result, lambda session: results.keep(session, work, key, sha256, result))


def _language(work: Work, engine: Engine, track: int) -> LanguageGuess | None:
    found = work.results.get("language", {}).get(0)
    if found is None:
        return given_language(engine, work.options.speech) if work.options.speech.language else None
    guess = found["languages"][track]
    return None if guess is None else LanguageGuess(*guess)


def _basis(work: Work, engine: Engine, speech: SpeechOptions) -> list[Any]:
    """All that decides what is heard in this part, besides the audio itself."""
    who = engine.identity
    made_by = [who.name, who.model, who.revision, who.compute_type, __version__]
    prepared = work.result("prepare")
    return [
        _FORMAT,
        made_by,
        asdict(speech),
        [work.options.channels, work.options.start, work.options.end],
        prepared["parts"],
        dict(work.claim.payload),
    ]


def _planned_part(work: Work, track: int, index: int) -> PlannedPart:
    plan = load_prepared(work).tracks[track].plan
    for part in parts_of(plan):
        if part.exhaust().index == index:
            return part
    raise AssertionError(f"The plan has no part {index}.")


def _samples(work: Work, track: int, part: PlannedPart) -> tuple[Any, ...]:
    """What to fetch of a track's samples for a part: key, local file, first and last byte."""
    bounds = part.exhaust()
    size = SAMPLE_TYPE.itemsize
    key = work.result("prepare")["blobs"]["pcm"][track]
    return key, work.folder / f"audio-{track}.pcm", bounds.start * size, bounds.stop * size


def _heard(
    work: Work, engine: Engine, speech: SpeechOptions, part: PlannedPart, track: int
) -> list[dict[str, Any]]:
    pcm = work.place.storage.fetch(*_samples(work, track, part))
    bounds = part.exhaust()
    segments: list[dict[str, Any]] = []
    for result in transcribe_part(pcm, part, engine, speech):
        segments += [segment_to_dict(segment) for segment in result.segments]
        reached = result.window.spans[-1].stop - bounds.start
        work.report(Progress("transcribe", reached, bounds.stop - bounds.start, segments=result.segments))
    return segments
