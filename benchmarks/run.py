"""Measures what the README claims: prints one table per question, and keeps them in benchmarks/README.md.

    python benchmarks/run.py [speed] [memory] [throughput] [accuracy] [web] [--quick]

Without a question all are asked; with everything this takes about an hour on two cores. `--quick` takes
minutes, prints, and leaves the README as it is.
"""

import argparse
import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

import accuracy
import memory
import speed
import table
import throughput
import web

QUESTIONS = {
    "speed": speed.measure,
    "memory": memory.measure,
    "throughput": throughput.measure,
    "accuracy": accuracy.measure,
    "web": web.measure,
}


def machine() -> str:
    """The machine and the versions that the numbers depend on."""
    found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    cpu = found[1] if found else platform.machine()
    packages = ", ".join(f"{name} {version(name)}" for name in ("faster-whisper", "ctranslate2", "av"))
    return f"{cpu}, {os.cpu_count()} cores; Python {platform.python_version()}, {packages}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure Auricle against others.")
    parser.add_argument("question", nargs="*", help=f"of {', '.join(QUESTIONS)}; default: all")
    parser.add_argument("--quick", action="store_true", help="short audio, few recordings; keep nothing")
    given = parser.parse_args()
    if unknown := set(given.question) - QUESTIONS.keys():
        parser.error(f"no such question: {', '.join(sorted(unknown))}")
    print(machine())
    for name in given.question or QUESTIONS:
        result = QUESTIONS[name](given.quick)
        print(f"\n{name}\n{result}", flush=True)
        if not given.quick:
            table.keep(name, f"{result}\n\n{machine()}")


if __name__ == "__main__":
    main()
