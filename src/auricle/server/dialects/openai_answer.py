"""A transcript as OpenAI's audio routes give it: in one piece, or while it is being heard."""

import itertools
import json
import math
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from fastapi.responses import JSONResponse, PlainTextResponse, Response

from auricle.errors import UnsupportedOption
from auricle.exports import export
from auricle.server.dialects.openai_request import Wanted
from auricle.transcript import Segment, Transcript
from auricle.transcript.languages import WHISPER_LANGUAGES
from auricle.transcript.lines import join
from auricle.transcript.text import word_spans

#: Confidences have four digits: this is the least that rounding leaves of one above 0.
_LEAST_CONFIDENCE = 0.00005
_NO_DIARIZER = "Nobody told the speakers apart: no diarizer is installed, so that all of it is speaker A."


def openai_answer(transcript: Transcript, wanted: Wanted, title: str) -> Response:
    """The answer as it was asked for. Raises UnsupportedOption where there are no log-probabilities."""
    warnings = warnings_of(transcript, wanted)
    if wanted.form in ("text", "srt", "vtt"):
        content, more = _plain(transcript, wanted.form, title)
        response: Response = PlainTextResponse(content)
        warnings += more
    else:
        body = _BODIES[wanted.form](transcript, wanted)
        response = JSONResponse(body | ({"warnings": warnings} if warnings else {}))
    if warnings:
        response.headers["X-Auricle-Warnings"] = json.dumps(warnings)
    return response


def warnings_of(transcript: Transcript, wanted: Wanted) -> list[str]:
    """What a reader should know, as sentences."""
    alone = wanted.form == "diarized_json" and not transcript.speakers
    return [*transcript.made_with.warnings, *([_NO_DIARIZER] if alone else [])]


def _plain(transcript: Transcript, form: str, title: str) -> tuple[bytes, list[str]]:
    if form == "text":
        return f"{transcript.text}\n".encode(), []
    exported = export(transcript, form, title=title)
    return exported.content, list(exported.warnings)


def _json(transcript: Transcript, wanted: Wanted) -> dict[str, Any]:
    body: dict[str, Any] = {"text": transcript.text}
    if wanted.logprobs:
        body["logprobs"] = logprobs_of(transcript.segments)
    return body | _languages(transcript) | _usage(transcript)


def _verbose(transcript: Transcript, wanted: Wanted) -> dict[str, Any]:
    body: dict[str, Any] = {
        "task": transcript.task,
        "language": WHISPER_LANGUAGES.get(transcript.language or "", transcript.language or "unknown"),
        "duration": transcript.duration,
        "text": transcript.text,
    }
    if wanted.segments:
        texts = pieces(segment.text for segment in transcript.segments)
        body["segments"] = [
            verbose_segment(segment, text, wanted.temperature)
            for segment, text in zip(transcript.segments, texts, strict=True)
        ]
    if wanted.words:
        body["words"] = [
            {"word": word.text, "start": word.start, "end": word.end}
            for segment in transcript.segments
            for word in segment.words
        ]
    return body | _usage(transcript)


def _diarized(transcript: Transcript, _: Wanted) -> dict[str, Any]:
    letters = Letters()
    return {
        "task": transcript.task,
        "duration": transcript.duration,
        "text": transcript.text,
        "segments": [
            diarized_segment(number, segment, letters)
            for number, segment in enumerate(transcript.segments, 1)
        ],
        **_usage(transcript),
    }


_BODIES = {"json": _json, "verbose_json": _verbose, "diarized_json": _diarized}


def verbose_segment(segment: Segment, text: str, temperature: float) -> dict[str, Any]:
    """A segment as Whisper has it. What an engine does not say is 0; token ids are never known here."""
    return {
        "id": segment.id,
        "seek": round(segment.start * 100),
        "start": segment.start,
        "end": segment.end,
        "text": text,
        "tokens": [],
        "temperature": temperature,
        "avg_logprob": _logprob(segment.confidence) if segment.confidence is not None else 0.0,
        "compression_ratio": compression_ratio(segment.text),
        "no_speech_prob": segment.no_speech_probability or 0.0,
    }


def compression_ratio(text: str) -> float:
    """How well a text compresses, as Whisper computes it: above 2.4 it probably repeats itself."""
    content = text.encode()
    return round(len(content) / len(zlib.compress(content)), 4)


class Letters:
    """Speakers as capital letters, in the order they appear: A to Z, then AA."""

    def __init__(self) -> None:
        self._known: dict[str | None, str] = {}

    def of(self, speaker: str | None) -> str:
        """The letter of one."""
        if speaker not in self._known:
            after, place = divmod(len(self._known), 26)
            self._known[speaker] = (chr(64 + after) if after else "") + chr(65 + place)
        return self._known[speaker]


def diarized_segment(number: int, segment: Segment, letters: Letters) -> dict[str, Any]:
    """A segment with its speaker; the first has number 1."""
    return {
        "type": "transcript.text.segment",
        "id": f"seg_{number:03}",
        "start": segment.start,
        "end": segment.end,
        "text": segment.text,
        "speaker": letters.of(segment.speaker),
    }


def pieces(texts: Iterable[str]) -> Iterator[str]:
    """Sentences, each with the space that separates it from the one before: joined they are the text."""
    last = ""
    for text in texts:
        yield join((last, text))[len(last) :] if last else text
        last = text or last


def logprobs_of(segments: Sequence[Segment], before: str = "") -> list[dict[str, Any]]:
    """Every word with the space before it as a token; a word whose times were guessed has no log-probability.

    `before` is the text that comes before the first. Raises UnsupportedOption where no word has a confidence.
    """
    texts = itertools.islice(pieces([before, *(segment.text for segment in segments)]), 1, None)
    tokens = [
        (token, confidence)
        for segment, text in zip(segments, texts, strict=True)
        for token, confidence in _tokens(segment, text)
    ]
    if tokens and all(confidence is None for _, confidence in tokens):
        raise UnsupportedOption("The engine says nothing about how sure it is of words: leave out include.")
    return [
        {"token": token, "bytes": list(token.encode())}
        | ({} if confidence is None else {"logprob": _logprob(confidence)})
        for token, confidence in tokens
    ]


def _tokens(segment: Segment, text: str) -> Iterator[tuple[str, float | None]]:
    """A segment's words, each with what stands before it; `text` begins with the space before the segment."""
    spans = word_spans(text, segment.words)
    if not spans:
        yield text, None
        return
    ends = [0, *(end for _, end in spans[:-1]), len(text)]
    for word, (start, end) in zip(segment.words, itertools.pairwise(ends), strict=True):
        yield text[start:end], word.confidence


def _logprob(confidence: float) -> float:
    return round(math.log(max(confidence, _LEAST_CONFIDENCE)), 4)


def _languages(transcript: Transcript) -> dict[str, Any]:
    return {"languages": [{"code": transcript.language}] if transcript.language else []}


def _usage(transcript: Transcript) -> dict[str, Any]:
    return {"usage": {"type": "duration", "seconds": transcript.duration}}


class Telling:
    """The events of a stream: text as it is heard, and in the end all of it.

    Channels that are heard one after the other are told together in the end, in the order of their times.
    """

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._at_once = wanted.options.channels == "mix"
        self._letters = Letters()
        self._texts: list[str] = []
        self._logprobs: list[dict[str, Any]] = []
        self._last = ""

    def heard(self, segments: Sequence[Segment]) -> Iterator[dict[str, Any]]:
        """What has just been heard."""
        if self._at_once:
            for segment in segments:
                yield from self._told(segment)

    def finished(self, transcript: Transcript) -> Iterator[dict[str, Any]]:
        """What is left to say, and the end."""
        if not self._at_once:
            for segment in transcript.segments:
                yield from self._told(segment)
        text = "".join(self._texts)
        done: dict[str, Any] = {"type": "transcript.text.done", "text": text}
        if self._wanted.logprobs:
            done["logprobs"] = self._logprobs
        warnings = warnings_of(transcript, self._wanted)
        yield done | _languages(transcript) | ({"warnings": warnings} if warnings else {})

    def _told(self, segment: Segment) -> Iterator[dict[str, Any]]:
        (text,) = itertools.islice(pieces((self._last, segment.text)), 1, None)
        delta: dict[str, Any] = {"type": "transcript.text.delta", "delta": text}
        if self._wanted.logprobs:
            delta["logprobs"] = logprobs_of([segment], self._last)
            self._logprobs += delta["logprobs"]
        self._texts.append(text)
        self._last = segment.text or self._last
        if self._wanted.form == "diarized_json":
            known = diarized_segment(len(self._texts), segment, self._letters)
            yield delta | {"segment_id": known["id"]}
            yield known
        else:
            yield delta
