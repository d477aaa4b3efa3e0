"""The transcript: what was said, when, by whom, and how we know."""

from auricle.transcript.model import SCHEMA, MadeWith, Segment, Speaker, Transcript, Word

__all__ = ["SCHEMA", "MadeWith", "Segment", "Speaker", "Transcript", "Word"]
