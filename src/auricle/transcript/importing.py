"""Transcripts that were made elsewhere: SRT, WebVTT, our own JSON, and the JSON of Whisper and OpenAI."""

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from auricle.errors import InvalidOption
from auricle.transcript.given import LONGEST, read_segment, read_speaker
from auricle.transcript.languages import language_code
from auricle.transcript.model import SCHEMA, MadeWith, Segment, Speaker, Transcript, Word

_ARROW = re.compile(r"^\s*(\S+)\s+-->\s+(\S+)(?:\s+.*)?$")
_TIME = re.compile(r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})")
_VOICE = re.compile(r"<v(?:\.[^ >]*)?\s+([^>]+)>")
_STAMP = re.compile(r"<((?:\d+:)?\d{2}:\d{2}\.\d{3})>")
_TAG = re.compile(r"<[^>]*>|\{\\[^}]*\}")
_MOST_SEGMENTS = 1_000_000


def read_transcript(content: bytes, duration: float | None = None) -> Transcript:
    """A transcript from a file, whose form is told by its content and never by its name.

    `duration` (s) is the recording's, where it is known: segments that begin after its end are kept, with a
    warning. Raises InvalidOption, which says what is wrong and in which line, also where all lie behind it.
    """
    return _fitted(_read(content, duration), duration)


def _fitted(transcript: Transcript, duration: float | None) -> Transcript:
    behind = [one for one in transcript.segments if duration is not None and one.start >= duration]
    if not behind:
        return transcript
    beyond = f"begin after the end of the recording, which lasts {duration:.1f} s"
    if len(behind) == len(transcript.segments):
        raise InvalidOption(f"All segments {beyond}: this is the transcript of another recording.")
    made = transcript.made_with
    warning = f"{len(behind)} of {len(transcript.segments)} segments {beyond}: is it the right transcript?"
    return replace(transcript, made_with=replace(made, warnings=(*made.warnings, warning)))


def _read(content: bytes, duration: float | None) -> Transcript:
    text, warnings = _decoded(content)
    stripped = text.lstrip()
    if stripped.startswith(("{", "[")):
        return _from_json(stripped, duration)
    if not stripped:
        raise InvalidOption("The file is empty.")
    kind = "vtt" if stripped.startswith("WEBVTT") else "srt"
    segments = tuple(_cues(text, kind))
    if not segments:
        raise InvalidOption(
            "The file holds no cues: send SRT, WebVTT, or JSON of Auricle, Whisper or OpenAI."
        )
    return _transcript(segments, kind, duration, warnings=warnings)


def _decoded(content: bytes) -> tuple[str, tuple[str, ...]]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace"), ()
    try:
        return content.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        guess = "The file is not UTF-8; it was read as Windows-1252, so check its accents."
        return content.decode("cp1252", errors="replace"), (guess,)


def _cues(text: str, kind: str) -> Iterator[Segment]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    number = 0
    while number < len(lines):
        found = _ARROW.match(lines[number])
        number += 1
        if found is None:
            if "-->" in lines[number - 1]:
                raise InvalidOption(f"Line {number}: {lines[number - 1][:60]!r} is no time range.")
            continue
        start, end = (_seconds(found[which], number) for which in (1, 2))
        if end < start:
            raise InvalidOption(f"Line {number}: the cue ends before it begins.")
        body = []
        while number < len(lines) and lines[number].strip() and "-->" not in lines[number]:
            body.append(lines[number].strip())
            number += 1
        if number < len(lines) and "-->" in lines[number] and body and body[-1].isdigit():
            # The number of the next cue, where the empty line before it is missing.
            body.pop()
        segment = _cue(" ".join(body), start, end, kind)
        if segment is not None:
            yield segment


def _cue(body: str, start: float, end: float, kind: str) -> Segment | None:
    voice = _VOICE.search(body) if kind == "vtt" else None
    speaker = " ".join(html.unescape(voice[1]).split()) if voice else None
    words = tuple(_timed_words(body, start, end, speaker)) if kind == "vtt" and _STAMP.search(body) else ()
    plain = _TAG.sub("", body)
    text = " ".join((html.unescape(plain) if kind == "vtt" else plain).split())
    return Segment(start, end, text, words=words, speaker=speaker) if text else None


def _timed_words(body: str, start: float, end: float, speaker: str | None) -> Iterator[Word]:
    """Words between inline timestamps; several words between two share the time."""
    pieces = _STAMP.split(body)
    times = [start, *(min(max(_seconds(stamp, 0), start), end) for stamp in pieces[1::2]), end]
    for text, begin, stop in zip(pieces[::2], times, times[1:], strict=False):
        words = html.unescape(_TAG.sub("", text)).split()
        for place, word in enumerate(words):
            share = (max(stop, begin) - begin) / len(words)
            yield Word(word, begin + place * share, begin + (place + 1) * share, None, speaker)


def _seconds(text: str, line: int) -> float:
    found = _TIME.fullmatch(text)
    if found is None:
        raise InvalidOption(f"Line {line}: {text[:40]!r} is no time such as 00:01:02,345.")
    hours, minutes, seconds, fraction = found.groups()
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + int(fraction.ljust(3, "0")) / 1000


def _from_json(text: str, duration: float | None) -> Transcript:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidOption(f"The file looks like JSON but is none: {str(error)[:200]}.") from None
    try:
        if isinstance(document, Mapping) and document.get("schema") == SCHEMA:
            return _from_own(document)
        return _from_whisper(document, duration)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InvalidOption(
            f"The JSON is no transcript: {type(error).__name__}: {str(error)[:200]}."
        ) from None


def _from_own(document: Mapping[str, Any]) -> Transcript:
    transcript = replace(
        Transcript.from_dict({**document, "segments": [], "speakers": []}),
        segments=tuple(read_segment(one, place) for place, one in enumerate(document["segments"], 1)),
        speakers=tuple(read_speaker(one, place) for place, one in enumerate(document["speakers"], 1)),
    )
    _check(transcript)
    return transcript


def _from_whisper(document: Any, duration: float | None) -> Transcript:
    """Whisper's own output and OpenAI's verbose_json: segments, with words in them or beside them."""
    if not isinstance(document, Mapping) or not isinstance(document.get("segments"), list):
        raise InvalidOption("The JSON is no transcript: it has no list named segments.")
    beside = [_word(one) for one in document.get("words") or []]
    segments = []
    for one in document["segments"]:
        start, end = float(one["start"]), float(one["end"])
        inside = [_word(word) for word in one.get("words") or []]
        words = inside or [word for word in beside if start <= (word.start + word.end) / 2 <= end]
        speaker = one.get("speaker")
        fitted = tuple(
            Word(word.text, min(max(word.start, start), end), min(max(word.end, start), end), word.confidence)
            for word in words
        )
        segments.append(
            Segment(
                start, end, " ".join(str(one["text"]).split()), words=fitted, speaker=speaker and str(speaker)
            )
        )
    known = duration if duration is not None else document.get("duration")
    language = document.get("language")
    transcript = _transcript(
        tuple(segments), "whisper", None if known is None else float(known), language=language
    )
    _check(transcript)
    return transcript


def _word(document: Mapping[str, Any]) -> Word:
    confidence = document.get("probability", document.get("confidence"))
    text = document.get("word", document.get("text"))
    if not isinstance(text, str):
        raise TypeError("a word has no text")
    return Word(
        text.strip(),
        float(document["start"]),
        float(document["end"]),
        None if confidence is None else float(confidence),
    )


def _transcript(
    segments: Sequence[Segment],
    kind: str,
    duration: float | None,
    *,
    language: Any = None,
    warnings: tuple[str, ...] = (),
) -> Transcript:
    ordered = sorted(segments, key=lambda one: (one.start, one.end))
    talk: dict[str, float] = {}
    for one in ordered:
        if one.speaker:
            talk[one.speaker] = talk.get(one.speaker, 0.0) + one.end - one.start
    numbered = [
        Segment(one.start, one.end, one.text, one.words, id=number, speaker=one.speaker)
        for number, one in enumerate(ordered)
    ]
    last = max((one.end for one in ordered), default=0.0)
    return Transcript(
        language=language_code(language),
        duration=max(last, duration or 0.0),
        segments=tuple(numbered),
        made_with=MadeWith("import", kind, warnings=warnings),
        speech_duration=round(sum(one.end - one.start for one in ordered), 3),
        speakers=tuple(Speaker(name, name, round(seconds, 3)) for name, seconds in talk.items()),
    )


def _check(transcript: Transcript) -> None:
    """Raise InvalidOption for times that cannot be, or ids that occur twice."""
    reached = 0.0
    if len(transcript.segments) > _MOST_SEGMENTS:
        raise InvalidOption(f"The transcript has more than {_MOST_SEGMENTS:,} segments.")
    if len({one.id for one in transcript.segments}) != len(transcript.segments):
        raise InvalidOption("Two segments have the same id.")
    for place, one in enumerate(transcript.segments, 1):
        if not isinstance(one.text, str) or not reached <= one.start <= one.end <= LONGEST:
            raise InvalidOption(f"Segment {place}: times have to grow, and the text has to be a text.")
        reached = one.start
        if any(not one.start <= word.start <= word.end <= one.end for word in one.words):
            raise InvalidOption(f"Segment {place}: its words have to lie within it.")
