"""`make run` and `make demo`: a recording becomes a transcript, and `make run` then starts the server.

The bundled recording is synthetic speech. Where no Whisper model can be fetched, it is transcribed by
the tiny model of the tests, which knows just its vocabulary.
"""

import os
import subprocess
import sys
from pathlib import Path

from auricle.engines.devices import choose_device, default_model
from auricle.engines.models import pull
from auricle.engines.registry import hub_of
from auricle.errors import AuricleError, ModelUnavailable
from auricle.exports import FORMATS
from auricle.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parent.parent
BUNDLED = ROOT / "src" / "auricle" / "samples" / "meeting.flac"
TINY_MODEL = ROOT / "tests" / "fixtures" / "whisper-fixture-ct2"
OUTPUT = Path("out")


def main() -> None:
    wanted, *files = sys.argv[1:]
    recording = Path(files[0]) if files else BUNDLED
    model = model_for_bundled(load_settings()) if recording == BUNDLED else []
    status = transcribe(recording, model)
    if status or wanted == "transcribe":
        sys.exit(status)
    serve()


def transcribe(recording: Path, model: list[str]) -> int:
    """Transcribe a recording into every format and print its text; returns the exit status."""
    arguments = [str(recording), "--output", str(OUTPUT), "--format", ",".join(FORMATS), "--force", *model]
    command = [str(Path(sys.executable).with_name("auricle")), "transcribe", *arguments]
    shown = " ".join(argument.replace(f"{ROOT}/", "") for argument in ["auricle", *command[1:]])
    print(f"$ {shown}", flush=True)
    status = subprocess.run([*command, "--set", "txt.times=yes"], check=False).returncode
    if status == 0:
        print()
        print((OUTPUT / f"{recording.stem}.txt").read_text(encoding="utf-8"))
        written = sorted(file.name for file in OUTPUT.glob(f"{recording.stem}.*"))
        print(f"In {OUTPUT}/: {', '.join(written)}")
        print(
            "Your own recording: make demo AUDIO=file, or .venv/bin/auricle transcribe --help\n", flush=True
        )
    return status


def serve() -> None:
    """Become the server, with the settings of whoever calls."""
    print("$ auricle serve", flush=True)
    auricle = str(Path(sys.executable).with_name("auricle"))
    os.execv(auricle, [auricle, "serve"])  # noqa: S606 - our own program takes this one's place


def model_for_bundled(settings: Settings) -> list[str]:
    """Arguments that name the tiny model where the settings lead to no other; says so."""
    if settings.engine not in ("auto", "faster-whisper") or settings.model is not None:
        return []
    name = default_model(choose_device(settings.device, settings.compute_type).name)
    try:
        pull(name, models_dir=settings.models_dir, hub=hub_of(settings))
    except ModelUnavailable:
        print(
            f"The Whisper model {name} can be neither found here nor fetched now, so the tiny model of the\n"
            "tests is used: it knows the bundled recording's vocabulary and nothing else.\n"
        )
        return ["--model", str(TINY_MODEL)]
    return []


if __name__ == "__main__":
    try:
        main()
    except AuricleError as error:
        sys.exit(f"auricle: {error}")
