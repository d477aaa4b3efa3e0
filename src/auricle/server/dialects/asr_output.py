"""A transcript as whisper-asr-webservice writes it, byte for byte: one line, cue or object a segment."""

import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from auricle.server.dialects.openai_answer import verbose_segment
from auricle.transcript import Segment, Transcript
from auricle.transcript.lines import needs_space
from auricle.transcript.text import texts_between, word_spans


def _txt(transcript: Transcript) -> str:
    return "".join(f"{segment.text.strip()}\n" for segment in transcript.segments)


def _vtt(transcript: Transcript) -> str:
    cues = (
        f"{_short_stamp(segment.start)} --> {_short_stamp(segment.end)}\n{_cue_text(segment)}\n\n"
        for segment in transcript.segments
    )
    return "WEBVTT\n\n" + "".join(cues)


def _srt(transcript: Transcript) -> str:
    return "".join(
        f"{number}\n{_stamp(segment.start, ',')} --> {_stamp(segment.end, ',')}\n{_cue_text(segment)}\n\n"
        for number, segment in enumerate(transcript.segments, 1)
    )


def _tsv(transcript: Transcript) -> str:
    rows = (
        f"{round(1000 * segment.start)}\t{round(1000 * segment.end)}\t{_row_text(segment)}\n"
        for segment in transcript.segments
    )
    return "start\tend\ttext\n" + "".join(rows)


def _json(transcript: Transcript) -> str:
    segments = list(_segments(transcript))
    text = "".join(segment["text"] for segment in segments)
    return json.dumps({"language": transcript.language, "segments": segments, "text": text})


#: What writes each output, by its name.
OUTPUTS: Mapping[str, Callable[[Transcript], str]] = MappingProxyType(
    {"txt": _txt, "vtt": _vtt, "srt": _srt, "tsv": _tsv, "json": _json}
)


def _segments(transcript: Transcript) -> Iterator[dict[str, Any]]:
    """faster-whisper's segments; texts begin with a space where their script puts one between sentences."""
    before = ""
    for number, segment in enumerate(transcript.segments, 1):
        space = " " if segment.text and needs_space(before or segment.text, segment.text) else ""
        text = space + segment.text
        words = list(_words(segment, text)) or None
        yield verbose_segment(segment, text, temperature=0.0) | {"id": number, "words": words}
        before = segment.text or before


def _words(segment: Segment, text: str) -> Iterator[dict[str, Any]]:
    """The words, each after what stands between it and the one before: together they are the text."""
    spans = word_spans(text, segment.words)
    gaps = [" "] * len(segment.words) if spans is None else texts_between(text, spans)
    for word, gap in zip(segment.words, gaps, strict=False):
        yield {"start": word.start, "end": word.end, "word": gap + word.text, "probability": word.confidence}


def _cue_text(segment: Segment) -> str:
    return segment.text.strip().replace("-->", "->")


def _row_text(segment: Segment) -> str:
    return segment.text.strip().replace("\t", " ")


def _stamp(seconds: float, mark: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{mark}{rest % 1000:03}"


def _short_stamp(seconds: float) -> str:
    """Without hours while there are none."""
    return _stamp(seconds, ".").removeprefix("00:")
