"""Recordings whose transcripts say what a test needs, and how a page shows them."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

from browser import drawn
from live_server import LiveServer

#: What is said: speaker and text. A word with a question mark behind it in brackets, "audio(?)", is doubtful;
#: a text with "(!)" at its end is flagged as a loop.
Said = Sequence[tuple[str, str]]

_DOUBTFUL = "(?)"
_LOOP = "(!)"
#: Seconds that each word takes; a segment begins a fifth of a second after the one before.
_WORD = 0.3
_PAUSE = 0.2


def tell(server: LiveServer, file: Path, said: Said, client: httpx.Client | None = None) -> str:
    """A recording (its id) of a real file, with a transcript that was made elsewhere."""
    client = client or server.client
    recording: str = server.transcribed(file, client)["id"]
    bring(recording, said, client)
    return recording


def bring(recording: str, said: Said, client: httpx.Client) -> None:
    """Import a transcript into a recording."""
    answer = client.post(f"/recordings/{recording}/transcript/import", content=json.dumps(_document(said)))
    assert answer.status_code == 201, answer.text


def transcript_of(server: LiveServer, recording: str, client: httpx.Client | None = None) -> dict[str, Any]:
    """The transcript the server has now."""
    transcript: dict[str, Any] = (client or server.client).get(f"/recordings/{recording}/transcript").json()
    return transcript


def texts_of(server: LiveServer, recording: str) -> list[str]:
    """What each segment says on the server now."""
    return [one["text"] for one in transcript_of(server, recording)["segments"]]


def read(page: Page, server: LiveServer, recording: str) -> None:
    """Open a recording's page and wait for its words."""
    page.goto(f"{server.origin}/recordings/{recording}")
    expect(page.locator(".segment [data-w]").first).to_be_visible()


def passage(page: Page, text: str) -> Locator:
    """The segment that says exactly this."""
    return page.locator(".segment").filter(has_text=re.compile(f"^{re.escape(text)}$"))


def edit(page: Page, text: str) -> None:
    """Open the passage that says this, to type into it."""
    passage(page, text).dblclick()
    expect(page.get_by_role("textbox", name="says at")).to_be_focused()


def write(page: Page, text: str, instead: str) -> None:
    """Write something in the place of a passage, and leave it."""
    edit(page, text)
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type(instead)
    page.keyboard.press("Control+Enter")


def saved(page: Page) -> None:
    """Wait until the page says that all is saved."""
    drawn(page)
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()


def _document(said: Said) -> dict[str, Any]:
    segments, start = [], 0.0
    for id, (speaker, text) in enumerate(said):
        segments.append(_segment(id, start, speaker or None, text))
        start = round(segments[-1]["end"] + _PAUSE, 3)
    talk: dict[str, float] = {}
    for one in filter(lambda one: one["speaker"], segments):
        talk[one["speaker"]] = talk.get(one["speaker"], 0.0) + one["end"] - one["start"]
    return {
        "schema": "auricle.transcript/1",
        "language": "en",
        "language_probability": 1.0,
        "task": "transcribe",
        "duration": start,
        "speech_duration": start,
        "text": " ".join(one["text"] for one in segments),
        "segments": segments,
        "speakers": [
            {"id": one, "name": one, "talk_seconds": round(seconds, 3)} for one, seconds in talk.items()
        ],
        "made_with": {
            "engine": "elsewhere", "model": "", "revision": None, "device": "cpu", "compute_type": None,
            "diarizer": None, "options": {}, "timings": {}, "warnings": [], "auricle": "",
        },
    }  # fmt: skip


def _segment(id: int, start: float, speaker: str | None, said: str) -> dict[str, Any]:
    text = said.removesuffix(_LOOP)
    words = [
        {
            "text": word.removesuffix(_DOUBTFUL),
            "start": round(start + _WORD * place, 3),
            "end": round(start + _WORD * (place + 1), 3),
            "confidence": 0.2 if word.endswith(_DOUBTFUL) else 0.9,
            "speaker": speaker,
        }
        for place, word in enumerate(text.split())
    ]
    return {
        "id": id,
        "start": start,
        "end": round(start + _WORD * len(words), 3),
        "text": text.replace(_DOUBTFUL, ""),
        "speaker": speaker,
        "confidence": 0.8,
        "no_speech_probability": 0.0,
        "flags": ["repetition"] if text != said else [],
        "words": words,
    }
