"""What clients of OpenAI's routes send, and how their answers are read."""

import json
from pathlib import Path
from typing import Any

import httpx

from conftest import truth
from live_server import LiveServer

#: No answer takes longer (s).
LONG = 60.0


def text_of(recording: Path) -> str:
    return " ".join(segment["text"] for segment in truth(recording)["segments"])


def post(
    server: LiveServer, recording: Path, *fields: tuple[str, str], route: str = "transcriptions"
) -> httpx.Response:
    """As curl does: fields as they are given, in that order."""
    files: list[tuple[str, Any]] = [(name, (None, value)) for name, value in fields]
    files.append(("file", (recording.name, recording.read_bytes())))
    return httpx.post(f"{server.origin}/v1/audio/{route}", files=files, timeout=LONG)


def events_of(answer: httpx.Response) -> list[dict[str, Any]]:
    """The events of a stream that has ended as it should."""
    frames = [frame for frame in answer.text.split("\n\n") if frame and not frame.startswith(":")]
    assert frames.pop() == "data: [DONE]"
    assert all(frame.startswith("data: {") and "\n" not in frame for frame in frames)
    return [json.loads(frame.removeprefix("data: ")) for frame in frames]
