"""`make test-images`: build the image for CPUs, run deploy/compose.yaml, and try to lose a transcript.

Docker does it where it runs here; else container-lab, a stand-in for machines that reach no registry of
images: the program that CONTAINER_LAB names, or the one in ../shared/tools.
"""

import contextlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NoReturn, TypeVar

import httpx

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "tests" / "fixtures" / "whisper-fixture-ct2"
RECORDING = ROOT / "src" / "auricle" / "samples" / "meeting.flac"
IMAGE = "auricle:cpu"
PROJECT = "auricle-test-images"
#: The services whose end is tried out, and where each says that it is ready.
READY = {"server": "AURICLE_PORT", "gpu-worker": "GPU_HEALTH_PORT", "cpu-worker": "CPU_HEALTH_PORT"}
SERVICES = (*READY, "postgres", "redis")
PORTS = (*READY.values(), "POSTGRES_PORT", "REDIS_PORT")
#: What Auricle and its packages may take in the image (MB); what is under them is Debian's.
LIMIT = 700
OWN = "/opt/auricle"
#: How long (s) anything may take that is waited for.
PATIENCE = 180.0
BEGAN = time.monotonic()
T = TypeVar("T")


def say(sentence: str) -> None:
    print(f"{time.monotonic() - BEGAN:7.1f} s  {sentence}", flush=True)


def fail(sentence: str) -> NoReturn:
    say(f"FAILED: {sentence}")
    sys.exit(1)


def free_ports() -> list[str]:
    """A port nobody listens on for each of PORTS: with container-lab all are the machine's own."""
    with contextlib.ExitStack() as held:
        some = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in PORTS]
        return [str(one.getsockname()[1]) for one in some]


def engine() -> str:
    """The program that builds and runs containers here."""
    if shutil.which("docker") and subprocess.run(["docker", "info"], capture_output=True).returncode == 0:
        return "docker"
    lab = Path(os.environ.get("CONTAINER_LAB") or ROOT.parent / "shared" / "tools" / "container-lab")
    if lab.exists():
        subprocess.run([lab, "up"], check=True, capture_output=True)
        return str(lab)
    sys.exit("Neither Docker (docker info does not answer) nor container-lab is here: start Docker first.")


@dataclass(eq=False)
class Stack:
    """The services of deploy/compose.yaml under a project of their own, with the tests' tiny model."""

    engine: str
    folder: Path
    ports: dict[str, str] = field(default_factory=lambda: dict(zip(PORTS, free_ports(), strict=True)))
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        settings = {
            **self.ports,
            "POSTGRES_PASSWORD": secrets.token_hex(16),
            "AURICLE_ENGINE": "faster-whisper",
            "AURICLE_MODEL": "/fixture-model",
            "AURICLE_PRELOAD_MODELS": "/fixture-model",
            "AURICLE_PRELOAD_FORCE": "true",
            "AURICLE_OFFLINE": "true",
            "AURICLE_MIN_FREE": "0",
            # So that the test does not wait a minute for what a killed worker had.
            "AURICLE_LEASE": "8",
            "AURICLE_HEARTBEAT": "2",
        }
        lines = (f"{name}={value}\n" for name, value in settings.items())
        self.env_file.write_text("".join(lines), encoding="utf-8")
        mounts = "".join(f'  {name}: {{volumes: ["{MODEL}:/fixture-model:ro"]}}\n' for name in READY)
        self.mounts.write_text(f"services:\n{mounts}", encoding="utf-8")
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.ports['AURICLE_PORT']}/api/v1", timeout=30
        )

    @property
    def env_file(self) -> Path:
        return self.folder / "env"

    @property
    def mounts(self) -> Path:
        return self.folder / "mounts.yaml"

    def compose(self, *words: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        files = ["-f", "deploy/compose.yaml", "-f", str(self.mounts)]
        command = [self.engine, "compose", "-p", PROJECT, "--env-file", str(self.env_file), *files, *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if check and done.returncode != 0:
            fail(f"compose {' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def is_ready(self, service: str) -> bool:
        """Whether the service's own health check says so."""
        check = ["python", "-m", "auricle.healthy", self.ports[READY[service]]]
        return self.compose("exec", "-T", service, *check, check=False).returncode == 0

    def await_ready(self) -> float:
        """Wait until all is ready; returns how long (s) that took."""
        start = time.monotonic()
        for service in READY:
            soon(partial(self.is_ready, service), f"{service} is ready")
        return time.monotonic() - start

    def sign_in(self) -> None:
        made = self.compose("exec", "-T", "server", "sh", "-c", "auricle keys create")
        key = made.stdout.strip().splitlines()[-1]
        self.client.headers["Authorization"] = f"Bearer {key}"

    def upload(self) -> str:
        """Upload the bundled recording as soon as the server takes it; returns its job."""

        def post() -> str | None:
            with RECORDING.open("rb") as file:
                answer = self.client.post("/recordings", files={"file": (RECORDING.name, file)})
            return answer.json()["job"]["id"] if answer.status_code == 201 else None

        return soon(post, "the upload is taken")

    def transcript(self, job: str) -> str | None:
        answer = self.client.get(f"/jobs/{job}")
        if answer.status_code == 200 and answer.json()["state"] in ("failed", "dead", "cancelled"):
            fail(f"the job is {answer.json()['state']}: {answer.json()['error']}")
        if answer.status_code != 200 or answer.json()["state"] != "done":
            return None
        answer = self.client.get(f"/jobs/{job}/transcript", params={"format": "txt"})
        return answer.text if answer.status_code == 200 else None

    def await_transcript(self, job: str) -> str:
        return soon(lambda: self.transcript(job), "the transcript is there")


def soon(look: Callable[[], T | None], what: str) -> T:
    """What `look` finds, asked again and again."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with contextlib.suppress(httpx.HTTPError):
            found = look()
            if found:
                return found
        time.sleep(0.3)
    fail(f"after {PATIENCE:g} s still not so: {what}")


def build(program: str) -> None:
    say(f"building {IMAGE} with {program}")
    start = time.monotonic()
    command = [program, "build", "-f", "deploy/Dockerfile", "--target", "cpu", "-t", IMAGE, "."]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        fail(f"the build ended with {done.returncode}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    say(f"built in {time.monotonic() - start:.0f} s")


def weigh(program: str) -> None:
    """Say what the image's folders take; Auricle's own may take LIMIT."""
    script = f"du -sm {OWN} /usr /var 2>/dev/null; auricle --version"
    said = subprocess.run(
        [program, "run", "--rm", "--entrypoint", "sh", IMAGE, "-c", script], capture_output=True, text=True
    )
    say(f"its size in MB by folder: {' '.join(said.stdout.split())}")
    own = re.search(rf"^(\d+)\s+{OWN}$", said.stdout, re.MULTILINE)
    if own is None:
        fail(f"the image does not tell the size of {OWN}:\n{said.stdout}{said.stderr}")
    if int(own[1]) > LIMIT:
        fail(f"{OWN} takes {own[1]} MB, and may take {LIMIT}: look what was added to its packages")


@contextlib.contextmanager
def running(program: str) -> Iterator[Stack]:
    """A stack that is up, and gone at the end with all its volumes."""
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(program, Path(folder))
        stack.compose("down", "--volumes", check=False)
        went_well = False
        try:
            start = time.monotonic()
            stack.compose("up", "-d")
            stack.await_ready()
            say(f"compose up: all services ready after {time.monotonic() - start:.1f} s")
            yield stack
            went_well = True
        finally:
            if not went_well:
                print(stack.compose("logs", check=False).stdout[-8000:], flush=True)
            stack.client.close()
            stack.compose("down", "--volumes", check=False)


def break_and_look(stack: Stack, service: str, how: Callable[[], object], what: str, first: str) -> str:
    """Do something to a service while a recording comes in; nothing may be lost. Returns the new job."""
    start = time.monotonic()
    before = stack.await_transcript(first)
    breaking = threading.Thread(target=how)
    breaking.start()
    job = stack.upload()
    breaking.join()
    soon(lambda: service not in READY or stack.is_ready(service), f"{service} is ready again")
    if stack.await_transcript(first) != before:
        fail(f"after {what}, the first transcript is another")
    if stack.await_transcript(job) != before:
        fail(f"after {what}, the same recording has another transcript")
    took = time.monotonic() - start
    say(f"{service} {what}: the transcript is still there, an upload in between is done ({took:.1f} s)")
    return job


def kill(stack: Stack, service: str) -> None:
    stack.compose("kill", "-s", "KILL", service)
    stack.compose("start", service)


def refusals(program: str, folder: Path) -> None:
    """What cannot work is said in one sentence."""
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    example = "AURICLE_DATABASE_URL=postgresql://auricle:change-me@postgres/auricle"
    away = ["-e", "AURICLE_WAIT=1", "-e", "AURICLE_DATABASE_URL=postgresql://auricle:x@127.0.0.1:9/auricle"]
    tries = {
        "the example's password": (["-e", example], "change-me"),
        "a folder it may not write to": (["-v", f"{closed}:/data"], "chown -R 10001:10001"),
        "a full volume": (
            ["--user", "0", "--mount", "type=tmpfs,destination=/data,tmpfs-size=65536"],
            "no room left",
        ),
        "no database": (away, "Look whether PostgreSQL runs"),
        "a model that is not there": (
            [
                "-e",
                "AURICLE_OFFLINE=1",
                "-e",
                "AURICLE_PRELOAD_MODELS=small",
                "-e",
                "AURICLE_PRELOAD_FORCE=1",
            ],
            "AURICLE_PRELOAD_FORCE is on",
        ),
    }
    for what, (options, expected) in tries.items():
        command = [program, "run", "--rm", "--read-only", *options, IMAGE]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        sentence = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else ""
        if done.returncode == 0 or expected not in sentence or "Traceback" in done.stderr:
            fail(f"{what} ended with {done.returncode} and says:\n{done.stdout}{done.stderr}")
        say(f"refused, {what}: {sentence}")


def main() -> None:
    program = engine()
    build(program)
    weigh(program)
    with tempfile.TemporaryDirectory() as folder:
        refusals(program, Path(folder))
    with running(program) as stack:
        stack.sign_in()
        first = stack.upload()
        text = stack.await_transcript(first)
        say(f"uploaded {RECORDING.name} through the API; its transcript begins: {text[:60]!r}")
        jobs = [first]
        for service in SERVICES:
            restart = partial(stack.compose, "restart", service)
            jobs.append(break_and_look(stack, service, restart, "restarted", first))
            end = partial(kill, stack, service)
            jobs.append(break_and_look(stack, service, end, "killed and started", first))
        stack.compose("down")
        say("compose down")
        stack.compose("up", "-d")
        say(f"compose up again: ready after {stack.await_ready():.1f} s")
        if any(stack.await_transcript(job) != text for job in jobs):
            fail("after down and up, a transcript is another")
        say(f"all {len(jobs)} transcripts are there, and the key still opens the door")
    say("nothing was lost")


if __name__ == "__main__":
    main()
