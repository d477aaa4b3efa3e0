"""`python3 -m auricle.bundle`: what install.sh calls, before Auricle is installed."""

import argparse
import sys
from pathlib import Path

from auricle.bundle.install import DEFAULT_PLACE, install, report
from auricle.errors import AuricleError


def main() -> None:
    """Install a bundle; an error is one sentence on stderr and an exit status."""
    parser = argparse.ArgumentParser(prog="install.sh", description="Install Auricle from this folder.")
    parser.add_argument("action", choices=["install"], help=argparse.SUPPRESS)
    parser.add_argument("bundle", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--to", type=Path, default=DEFAULT_PLACE, metavar="FOLDER", help="where it goes")
    parser.add_argument(
        "--base", type=Path, metavar="FOLDER", help="the bundle that a difference is based on"
    )
    given = parser.parse_args()
    try:
        done = install(given.bundle, given.to.absolute(), base=given.base, say=print)
    except AuricleError as error:
        sys.exit(f"auricle: {error}")
    except KeyboardInterrupt:
        sys.stderr.write("auricle: stopped; the same command starts over.\n")
        sys.exit(130)
    except OSError as error:
        sys.exit(f"auricle: {error.filename or given.to}: {error.strerror}")
    sys.stdout.write(report(done))


if __name__ == "__main__":
    main()
