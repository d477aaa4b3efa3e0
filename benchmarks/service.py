"""What the service adds to the work itself, how fast it answers, and how large it may grow.

    python benchmarks/service.py [overhead] [latency] [parts] [lists] [start] [--keep]

overhead: recordings of 30 s through a server with its own workers, against the same files through
`pipeline.run` in one process that has the model loaded. latency: from an upload of 5 s of speech to the first
news of progress and to the transcript. parts: an hour on one and on two worker processes of one thread.
lists: pages and searches with 100,000 recordings. start: from `auricle serve` to ready, and its memory.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path

import httpx
import numpy as np
import psutil
from sqlalchemy import insert

from auricle.audio.decode import decode
from auricle.audio.pcm import SAMPLE_RATE
from auricle.audio.probe import Limits
from auricle.engines import SpeechOptions
from auricle.engines.registry import open_engine
from auricle.pipeline import prepare_options, run
from auricle.settings import Settings
from auricle.store import recordings as listing
from auricle.store.database import Database, open_database
from auricle.store.schema import LOCAL_USER, Passage, Recording, SearchDocument, now
from auricle.store.search import search
from auricle.store.upgrade import upgrade
from auricle.testing import write_wav
from chaos import AURICLE, ROOT, free_port, wait  # also puts tests/ on the path
from material import TINY, recording, small_model
from table import Table, keep

#: Gives 91 tokens per window of the model with random weights (see tools/random_whisper.py).
FIXED = {"max_new_tokens": 180, "language": "en", "recheck": False}
MANY = 100_000
Row = list[str]


@contextmanager
def server(folder: Path, model: Path, **settings: object) -> Iterator[str]:
    """A server with its own workers, ready; gives the address of its API."""
    port = free_port()
    environment = {
        **os.environ,
        "AURICLE_DATA_DIR": str(folder),
        "AURICLE_ENGINE": "faster-whisper",
        "AURICLE_MODEL": str(model),
        "AURICLE_MIN_FREE": "0",
        "AURICLE_AUTH": "off",
        "AURICLE_MAX_OPEN_JOBS": "10000",
        **{f"AURICLE_{name.upper()}": str(value) for name, value in settings.items()},
    }
    with (folder.parent / "server.log").open("ab") as log:
        command = [*AURICLE, "serve", "--port", str(port)]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        wait(lambda: httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200, 60)
        yield f"http://127.0.0.1:{port}/api/v1"
    finally:
        process.terminate()
        process.wait(60)


def send(api: str, file: Path, **options: object) -> str:
    """Upload a recording; returns the id of its job."""
    with file.open("rb") as content:
        fields = {"options": json.dumps(options)}
        answer = httpx.post(f"{api}/recordings", files={"file": content}, data=fields, timeout=60)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["job"]["id"])


def until_done(api: str, jobs: list[str]) -> None:
    for job in jobs:
        wait(lambda job=job: httpx.get(f"{api}/jobs/{job}").json()["state"] == "done", 3600)


def pieces(folder: Path, count: int, seconds: float) -> list[Path]:
    """Recordings of so many seconds, all different, cut from a synthetic conversation."""
    decode(recording(60), folder / "hour.pcm", limits=Limits())
    samples = np.fromfile(folder / "hour.pcm", np.int16).astype(np.float32) / 32768
    length = round(seconds * SAMPLE_RATE)
    return [
        write_wav(folder / f"piece-{n}.wav", samples[n * length : (n + 1) * length]) for n in range(count)
    ]


def overhead(folder: Path) -> list[Row]:
    rows = []
    for name, model, count, given in (
        ("tiny", TINY, 100, {"language": "en"}),
        ("small shape", small_model(), 20, FIXED),
    ):
        files = pieces(folder, count, 30.0)
        settings = Settings(data_dir=folder / "none", engine="faster-whisper", model=str(model))
        engine = open_engine(settings)
        speech = SpeechOptions(**given)
        run(files[0], engine, speech, prepare_options(settings), work=folder / "warm")
        started = time.monotonic()
        for file in files:
            run(file, engine, speech, prepare_options(settings), work=folder / "work")
        alone = time.monotonic() - started
        engine.close()
        with server(folder / f"server-{name.split()[0]}", model) as api:
            until_done(api, [send(api, pieces(folder, 1, 5.0)[0], **given)])
            started = time.monotonic()
            until_done(api, [send(api, file, **given) for file in files])
            served = time.monotonic() - started
        more = (served - alone) / count * 1000
        rows.append(
            [
                f"{count} × 30 s, {name}: service / pipeline.run",
                f"{served / alone:.2f}",
                f"{more:+.0f} ms a job",
            ]
        )
    return rows


def latency(folder: Path) -> list[Row]:
    first, done = [], []
    with server(folder / "server", TINY) as api:
        files = pieces(folder, 11, 5.0)
        until_done(api, [send(api, files[0], language="en")])
        for file in files[1:]:
            started = time.monotonic()
            job = send(api, file, language="en")
            with httpx.stream("GET", f"{api}/jobs/{job}/events", timeout=60) as events:
                seen = [time.monotonic() - started for line in events.iter_lines() if line.startswith("data")]
            first.append(seen[0])
            finished = httpx.get(f"{api}/jobs/{job}").json()
            done.append(_seconds(finished["finished_at"]) - _seconds(finished["created_at"]))
    return [
        [
            "5 s of speech, tiny: upload to first progress, median",
            f"{statistics.median(first) * 1000:.0f} ms",
            "",
        ],
        ["5 s of speech, tiny: queued to transcript, median", f"{statistics.median(done) * 1000:.0f} ms", ""],
    ]


def _seconds(moment: str) -> float:

    return datetime.fromisoformat(moment).timestamp()


def parts(folder: Path) -> list[Row]:
    hour = recording(60)
    took = []
    for workers in (1, 2):
        where = folder / f"parts-{workers}"
        alone = {"gpu_workers": 0, "cpu_workers": 1, "threads": 1}
        with ExitStack() as stack:
            api = stack.enter_context(server(where, TINY, **alone))
            for _ in range(workers):
                environment = {
                    **os.environ,
                    "AURICLE_DATA_DIR": str(where),
                    "AURICLE_ENGINE": "faster-whisper",
                    "AURICLE_MODEL": str(TINY),
                    "AURICLE_THREADS": "1",
                    "AURICLE_MIN_FREE": "0",
                    "AURICLE_AUTH": "off",
                }
                command = [*AURICLE, "worker", "--queues", "gpu", "--health-port", "0"]
                worker = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
                stack.callback(worker.wait)
                stack.callback(worker.terminate)
            time.sleep(5)
            started = time.monotonic()
            until_done(api, [send(api, hour, language="en")])
            took.append(time.monotonic() - started)
    return [
        ["one hour, tiny, one worker process of one thread", f"{took[0]:.1f} s", ""],
        ["the same on two", f"{took[1]:.1f} s", f"{took[0] / took[1]:.2f} times as fast"],
    ]


def lists(folder: Path) -> list[Row]:
    database = open_database(f"sqlite:///{folder / 'many.db'}")
    upgrade(database)
    words = _fill(database)
    with closing(database):
        rows = [
            _timed("list, first page of 50", lambda: _page(database, None)),
            _timed("list, in the middle (cursor)", lambda: _page(database, MANY // 2)),
        ]
        for name, query in (
            ("a rare word", words[-5]),
            ("a common word", words[0]),
            ("a prefix", f"{words[40][:3]}"),
            ("two words", f"{words[3]} {words[200]} "),
            ("a phrase", f'"{words[1]} {words[2]}"'),
        ):
            rows.append(_timed(f"search, {name}", lambda query=query: _search(database, query)))
    return rows


def _fill(database: Database) -> list[str]:
    """Many recordings with words as frequent as in real texts (Zipf); returns the words by frequency."""
    chance = random.Random(0)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(chance.choices(letters, k=chance.randint(3, 9))) for _ in range(30_000)]
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    with database.write() as session:
        for begin in range(0, MANY, 5000):
            recordings, documents, passages = [], [], []
            for number in range(begin, begin + 5000):
                said = chance.choices(words, weights, k=60)
                key = f"{number:024x}"
                title = " ".join(chance.choices(words, k=3))
                file = {"filename": "a.wav", "media_type": "audio/wav", "size": 1, "blob": "b"}
                empty = {"speakers": [], "version": 1, "changed_at": now(), "created_at": now()}
                recordings.append({"id": key, "owner_id": LOCAL_USER, "title": title, **file, **empty})
                text = " ".join([*title.split(), *said])
                ids = {"recording_id": key, "owner_id": LOCAL_USER}
                documents.append({**ids, "title": title, "content": text, "part": 0, "parts": 1})
                for at in range(0, 60, 20):
                    some = " ".join(said[at : at + 20])
                    shown = {"text": some, "folded": f" {some} ", "start": float(at), "segment_id": at}
                    passages.append({"recording_id": key, "number": at, **shown})
            session.execute(insert(Recording), recordings)
            session.execute(insert(SearchDocument), documents)
            session.execute(insert(Passage), passages)
    return words


def _page(database: Database, after: int | None) -> None:
    with database.read() as session:
        query = listing.listed(LOCAL_USER, listing.Filter())
        place = None
        if after is not None:
            row = session.get_one(Recording, f"{after:024x}")
            place = listing.place(row, "newest")
        assert len(listing.page(session, query, "newest", place, 50)) == 50


def _search(database: Database, query: str) -> None:
    with database.read() as session:
        search(session, LOCAL_USER, query)


def _timed(name: str, act: Callable[[], None]) -> Row:
    act()
    took = []
    for _ in range(40):
        started = time.perf_counter()
        act()
        took.append((time.perf_counter() - started) * 1000)
    took.sort()
    return [f"{MANY:,} recordings, SQLite: {name}, p95", f"{took[37]:.1f} ms", f"median {took[20]:.1f} ms"]


def start(folder: Path) -> list[Row]:
    took, memory = [], []
    for number in range(5):
        started = time.monotonic()
        with server(folder / f"start-{number}", TINY) as api:
            took.append(time.monotonic() - started)
            time.sleep(2)
            port = int(api.split(":")[2].split("/")[0])
            (found,) = [
                one for one in psutil.process_iter(["cmdline"]) if str(port) in (one.info["cmdline"] or [])
            ]
            memory.append(found.memory_info().rss / 1e6)
    return [
        ["auricle serve on an empty folder to ready, median of 5", f"{statistics.median(took):.2f} s", ""],
        ["its memory without a model", f"{statistics.median(memory):.0f} MB", ""],
    ]


QUESTIONS = {"overhead": overhead, "latency": latency, "parts": parts, "lists": lists, "start": start}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("question", nargs="*", help=f"of {', '.join(QUESTIONS)}; default: all")
    parser.add_argument("--keep", action="store_true", help="write the table to benchmarks/README.md")
    given = parser.parse_args()
    rows: list[Row] = []
    for name in given.question or QUESTIONS:
        with tempfile.TemporaryDirectory(dir=ROOT / "out") as folder:
            rows += QUESTIONS[name](Path(folder))
        print(Table("service", ("what", "measured", ""), rows), flush=True)
    if given.keep:
        keep("service", str(Table("service", ("what", "measured", ""), rows)))


if __name__ == "__main__":
    sys.exit(main())
