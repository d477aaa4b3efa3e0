"""A stack's database and files in one file on this machine, and back."""

import secrets
from pathlib import Path

from auricle.errors import Conflict, NotFound, disk_errors
from auricle.stack.containers import Containers
from auricle.stack.files import own_services
from auricle.store.backup import DamagedBackup, check
from auricle.store.missing import INCOMPLETE

_BACKUP = (
    'auricle db backup --force "$file" >&2; made=$?; '
    f'case $made in 0|{INCOMPLETE}) cat "$file" && exit $made;; *) exit $made;; esac'
)
_RESTORE = 'cat >"$file" && auricle db restore --replace "$file"'


def backup(containers: Containers, file: Path, *, force: bool) -> int:
    """Write a backup of the stack to `file`, whole or not at all; returns the exit status.

    It is INCOMPLETE where the stack has lost files: the container names them, and the backup has the rest.
    Raises Conflict where the file exists and `force` is not given, and DamagedBackup where what came out of
    the container is not one.
    """
    if file.exists() and not force:
        raise Conflict(f"{file} exists: choose another name, or give --force.")
    if not file.absolute().parent.is_dir():
        raise NotFound(f"There is no folder {file.absolute().parent}.")
    temporary = file.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with disk_errors(file):
            with temporary.open("wb") as target:
                status = containers.run_in_server(_with_file(_BACKUP), stdout=target)
            if status in (0, INCOMPLETE):
                _arrived(temporary)
                temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
    return status


def restore(containers: Containers, file: Path) -> tuple[int, str]:
    """Put a backup in the place of what the stack holds, all of it or nothing.

    Server and workers are stopped meanwhile, and started again whether it succeeded or not. The file has to
    be checked before. Returns the exit status, and where that is not 0 how far it came, as a sentence.
    """
    stopped = containers.call("stop", *own_services(containers.stack))
    restored = stopped
    if stopped == 0:
        with file.open("rb") as source:
            restored = containers.run_beside(_with_file(_RESTORE), stdin=source)
    started = containers.call("up", "--detach")
    return restored or started, _how_far(stopped, restored, started)


def _with_file(script: str) -> str:
    """A script of the shell that has a file of its own in `$file`, gone when it ends."""
    # It lies in the volume: /tmp is memory there. Its name is its own, since two backups may be made at once.
    name = f".stack-backup-{secrets.token_hex(8)}.tar"
    removed = "trap 'rm -f \"$file\"' EXIT; trap 'exit 1' HUP INT TERM; "
    return f'file="${{AURICLE_DATA_DIR:-/data}}/{name}"; {removed}{script}'


def _how_far(stopped: int, restored: int, started: int) -> str:
    if stopped:
        said = f"Nothing was restored, since server and workers did not stop (status {stopped})"
    elif restored:
        said = f"Nothing was restored (status {restored})"
    else:
        said = "The backup is restored"
    if started:
        return f"{said}, but the stack did not start again (status {started}): `auricle stack up` starts it."
    return f"{said}: the stack is as it was." if restored else f"{said}."


def _arrived(file: Path) -> None:
    try:
        check(file)
    except DamagedBackup as error:
        raise DamagedBackup(
            "What came out of the container is not a whole backup; nothing was kept."
        ) from error
