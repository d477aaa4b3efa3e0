"""Which language a recording is in, without hearing all of it."""

from pathlib import Path

from auricle.engines import Engine, LanguageGuess, SpeechOptions
from auricle.errors import UnsupportedOption
from auricle.pipeline.preparation import start_preparation
from auricle.pipeline.prepare import PrepareOptions, parts_of
from auricle.pipeline.report import Progress, Report, unheard
from auricle.pipeline.transcribe import detect_language


def spoken_language(
    source: Path, engine: Engine, prepare: PrepareOptions, *, folder: Path, report: Report = unheard
) -> LanguageGuess | None:
    """The language of a recording's first 30 s of speech; None where nobody speaks.

    Reads no further than it has to. The samples go into `folder`, which is the caller's to delete. Raises
    UnsupportedOption where the engine cannot tell languages apart, and the errors of reading a recording.
    """
    if not engine.capabilities.language_detection:
        who = engine.identity
        raise UnsupportedOption(f"{who.name} with the model {who.model} cannot tell languages apart.")
    preparation = start_preparation(source, folder, prepare, report, keep=False)
    try:
        for part in parts_of(preparation.plan(0)):
            report(Progress("language"))
            guess = detect_language(preparation.tracks[0], part, engine, SpeechOptions())
            if guess is not None:
                return guess
        return None
    finally:
        preparation.stop()
