"""Build the web app into the package, and put compressed copies beside the files that get smaller by it."""

import subprocess
import sys
from pathlib import Path

import node

UI = Path(__file__).resolve().parent.parent / "ui"


def main() -> None:
    try:
        for step in ("build", "squeeze"):
            node.run(UI, ["run", "--silent", step], quiet=True)
    except subprocess.CalledProcessError:
        sys.exit("The web app could not be built: see above.")


if __name__ == "__main__":
    main()
