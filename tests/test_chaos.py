"""The short form of benchmarks/chaos.py: everything is killed and restarted, no job is lost or doubled."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from services import missing

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(("form", "program"), [("sqlite", ""), ("postgres-redis", "redis-server")])
def test_whatever_is_killed_every_job_ends_with_one_transcript(form: str, program: str) -> None:
    if program and not any((Path(folder) / program).exists() for folder in os.get_exec_path()):
        missing("Redis", program)
    command = [sys.executable, "benchmarks/chaos.py", form, "--jobs", "10", "--workers", "2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    row = re.split(r" *\| *", done.stdout.strip().splitlines()[-1].strip("| "))
    assert row[:7] == [form, "10", "10", "0", "0", "10", "0"], done.stdout
