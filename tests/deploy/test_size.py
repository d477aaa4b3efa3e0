"""`make test-images` judges what it weighs."""

import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT


def weighed(folder: Path, printed: str) -> "subprocess.CompletedProcess[str]":
    """What the tool says of an image whose `du` prints this."""
    engine = folder / "engine"
    engine.write_text(f"#!/bin/sh\nprintf '{printed}'\n", encoding="utf-8")
    engine.chmod(0o755)
    program = f"import test_images; test_images.weigh({str(engine)!r})"
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT / "tools", capture_output=True, text=True)


def test_an_image_of_the_usual_size_is_good(tmp_path: Path) -> None:
    done = weighed(tmp_path, "636\\t/opt/auricle\\n80\\t/usr\\n")
    assert (done.returncode, "636 /opt/auricle 80 /usr" in done.stdout) == (0, True), done.stdout


@pytest.mark.parametrize(
    ("printed", "said"),
    [("701\\t/opt/auricle\\n", "701 MB, and may take 700"), ("", "does not tell the size")],
)
def test_one_that_is_too_large_or_cannot_be_weighed_is_not(tmp_path: Path, printed: str, said: str) -> None:
    done = weighed(tmp_path, printed)
    assert (done.returncode, said in done.stdout) == (1, True), done.stdout
