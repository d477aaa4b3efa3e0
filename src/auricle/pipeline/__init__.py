"""From a recording to a transcript: the stages as plain functions, and all of them in one process."""

from auricle.pipeline.assemble import Origin, assemble
from auricle.pipeline.detection import spoken_language
from auricle.pipeline.language import given_language, settled
from auricle.pipeline.prepare import PlannedPart, Prepared, PrepareOptions, parts_of, prepare, prepare_options
from auricle.pipeline.report import Progress, Report
from auricle.pipeline.run import run, run_at_once
from auricle.pipeline.transcribe import WindowResult, detect_language, transcribe_part

__all__ = [
    "Origin",
    "PlannedPart",
    "PrepareOptions",
    "Prepared",
    "Progress",
    "Report",
    "WindowResult",
    "assemble",
    "detect_language",
    "given_language",
    "parts_of",
    "prepare",
    "prepare_options",
    "run",
    "run_at_once",
    "settled",
    "spoken_language",
    "transcribe_part",
]
