"""What is measured with: recordings and models, made once into out/bench and kept there."""

import json
import lzma
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "out/bench"
SPEECH = ROOT / "tests/fixtures/speech"
TINY = ROOT / "tests/fixtures/whisper-fixture-ct2"
#: Real recordings with truth; not part of the repository.
REAL_SPEECH = ROOT / "../shared/data"
_OPENAI_TINY = ROOT / "tests/fixtures/whisper-fixture.pt.xz"
_TORCH_PYTHON = ROOT / ".venv-torch/bin/python"


@dataclass(frozen=True, slots=True)
class Result:
    """What a contender says about one file: seconds, bytes, and the text it heard."""

    wall: float
    peak: int
    text: str


def recording(minutes: int) -> Path:
    """A synthetic conversation of this length (FLAC); its truth lies beside it."""
    file = KEPT / f"conversation-{minutes}-min.flac"
    if not file.exists():
        _make("synthesise_fixtures.py", "long", "--minutes", str(minutes), "--out", str(file))
    return file


def small_model() -> Path:
    """A model of the shape of Whisper small, with random weights."""
    folder = KEPT / "whisper-small-random"
    if not (folder / "tokenizer.json").exists():
        _make("random_whisper.py", "small", str(folder))
    return folder


def openai_tiny() -> Path | None:
    """The tiny model for openai-whisper; None where that is not installed (`make test-torch` does)."""
    if not (_TORCH_PYTHON.exists() and _OPENAI_TINY.exists()):
        return None
    file = KEPT / "whisper-fixture.pt"
    if not file.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        file.write_bytes(lzma.decompress(_OPENAI_TINY.read_bytes()))
    return file


def truth(audio: Path) -> str:
    """What is said in one of our recordings."""
    document = json.loads(audio.with_suffix(".json").read_text(encoding="utf-8"))
    return " ".join(segment["text"] for segment in document["segments"])


def contend(system: str, model: Path | str, audio: Sequence[Path], *options: str) -> list[Result]:
    """Run one system in a fresh process on these files, in order; see contender.py for `options`."""
    python = str(_TORCH_PYTHON) if system == "openai-whisper" else sys.executable
    script = str(ROOT / "benchmarks/contender.py")
    command = [python, script, system, str(model), *map(str, audio), *options]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return [Result(**json.loads(line)) for line in done.stdout.splitlines()]


def _make(tool: str, *arguments: str) -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, str(ROOT / "tools" / tool), *arguments], check=True)
