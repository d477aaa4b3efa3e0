"""One system in one fresh process: loads a model, transcribes files, prints a line of JSON for each.

    python benchmarks/contender.py SYSTEM MODEL AUDIO... [--language en] [--max-new-tokens N]

The line holds `wall` (seconds from the file's path to its last segment, loading not included), `peak`
(bytes, the process so far) and `text`. All get the same options: beam 5, batches of 8, timestamps, VAD.
"""

import argparse
import json
import os
import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BATCH, BEAM = 8, 5


@dataclass(frozen=True, slots=True)
class Task:
    """What every system is asked for; `max_new_tokens` of None is the model's own limit."""

    language: str = "en"
    max_new_tokens: int | None = None
    word_times: bool = True
    recheck: bool = False


#: From a path to the text heard.
Transcribe = Callable[[Path], str]


def load_auricle(model: str, task: Task) -> Transcribe:
    """Auricle's pipeline, with faster-whisper or (model "pocketsphinx") PocketSphinx as its engine."""
    import av
    import onnxruntime

    from auricle.engines import Engine, SpeechOptions, faster_whisper, pocketsphinx
    from auricle.pipeline import PrepareOptions, run

    del av, onnxruntime  # Auricle imports them when it needs them, faster-whisper at once: load alike
    engine: Engine
    if model == "pocketsphinx":
        engine = pocketsphinx.load()
        options = SpeechOptions(language=task.language)
    else:
        engine = faster_whisper.load(Path(model), model=model, threads=os.cpu_count() or 1, batch_size=BATCH)
        options = SpeechOptions(
            language=task.language,
            word_times=task.word_times,
            beam_size=BEAM,
            batch_size=BATCH,
            max_new_tokens=task.max_new_tokens,
            recheck=task.recheck,
        )

    def transcribe(audio: Path) -> str:
        with tempfile.TemporaryDirectory() as folder:
            return run(audio, engine, options, PrepareOptions(), work=Path(folder)).text

    return transcribe


def load_faster_whisper(model: str, task: Task) -> Transcribe:
    """faster-whisper's own batched pipeline, with its decoding and its VAD."""
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    loaded = WhisperModel(model, device="cpu", compute_type="int8", cpu_threads=os.cpu_count() or 1)
    pipeline = BatchedInferencePipeline(loaded)

    def transcribe(audio: Path) -> str:
        segments, _ = pipeline.transcribe(
            str(audio),
            language=task.language,
            batch_size=BATCH,
            beam_size=BEAM,
            without_timestamps=False,
            word_timestamps=task.word_times,
            max_new_tokens=task.max_new_tokens,
        )
        return " ".join(segment.text.strip() for segment in segments)

    return transcribe


def load_openai_whisper(model: str, task: Task) -> Transcribe:
    """openai-whisper, which decodes one window after the other in 32 bit; `model` is its .pt file."""
    import whisper

    loaded = whisper.load_model(model, device="cpu")

    def transcribe(audio: Path) -> str:
        heard = loaded.transcribe(
            str(audio),
            language=task.language,
            beam_size=BEAM,
            fp16=False,
            word_timestamps=task.word_times,
            condition_on_previous_text=False,
        )
        return str(heard["text"])

    return transcribe


def load_pocketsphinx(model: str, task: Task) -> Transcribe:
    """PocketSphinx by itself: the whole file is one utterance. It has one model and no options."""
    from faster_whisper import decode_audio
    from pocketsphinx import Decoder

    del model, task
    decoder = Decoder(loglevel="FATAL")

    def transcribe(audio: Path) -> str:
        samples = (decode_audio(str(audio)) * 32767).astype("<i2")
        decoder.start_utt()
        decoder.process_raw(samples.tobytes(), full_utt=True)
        decoder.end_utt()
        heard = decoder.hyp()
        return "" if heard is None else str(heard.hypstr)

    return transcribe


SYSTEMS: dict[str, Callable[[str, Task], Transcribe]] = {
    "auricle": load_auricle,
    "faster-whisper": load_faster_whisper,
    "openai-whisper": load_openai_whisper,
    "pocketsphinx": load_pocketsphinx,
}


def peak_memory() -> int:
    """Most bytes of memory this process held, from Linux (getrusage would count the parent's, too)."""
    match = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert match is not None
    return int(match[1]) * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description="Transcribe files with one system; one JSON line each.")
    parser.add_argument("system", choices=SYSTEMS)
    parser.add_argument("model", help="a folder, a .pt file for openai-whisper, or pocketsphinx")
    parser.add_argument("audio", type=Path, nargs="+")
    parser.add_argument("--language", default="en")
    parser.add_argument("--max-new-tokens", type=int)
    parser.add_argument("--no-word-times", action="store_true")
    parser.add_argument("--recheck", action="store_true", help="Auricle's second look at doubtful windows")
    given = parser.parse_args()
    task = Task(given.language, given.max_new_tokens, not given.no_word_times, given.recheck)
    transcribe = SYSTEMS[given.system](given.model, task)
    for audio in given.audio:
        begin = time.perf_counter()
        text = transcribe(audio)
        wall = time.perf_counter() - begin
        print(json.dumps({"wall": wall, "peak": peak_memory(), "text": text}), flush=True)


if __name__ == "__main__":
    main()
