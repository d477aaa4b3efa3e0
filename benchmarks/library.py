"""What the web app is measured with: a library of short recordings, and one that goes on for hours."""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np

from auricle.audio.pcm import SAMPLE_RATE
from auricle.testing import write_wav
from service import until_done

#: The title of the long recording.
LONG = "Five hours"
SPEAKERS = ("Anna", "Ben", "Maria", "Kofi")
#: Seconds that a word takes, so that 50,000 take five hours, and words in a segment.
_WORD, _SEGMENT = 0.36, 14


def _words() -> list[str]:
    """Words, the most frequent first."""
    chance = random.Random(0)
    letters = "abcdefghijklmnopqrstuvwxyz"
    made = dict.fromkeys("".join(chance.choices(letters, k=chance.randint(3, 9))) for _ in range(9_000))
    return list(made)


WORDS = _words()


def fill(api: str, folder: Path, recordings: int, words: int) -> str:
    """Short recordings with a transcript each, and then the long one, which is the first in the list.

    Returns the id of the long one.
    """
    chance = random.Random(0)
    with httpx.Client(base_url=api, timeout=300) as client:
        for number in range(recordings - 1):
            sound = chance.uniform(-0.5, 0.5) * np.ones(SAMPLE_RATE // 10, np.float32)
            file = write_wav(folder / "short.wav", sound)
            title = " ".join(chance.choices(WORDS, k=4)).capitalize()
            _import(client, _send(client, file, title, number % 5 == 0 and "board,press"), 60, chance)
        long = _envelope(folder / "long.flac", words * _WORD, chance)
        with long.open("rb") as content:
            answer = client.post("/recordings", files={"file": content}, data={"title": LONG})
        accepted = answer.raise_for_status().json()
        until_done(api, [accepted["job"]["id"]])
        recording: str = accepted["recording"]["id"]
        _import(client, recording, words, chance)
    return recording


def _send(client: httpx.Client, file: Path, title: str, tags: str | bool) -> str:
    fields = {"title": title, "transcribe": "false", **({"tags": tags} if tags else {})}
    with file.open("rb") as content:
        answer = client.post("/recordings", files={"file": content}, data=fields)
    recording: str = answer.raise_for_status().json()["recording"]["id"]
    return recording


def _import(client: httpx.Client, recording: str, words: int, chance: random.Random) -> None:
    document = _document(
        chance.choices(WORDS, [1 / rank for rank in range(1, len(WORDS) + 1)], k=words), chance
    )
    path = f"/recordings/{recording}/transcript/import"
    client.post(path, content=json.dumps(document, separators=(",", ":"))).raise_for_status()


def _document(said: Sequence[str], chance: random.Random) -> dict[str, Any]:
    """A transcript in which four people say these words, and the engine was unsure of three in a hundred."""
    segments = [
        _segment(n, said[n * _SEGMENT : (n + 1) * _SEGMENT], chance) for n in range(-(-len(said) // _SEGMENT))
    ]
    duration = len(said) * _WORD
    talk: dict[str, float] = {}
    for one in segments:
        talk[one["speaker"]] = talk.get(one["speaker"], 0.0) + one["end"] - one["start"]
    return {
        "schema": "auricle.transcript/1",
        "language": "en",
        "language_probability": 1.0,
        "task": "transcribe",
        "duration": duration,
        "speech_duration": duration,
        "text": " ".join(one["text"] for one in segments),
        "segments": segments,
        "speakers": [{"id": one, "name": one, "talk_seconds": round(talk[one], 3)} for one in talk],
        "made_with": {
            "engine": "elsewhere", "model": "", "revision": None, "device": "cpu", "compute_type": None,
            "diarizer": None, "options": {}, "timings": {}, "warnings": [], "auricle": "",
        },
    }  # fmt: skip


def _segment(number: int, said: Sequence[str], chance: random.Random) -> dict[str, Any]:
    begin = number * _SEGMENT * _WORD
    speaker = SPEAKERS[number // 5 % len(SPEAKERS)]
    written = [said[0].capitalize(), *said[1:-1], f"{said[-1]}."] if len(said) > 1 else [f"{said[0]}."]
    words = [
        {
            "text": word,
            "start": round(begin + place * _WORD, 3),
            "end": round(begin + (place + 0.9) * _WORD, 3),
            "confidence": 0.3 if chance.random() < 0.03 else 0.95,
            "speaker": speaker,
        }
        for place, word in enumerate(written)
    ]
    return {
        "id": number, "start": words[0]["start"], "end": words[-1]["end"], "text": " ".join(written),
        "speaker": speaker, "confidence": 0.9, "no_speech_probability": 0.0, "flags": [], "words": words,
    }  # fmt: skip


def _envelope(path: Path, seconds: float, chance: random.Random) -> Path:
    """A recording of this length in which nobody speaks: steps, so that it is small and has a waveform."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("flac", rate=SAMPLE_RATE, layout="mono")
        for _ in range(round(seconds)):
            steps = np.repeat([chance.randint(-9_000, 9_000) for _ in range(4)], SAMPLE_RATE // 4)
            frame = av.AudioFrame.from_ndarray(steps.astype(np.int16)[None], format="s16", layout="mono")
            frame.sample_rate = SAMPLE_RATE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
