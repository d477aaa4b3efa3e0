"""Kills, wipes and restarts everything while jobs run, and counts what became of the jobs.

    python benchmarks/chaos.py [sqlite] [postgres-redis] [postgres-sqs] [--jobs 100] [--workers 3]

`sqlite`: one server that works itself, on an embedded database. `postgres-redis` and `postgres-sqs`: a server
and worker processes, called by Celery. Meanwhile, by chance: workers are killed (-9) and told to stop, the
server is killed, PostgreSQL is stopped and started, Redis is stopped, started and wiped. In the end every
job has to be done and every recording has to have exactly one transcript. Exits with 1 otherwise.
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy import func, select

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from auricle.store.database import Database, open_database  # noqa: E402 - as above
from auricle.store.schema import Job, Task, TranscriptVersion  # noqa: E402 - as above
from auricle.testing import VOCABULARY, say, write_wav  # noqa: E402 - as above
from services import Moto, Postgres, Redis, free_port  # noqa: E402 - found by the line above
from table import Table, keep  # noqa: E402 - as above

MODEL = ROOT / "tests" / "fixtures" / "whisper-fixture-ct2"
AURICLE = [sys.executable, "-m", "auricle"]
FORMS = ("sqlite", "postgres-redis", "postgres-sqs")
ENDED = ("done", "failed", "dead", "cancelled")
HEAD = (
    "form",
    "jobs",
    "done",
    "failed or dead",
    "stuck",
    "transcripts",
    "doubled",
    "claims",
    "kill -9",
    "SIGTERM",
    "outages",
    "wiped",
    "time",
)


@dataclass
class Site:
    """An installation under attack."""

    folder: Path
    environment: dict[str, str]
    workers: int
    port: int = field(default_factory=free_port)
    counts: Counter[str] = field(default_factory=Counter)
    server: "subprocess.Popen[bytes] | None" = None
    crew: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start_server(self) -> None:
        self.server = self._start("serve", "--port", str(self.port))
        wait(lambda: httpx.get(f"{self.url}/health/ready").status_code == 200, 60)

    def start_worker(self) -> None:
        """Every other worker's clock is two minutes ahead, where faketime is installed."""
        ahead = ["faketime", "-f", "+120s"] if shutil.which("faketime") and len(self.crew) % 2 else []
        self.crew.append(self._start("worker", "--health-port", "0", before=ahead))

    def _start(self, *arguments: str, before: Sequence[str] = ()) -> "subprocess.Popen[bytes]":
        command = [*before, *AURICLE, *arguments]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)

    def kill_server(self) -> None:
        """As a crash does; it is started again at once."""
        assert self.server is not None
        self.server.kill()
        self.server.wait()
        self.counts["kill -9"] += 1
        self.start_server()

    def end_worker(self, how: signal.Signals) -> None:
        """A worker is killed or told to stop; another takes its place."""
        worker = self.crew.pop(random.randrange(len(self.crew)))
        worker.send_signal(how)
        self.counts["kill -9" if how == signal.SIGKILL else "SIGTERM"] += 1
        self.start_worker()
        worker.wait()

    def stop(self) -> None:
        for process in [*self.crew, *([self.server] if self.server else [])]:
            process.kill()
            process.wait()


def wait(true: Callable[[], bool], patience: float) -> None:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        with contextlib.suppress(httpx.HTTPError, OSError):
            if true():
                return
        time.sleep(0.1)
    raise TimeoutError


def upload(site: Site, number: int) -> None:
    """A recording unlike all others, so that nothing is taken over from another job."""
    chance = random.Random(number)
    text = " ".join(chance.choices(VOCABULARY, k=6)).capitalize() + "."
    file = write_wav(site.folder / f"talk-{number}.wav", say(text))
    key = {"Idempotency-Key": f"talk-{number}"}

    def sent() -> bool:
        with file.open("rb") as content:
            answer = httpx.post(
                f"{site.url}/api/v1/recordings", files={"file": content}, headers=key, timeout=30
            )
        # What is refused while a database is away is sent again, as any client would.
        return answer.status_code in (200, 201)

    wait(sent, 120)
    file.unlink()


def attacks(
    site: Site, form: str, postgres: Postgres | None, redis: Redis | None
) -> list[Callable[[], None]]:
    """What may happen in this form, each as often as it stands here."""

    def stop_database(how: signal.Signals) -> None:
        assert postgres is not None
        postgres.stop(how)
        time.sleep(random.uniform(0.5, 3))
        postgres.start()
        site.counts["outages"] += 1

    def stop_redis() -> None:
        assert redis is not None
        redis.stop()
        time.sleep(random.uniform(0.5, 3))
        redis.start()
        site.counts["outages"] += 1

    def wipe() -> None:
        assert redis is not None
        redis.ask("FLUSHALL")
        site.counts["wiped"] += 1

    if form == "sqlite":
        return [site.kill_server]
    chosen: list[Callable[[], None]] = [lambda: site.end_worker(signal.SIGKILL)] * 4
    chosen += [lambda: site.end_worker(signal.SIGTERM)] * 2
    chosen += [lambda: stop_database(signal.SIGINT), lambda: stop_database(signal.SIGQUIT), site.kill_server]
    return chosen + ([wipe, wipe, stop_redis] if redis else [])


def finished(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).where(Job.state.in_(ENDED))) or 0


def tasks_done(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).where(Task.state == "done")) or 0


def run(form: str, jobs: int, workers: int, limit: float = 900.0) -> tuple[list[str], bool]:
    """One form under attack; a row of the table, and whether nothing was lost or doubled."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres, redis, settings = services(form, folder, stack)
        environment = {**os.environ, **settings, "AURICLE_DATA_DIR": str(folder / "data")}
        database_url = settings.get("AURICLE_DATABASE_URL", f"sqlite:///{folder / 'data' / 'auricle.db'}")
        site = Site(folder, environment, 0 if form == "sqlite" else workers)
        stack.callback(site.stop)
        subprocess.run([*AURICLE, "db", "upgrade"], env=environment, check=True, stdout=subprocess.DEVNULL)
        site.start_server()
        for _ in range(site.workers):
            site.start_worker()
        database = stack.enter_context(contextlib.closing(open_database(database_url)))
        started = time.monotonic()
        under_attack(site, database, attacks(site, form, postgres, redis), jobs, limit)
        return result(form, database, site, jobs, time.monotonic() - started)


def services(
    form: str, folder: Path, stack: contextlib.ExitStack
) -> tuple[Postgres | None, Redis | None, dict[str, str]]:
    """The servers of a form, and the settings that name them."""
    settings = {
        "AURICLE_ENGINE": "faster-whisper",
        "AURICLE_MODEL": str(MODEL),
        "AURICLE_DEVICE": "cpu",
        "AURICLE_THREADS": "1",
        "AURICLE_LEASE": "4",
        "AURICLE_HEARTBEAT": "1",
        "AURICLE_MIN_FREE": "0",
        "AURICLE_AUTH": "off",
        "AURICLE_LOG_FORMAT": "json",
    }
    if form == "sqlite":
        return None, None, settings
    postgres = Postgres(folder / "postgres")
    stack.callback(postgres.stop)
    settings["AURICLE_DATABASE_URL"] = postgres.new_database()
    if form == "postgres-redis":
        redis = Redis(folder / "redis")
        stack.callback(redis.stop)
        return postgres, redis, settings | {"AURICLE_BROKER_URL": redis.url}
    moto = Moto()
    stack.callback(moto.stop)
    region = {"AWS_DEFAULT_REGION": "us-east-1"}
    return (
        postgres,
        None,
        settings | region | {"AURICLE_BROKER_URL": f"sqs://key:secret@127.0.0.1:{moto.port}//"},
    )


def under_attack(
    site: Site, database: Database, happen: list[Callable[[], None]], jobs: int, limit: float
) -> None:
    """Send the jobs and attack until all have ended, or the limit (s) is over."""
    end = time.monotonic() + limit
    sent, seen = 0, -1
    while time.monotonic() < end:
        for _ in range(min(5, jobs - sent)):
            upload(site, sent)
            sent += 1
        if sent == jobs and finished(database) == jobs:
            return
        time.sleep(random.uniform(0.5, 2.5))
        # Towards the end there is peace, or a pause between two attempts would never be over. Before that
        # something gets done between two attacks, or on a slow machine every start would be killed again.
        done = tasks_done(database)
        if finished(database) < jobs * 0.9 and done > seen:
            seen = done
            random.choice(happen)()


def result(form: str, database: Database, site: Site, jobs: int, took: float) -> tuple[list[str], bool]:
    """What became of the jobs."""
    with database.read() as session:
        states = Counter(session.scalars(select(Job.state)))
        made = Counter(session.scalars(select(TranscriptVersion.recording_id)))
        claims = session.scalar(select(func.sum(Task.attempt))) or 0
        without_reason = session.scalar(
            select(func.count()).where(Job.state.in_(("failed", "dead")), Job.error.is_(None))
        )
    stuck = jobs - sum(states[state] for state in ENDED)
    lost = states["failed"] + states["dead"]
    doubled = sum(count > 1 for count in made.values())
    counts = [site.counts[name] for name in ("kill -9", "SIGTERM", "outages", "wiped")]
    cells = [form, jobs, states["done"], lost, stuck, len(made), doubled, claims, *counts, f"{took:.0f} s"]
    fine = not (stuck or doubled or without_reason) and len(made) == states["done"]
    return [str(cell) for cell in cells], fine


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("form", nargs="*", help="sqlite, postgres-redis, postgres-sqs; default: all")
    parser.add_argument("--jobs", type=int, default=100)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--keep", action="store_true", help="write the table to benchmarks/README.md")
    given = parser.parse_args()
    rows, fine = [], True
    for form in given.form or FORMS:
        row, good = run(form, given.jobs, given.workers)
        rows.append(row)
        fine = fine and good
        print(Table("chaos", HEAD, rows), flush=True)
    if given.keep:
        keep("chaos", str(Table("chaos", HEAD, rows)))
    sys.exit(not fine)


if __name__ == "__main__":
    main()
