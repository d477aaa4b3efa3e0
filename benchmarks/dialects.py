"""What the OpenAI route adds to the model, how the API answers a crowd, and how other servers do.

    python benchmarks/dialects.py [overhead] [throughput] [crowd] [peers] [--peer NAME=URL] [--keep]

overhead: `POST /v1/audio/transcriptions` with 5 s and 60 s of speech, against faster-whisper called with the
decoded samples. throughput: the same with 8 clients, against 8 threads. crowd: 50 clients that list
recordings, get one, and look at a job, while a job runs. peers: other servers, asked by 1 and by 8 clients;
stand-ins (see stand_ins.py), or with `--peer` real ones that run anywhere, as in
`--peer speaches=http://127.0.0.1:8000/v1/audio/transcriptions`.
"""

import argparse
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from faster_whisper import BatchedInferencePipeline, WhisperModel, decode_audio

from chaos import ROOT, free_port, wait
from material import TINY, recording
from run import machine
from service import Row, pieces, send, server, until_done
from stand_ins import PATHS
from table import Table, keep

#: Seconds of speech in a request, and how many requests of that length make a measurement with clients.
LENGTHS = {5: 64, 60: 16}
TURNS = 20
CLIENTS = 8
CROWD = 50
ROUNDS = 10
OPENAI = "/v1/audio/transcriptions"
#: So that both do the same: the model called directly gives no window a second hearing.
LIKE_ALONE = {"recheck": "false"}
Hear = Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds from the first request to the last answer, and of each; and what went wrong."""

    wall: float
    each: Sequence[float]
    errors: Sequence[str] = field(default=())

    def percentile(self, share: int) -> str:
        return f"{np.percentile(self.each, share) * 1000:.0f} ms"

    @property
    def rate(self) -> float:
        return len(self.each) / self.wall


def overhead(folder: Path, _: Mapping[str, str]) -> Table:
    rows = []
    alone = directly(cpu_threads=os.cpu_count() or 1, num_workers=1)
    with auricle(folder, OPENAI, **LIKE_ALONE) as hear:
        for seconds in LENGTHS:
            files = cut(folder, TURNS + 1, seconds)
            both = [(took(hear, file), took(alone, decode_audio(str(file)))) for file in files][1:]
            route, model = (statistics.median(times) for times in zip(*both, strict=True))
            more = statistics.median(mine - theirs for mine, theirs in both)
            rows.append([f"{seconds} s", *(f"{value * 1000:.0f} ms" for value in (route, model, more))])
    return Table("dialects-overhead", ("speech", "OpenAI route", "model alone", "more"), rows)


def throughput(folder: Path, _: Mapping[str, str]) -> Table:
    rows = []
    alone = directly(cpu_threads=1, num_workers=os.cpu_count() or 1)
    with auricle(folder, OPENAI, **LIKE_ALONE) as hear:
        for seconds, count in LENGTHS.items():
            files = cut(folder, count, seconds)
            samples = [decode_audio(str(file)) for file in files]
            hear(files[0])
            alone(samples[0])
            route, model = together(CLIENTS, hear, files), together(CLIENTS, alone, samples)
            rates = [f"{times.rate:.1f}/s" for times in (route, model)]
            rows.append([f"{count} × {seconds} s", *rates, f"{route.rate / model.rate:.2f}"])
    head = ("requests", f"OpenAI route, {CLIENTS} clients", f"model alone, {CLIENTS} threads", "ratio")
    return Table("dialects-throughput", head, rows)


def crowd(folder: Path, _: Mapping[str, str]) -> Table:
    rows: list[Row] = []
    with server(folder / "server", TINY, auth="off") as api:
        jobs = [send(api, file, language="en") for file in cut(folder, 20, 5)]
        until_done(api, jobs)
        some = httpx.get(f"{api}/recordings").json()["items"][0]["id"]
        # Each with a prompt of its own: what is known of the same audio would not be heard again.
        running = [send(api, recording(60), language="en", prompt=f"Hour {n}.") for n in range(4)]
        questions = {
            "list": f"{api}/recordings",
            "get": f"{api}/recordings/{some}",
            "job": f"{api}/jobs/{running[0]}",
        }
        for pause in (1.0, 0.0):
            answers = asked(questions, pause)
            assert httpx.get(f"{api}/jobs/{running[-1]}").json()["state"] in ("queued", "running")
            pace = f"every {pause:.0f} s" if pause else "without a pause"
            for name, times in answers.items():
                quantiles = [times.percentile(share) for share in (50, 95, 99)]
                rows.append([f"{name}, {pace}", str(len(times.each)), *quantiles, str(len(times.errors))])
    head = (f"{CROWD} clients, each", "requests", "p50", "p95", "p99", "errors")
    return Table("dialects-crowd", head, rows)


def peers(folder: Path, real: Mapping[str, str]) -> Table:
    speech = {seconds: cut(folder, count, seconds) for seconds, count in LENGTHS.items()}
    servers = {
        **{f"Auricle, {path}": auricle(folder, path) for path in (OPENAI, "/asr")},
        **{f"{name}, stand-in": stand_in(name) for name in PATHS if name not in real},
        **{name: nullcontext(client_of(url)) for name, url in real.items()},
    }
    rows = []
    for name, running in servers.items():
        with running as hear:
            for (seconds, files), clients in itertools.product(speech.items(), (1, CLIENTS)):
                hear(files[0])
                times = together(clients, hear, files)
                rate, errors = f"{times.rate:.2f}", str(len(times.errors))
                quantiles = [times.percentile(share) for share in (50, 95)]
                rows.append([name, f"{seconds} s", str(clients), rate, *quantiles, errors])
    head = ("server", "speech", "clients", "requests/s", "p50", "p95", "errors")
    return Table("dialects-peers", head, rows)


def cut(folder: Path, count: int, seconds: int) -> list[Path]:
    """Recordings of this length in a folder of their own."""
    (folder / f"{seconds}-s").mkdir()
    return pieces(folder / f"{seconds}-s", count, float(seconds))


def directly(**threads: int) -> Hear:
    """faster-whisper's batched pipeline with its own voice activity detection, on decoded samples."""
    model = WhisperModel(str(TINY), device="cpu", compute_type="int8", **threads)

    def hear(samples: Any) -> str:
        options = {"language": "en", "beam_size": 5, "batch_size": 8, "without_timestamps": False}
        segments, _ = BatchedInferencePipeline(model).transcribe(samples, vad_filter=True, **options)
        return "".join(segment.text for segment in segments)

    return hear


@contextmanager
def auricle(folder: Path, path: str, **fields: str) -> Iterator[Hear]:
    """A server of ours, asked at this path."""
    with tempfile.TemporaryDirectory(dir=folder) as own, server(Path(own) / "data", TINY, auth="off") as api:
        yield client_of(api.removesuffix("/api/v1") + path, **fields)


@contextmanager
def stand_in(name: str) -> Iterator[Hear]:
    port = free_port()
    command = [sys.executable, str(Path(__file__).with_name("stand_ins.py")), name, str(TINY), str(port)]
    process = subprocess.Popen(command)
    try:
        origin = f"http://127.0.0.1:{port}"
        wait(lambda: httpx.get(f"{origin}/openapi.json").status_code == 200, 60)
        yield client_of(origin + PATHS[name])
    finally:
        process.terminate()
        process.wait(60)


def client_of(url: str, **fields: str) -> Hear:
    """Sends files to a route of OpenAI's or, where the address ends in /asr, of whisper-asr-webservice's."""
    client = httpx.Client(timeout=600)
    if url.endswith("/asr"):
        name, more = "audio_file", {"params": {"language": "en", "output": "json", **fields}}
    else:
        name, more = "file", {"data": {"model": "whisper-1", "language": "en", **fields}}

    def hear(file: Any) -> None:
        with file.open("rb") as content:
            client.post(url, files={name: (file.name, content)}, **more).raise_for_status()

    return hear


def took(hear: Hear, speech: object) -> float:
    started = time.perf_counter()
    hear(speech)
    return time.perf_counter() - started


def together(clients: int, hear: Hear, speech: Sequence[object]) -> Times:
    """So many at once, each with the next request as soon as it has its answer."""
    errors: list[str] = []

    def one(piece: object) -> float:
        started = time.perf_counter()
        try:
            hear(piece)
        except httpx.HTTPError as error:
            errors.append(str(error))
        return time.perf_counter() - started

    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        each = list(pool.map(one, speech))
    return Times(time.perf_counter() - started, each, errors)


def asked(questions: Mapping[str, str], pause: float) -> dict[str, Times]:
    """Many clients that ask every question in turn, each on a connection of its own."""

    def client(_: int) -> list[tuple[str, float, str]]:
        answers = []
        with httpx.Client(timeout=60) as connection:
            for _ in range(ROUNDS):
                for name, url in questions.items():
                    time.sleep(pause)
                    started = time.perf_counter()
                    try:
                        connection.get(url).raise_for_status()
                        error = ""
                    except httpx.HTTPError as failure:
                        error = str(failure)
                    answers.append((name, time.perf_counter() - started, error))
        return answers

    started = time.perf_counter()
    with ThreadPoolExecutor(CROWD) as pool:
        answers = [answer for some in pool.map(client, range(CROWD)) for answer in some]
    wall = time.perf_counter() - started
    return {
        name: Times(
            wall,
            [seconds for about, seconds, _ in answers if about == name],
            [error for about, _, error in answers if about == name and error],
        )
        for name in questions
    }


QUESTIONS = {"overhead": overhead, "throughput": throughput, "crowd": crowd, "peers": peers}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("question", nargs="*", help=f"of {', '.join(QUESTIONS)}; default: all")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=URL", help="a server that runs")
    parser.add_argument("--keep", action="store_true", help="write the tables to benchmarks/README.md")
    given = parser.parse_args()
    real = dict(peer.split("=", 1) for peer in given.peer)
    for name in given.question or QUESTIONS:
        with tempfile.TemporaryDirectory(dir=ROOT / "out") as folder:
            table = QUESTIONS[name](Path(folder), real)
        print(f"\n{name}\n{table}", flush=True)
        if given.keep:
            keep(table.name, f"{table}\n\n{machine()}")


if __name__ == "__main__":
    main()
