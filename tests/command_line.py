"""What tests of the command line share: how a command ended, and what it left."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ended:
    """A command's exit status and what it printed."""

    status: int
    stdout: str
    stderr: str


#: Runs a command with these arguments to its end.
Command = Callable[..., Ended]
#: Starts a command in a process of its own.
Start = Callable[..., "subprocess.Popen[str]"]


def files_below(folder: Path) -> list[str]:
    """Every file under a folder, by its path there; none where the folder does not exist."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
