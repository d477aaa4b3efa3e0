"""How the OpenAPI document shows what OpenAI's audio routes answer."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from auricle.server.answers import WARNINGS, texts


class _Usage(BaseModel):
    type: Literal["duration"]
    seconds: float


class _Answer(BaseModel):
    text: str
    usage: _Usage
    warnings: list[str] | None = Field(None, description="Only where there are some.")


class LogProb(BaseModel):
    """A word with the space before it, and how sure the engine was of it."""

    token: str
    bytes: list[int]
    logprob: float | None = Field(None, description="Left out where its times were guessed.")


class LanguageCode(BaseModel):
    """A language that is spoken."""

    code: str


class OpenAITranscript(_Answer):
    """response_format=json."""

    languages: list[LanguageCode]
    logprobs: list[LogProb] | None = Field(None, description="With include=logprobs.")


class OpenAISegment(BaseModel):
    """A segment as Whisper has it; `tokens` is empty, and what the engine does not say is 0."""

    id: int
    seek: int
    start: float
    end: float
    text: str
    tokens: list[int]
    temperature: float
    avg_logprob: float
    compression_ratio: float
    no_speech_prob: float


class OpenAIWord(BaseModel):
    """A word and its times in seconds."""

    word: str
    start: float
    end: float


class OpenAIVerbose(_Answer):
    """response_format=verbose_json."""

    task: str
    language: str = Field(description="Its English name.")
    duration: float
    segments: list[OpenAISegment] | None = None
    words: list[OpenAIWord] | None = None


class SpokenSegment(BaseModel):
    """A segment and who speaks: A, B and so on."""

    type: Literal["transcript.text.segment"]
    id: str
    start: float
    end: float
    text: str
    speaker: str


class OpenAIDiarized(_Answer):
    """response_format=diarized_json."""

    task: str
    duration: float
    segments: list[SpokenSegment]


def heard() -> dict[int | str, dict[str, Any]]:
    """The answers of both routes, for their `responses`."""
    return {
        200: {
            "description": "The transcript in the form that was asked for; with `stream`, its events.",
            "model": OpenAIVerbose | OpenAIDiarized | OpenAITranscript,
            "headers": WARNINGS,
            "content": texts("text/plain", "text/event-stream"),
        }
    }
