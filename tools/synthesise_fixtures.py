"""Synthesises recordings with their truth: sentences of the tiny model's grammar, by espeak-ng and flite.

    python tools/synthesise_fixtures.py fixtures     # tests/fixtures/speech and the package's sample
    python tools/synthesise_fixtures.py check        # what the tiny model hears in them
    python tools/synthesise_fixtures.py long --minutes 60 --out FILE.flac     # and FILE.json beside it

Every sentence is one that the model was never trained on. Needs Debian's libespeak-ng1 and libflite1.
"""

import argparse
import json
import random
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from fixture_model import grammar, synthesise

ROOT = Path(__file__).resolve().parents[1]
SPEECH = ROOT / "tests/fixtures/speech"
SAMPLE = ROOT / "src/auricle/samples/meeting.flac"
MODEL = ROOT / "tests/fixtures/whisper-fixture-ct2"
RATE = 16_000

Samples = NDArray[np.int16]
Table = Sequence[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Voice:
    """A synthetic speaker; `settings` are what its synthesiser takes."""

    engine: str
    name: str
    settings: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Clip:
    """One spoken sentence without silence around it; words are (text, start, end) in seconds."""

    text: str
    samples: Samples
    words: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """A clip at its place in a recording: seconds from the start, and the channel it is heard on."""

    clip: Clip
    start: float
    channel: int = 0

    @property
    def end(self) -> float:
        return self.start + len(self.clip.samples) / RATE


def espeak(name: str, rate: int = 150, pitch: int = 50) -> Voice:
    return Voice("espeak", name, (("rate", rate), ("pitch", pitch), ("prange", 50), ("gap", 1)))


def flite(name: str, stretch: float = 1.0, f0: float = 120.0) -> Voice:
    return Voice("flite", name, (("stretch", stretch), ("f0", f0)))


ANNA, DAVID, LAURA = espeak("en-us+f4", 155, 60), espeak("en-us+m5", 150, 40), espeak("en+linda", 150, 55)
GERMAN = espeak("de+steph2", 145, 50)
#: Who speaks in long recordings, in turns of some sentences each.
SPEAKERS = (ANNA, DAVID, LAURA, espeak("en+m5", 165, 45), flite("slt"), flite("rms"))


class Synthesiser:
    """The speech synthesisers, each loaded when first needed and kept."""

    def __init__(self) -> None:
        self._loaded: dict[str, Any] = {}

    def say(self, text: str, voice: Voice) -> Clip | None:
        """Speak a sentence; None where flite splits its words differently from us."""
        if voice.engine not in self._loaded:
            self._loaded[voice.engine] = {"espeak": synthesise.Espeak, "flite": synthesise.Flite}[
                voice.engine
            ]()
        spoken = text.rstrip(".")
        if voice.engine == "flite":
            spoken = spoken.lower().replace("xray", "x-ray")
        made = self._loaded[voice.engine](spoken, voice.name, **dict(voice.settings))
        if made is None:
            return None
        samples, rate, words = made
        trimmed, times = synthesise.trim(_at_16_khz(samples, rate), 1.0, words)
        parts = zip(text.split(), times, strict=True)
        return Clip(text, trimmed, tuple((word, start, end) for word, (_, start, end) in parts))


def _at_16_khz(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    if rate == RATE:
        return samples
    frame = av.AudioFrame.from_ndarray(samples[None], format="flt", layout="mono")
    frame.sample_rate = rate
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    return np.concatenate(
        [part.to_ndarray()[0] for part in (*resampler.resample(frame), *resampler.resample(None))]
    )


class Script:
    """Draws sentences that the model never saw from a seeded source, and has them spoken."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - the same recordings every time, nothing secret
        self._synthesiser = Synthesiser()
        self._said: deque[str] = deque(maxlen=8)

    def clip(self, voice: Voice, table: Table = grammar.MEETING) -> Clip:
        """A sentence by `voice`, unlike those just before it: people do not talk like a stuck decoder."""
        while True:
            text = grammar.sentence(self._random, table=table)
            if text in self._said or not grammar.is_heldout(text):
                continue
            if clip := self._synthesiser.say(text, voice):
                self._said.append(text)
                return clip

    def conversation(
        self, seconds: float, speakers: Sequence[Voice], *, channels: int = 1, table: Table = grammar.MEETING
    ) -> list[Turn]:
        """Speakers taking turns of one to three sentences, with pauses, for at most `seconds`."""
        spoken = ((self.clip(voice, table), number % channels) for number, voice in self._floor(speakers))
        return list(self._place(spoken, seconds))

    def long_conversation(self, seconds: float, speakers: Sequence[Voice], unique: float = 600) -> list[Turn]:
        """As `conversation`, from a stock of `unique` seconds of sentences that come again and again."""
        stock = [list(self._stock(voice, unique / len(speakers))) for voice in speakers]
        decks = [self._shuffled(clips) for clips in stock]
        return list(self._place(((next(decks[number]), 0) for number, _ in self._floor(speakers)), seconds))

    def _stock(self, voice: Voice, seconds: float) -> Iterator[Clip]:
        while seconds > 0:
            yield (clip := self.clip(voice))
            seconds -= len(clip.samples) / RATE

    def _shuffled(self, clips: Sequence[Clip]) -> Iterator[Clip]:
        while True:
            yield from self._random.sample(clips, len(clips))

    def _place(
        self,
        spoken: Iterable[tuple[Clip, int]],
        seconds: float,
        start: float = 0.4,
        pause: tuple[float, float] = (0.5, 1.3),
    ) -> Iterator[Turn]:
        """Put (clip, channel) one after the other from `start` on, as long as they end within `seconds`."""
        for clip, channel in spoken:
            turn = Turn(clip, start, channel)
            if turn.end > seconds:
                return
            yield turn
            start = turn.end + self._random.uniform(*pause)

    def _floor(self, speakers: Sequence[Voice]) -> Iterator[tuple[int, Voice]]:
        while True:
            for number, voice in enumerate(speakers):
                for _ in range(self._random.randint(1, 3)):
                    yield number, voice


def fixtures() -> Iterator[tuple[str, str, list[Turn]]]:
    """Name, language and turns of every recording this tool makes for the tests."""
    yield "sentence_en", "en", Script(1).conversation(5, [ANNA])[:1]
    yield "sentence_de", "de", Script(2).conversation(5, [GERMAN], table=grammar.DE)[:1]
    yield "meeting_en", "en", Script(3).conversation(120, [ANNA, DAVID, LAURA])
    yield "two_channels", "en", Script(4).conversation(30, [ANNA, DAVID], channels=2)
    before, after = Script(5).conversation(30, [DAVID])[:2]
    yield "speech_silence_speech", "en", [before, Turn(after.clip, before.end + 20)]
    english = Script(6).conversation(30, [LAURA])
    german = Script(7).conversation(30, [GERMAN], table=grammar.DE)
    yield "english_then_german", "en", [*english, *(Turn(turn.clip, turn.start + 30) for turn in german)]
    yield "sample", "en", Script(12).conversation(50, [ANNA, DAVID])


def render(turns: Iterable[Turn], channels: int = 1, tail: float = 0.6) -> Iterator[Samples]:
    """The recording as blocks of shape (samples, channels), each a pause and the sentence after it."""
    done = 0
    for turn in turns:
        pause = round(turn.start * RATE) - done
        block = np.zeros((pause + len(turn.clip.samples), channels), np.int16)
        block[pause:, turn.channel] = turn.clip.samples * 0.7
        done += len(block)
        yield block
    yield np.zeros((round(tail * RATE), channels), np.int16)


def truth(turns: Iterable[Turn], language: str) -> dict[str, Any]:
    """What is said when: sentences and their words, in seconds from the start of the recording."""
    return {
        "language": language,
        "segments": [
            {
                "start": round(turn.start, 3),
                "end": round(turn.end, 3),
                "text": turn.clip.text,
                "channel": turn.channel,
                "words": [
                    [word, round(turn.start + start, 3), round(turn.start + end, 3)]
                    for word, start, end in turn.clip.words
                ],
            }
            for turn in turns
        ],
    }


def write_flac(file: Path, blocks: Iterable[Samples], channels: int) -> None:
    """Write 16 kHz blocks of shape (samples, channels) one at a time, so any length fits into memory."""
    layout = {1: "mono", 2: "stereo"}[channels]
    with av.open(str(file), "w", format="flac", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("flac", rate=RATE, format="s16", layout=layout)
        for block in blocks:
            frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), format="s16", layout=layout)
            frame.sample_rate = RATE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def write_recording(audio: Path, text: Path, turns: Sequence[Turn], language: str = "en") -> None:
    """Write the recording as FLAC and its truth as JSON."""
    channels = 1 + max(turn.channel for turn in turns)
    for folder in (audio.parent, text.parent):
        folder.mkdir(parents=True, exist_ok=True)
    write_flac(audio, render(turns, channels), channels)
    text.write_text(json.dumps(truth(turns, language), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def write_fixtures() -> None:
    """Write the recordings of `fixtures`; the sample goes into the package, its truth to the tests."""
    for name, language, turns in fixtures():
        audio = SAMPLE if name == "sample" else SPEECH / f"{name}.flac"
        write_recording(audio, SPEECH / f"{name}.json", turns, language)


def check_fixtures() -> None:
    """Print the word error rate of the tiny model, through faster-whisper alone, on every recording."""
    import faster_whisper
    import jiwer

    model = faster_whisper.BatchedInferencePipeline(
        faster_whisper.WhisperModel(str(MODEL), compute_type="int8")
    )
    for file in sorted(SPEECH.glob("*.json")):
        said = json.loads(file.read_text(encoding="utf-8"))
        audio = SAMPLE if file.stem == "sample" else file.with_suffix(".flac")
        segments, _ = model.transcribe(str(audio), language=said["language"], without_timestamps=False)
        heard = " ".join(segment.text.strip() for segment in segments)
        meant = " ".join(segment["text"] for segment in said["segments"])
        print(f"{file.stem:24} {jiwer.wer(_plain(meant), _plain(heard)):6.1%}")


def _plain(text: str) -> str:
    return text.lower().replace(".", "")


def main() -> None:
    parser = argparse.ArgumentParser(description="Synthesise recordings of speech with their truth.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("fixtures", help="write the recordings of the tests and the bundled sample")
    commands.add_parser("check", help="print the tiny model's word error rate on each of them")
    long = commands.add_parser("long", help="write a conversation of any length, and its truth beside it")
    long.add_argument("--minutes", type=float, required=True)
    long.add_argument("--out", type=Path, required=True, help="FILE.flac")
    long.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    if given.command == "fixtures":
        write_fixtures()
    elif given.command == "check":
        check_fixtures()
    else:
        turns = Script(given.seed).long_conversation(given.minutes * 60, SPEAKERS)
        write_recording(given.out, given.out.with_suffix(".json"), turns)


if __name__ == "__main__":
    main()
