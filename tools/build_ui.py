"""Build the web app into the package, and put a compressed copy beside every file that gets smaller by it."""

import gzip
import subprocess
import sys
from pathlib import Path

import node

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "src" / "auricle" / "server" / "static" / "app"
WORTH_IT = (".js", ".css", ".svg")


def main() -> None:
    try:
        node.run(ROOT / "ui", ["run", "--silent", "build"], quiet=True)
    except subprocess.CalledProcessError:
        sys.exit("The web app could not be built: see above.")
    for file in TARGET.rglob("*"):
        if file.suffix in WORTH_IT:
            file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), mtime=0))


if __name__ == "__main__":
    main()
