"""The file of variables for the compose files: made with random secrets, and refused with the example's."""

import json
import os
import re
import secrets
from pathlib import Path

from auricle.errors import InvalidSetting, NotFound, disk_errors
from auricle.shipped import shipped
from auricle.stack.files import Stack, names_in, services

#: The example to copy, beside the compose files.
EXAMPLE = "env.example"
_IN_ADDRESS = "POSTGRES_PASSWORD"
_SECRET = re.compile(r"^(\w*(?:PASSWORD|SECRET|TOKEN|KEY)\w*)=(.+)$", re.MULTILINE)


def make_environment(path: Path) -> list[str]:
    """Write the example to `path` with a secret of its own for each of the example's; returns their names.

    A file that is there is never written over (FileExistsError).
    """
    text = _example().read_text(encoding="utf-8")
    with disk_errors(path):
        # Its secrets are for the one who starts the stack.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(_SECRET.sub(lambda found: f"{found[1]}={secrets.token_hex(24)}", text))
    return [found[1] for found in _SECRET.finditer(text)]


def check_environment(stack: Stack) -> None:
    """Raise NotFound where the file is missing, InvalidSetting where a secret in it does not do."""
    path = stack.env_file
    if not path.is_file():
        raise NotFound(
            f"There is no file {path} with the stack's passwords: give --env-file, or put the one back that "
            "the stack was started with. For a new stack, `auricle stack up` makes it with random ones, or "
            f"copy {_example()} to it and set yours."
        )
    ours, used = stack.variables(), names_in(json.dumps(services(stack)))
    example = _SECRET.findall(_example().read_text(encoding="utf-8"))
    left = [name for name, value in example if name in used and ours.get(name) == value]
    if left:
        raise InvalidSetting(
            f"{' and '.join(left)} in {path} {'is' if len(left) == 1 else 'are'} still the example's, which "
            "everybody knows: choose another value, for example what `openssl rand -hex 24` prints."
        )
    password = ours.get(_IN_ADDRESS, "")
    if _IN_ADDRESS in used and not ours.get("AURICLE_DATABASE_URL") and not _fits_address(password):
        raise InvalidSetting(
            f"{_IN_ADDRESS} in {path} has characters that mean something else in the database's address, "
            "such as @ or %: choose letters and digits. A database that has it already needs "
            "AURICLE_DATABASE_URL, with those characters percent-encoded."
        )


def _fits_address(password: str) -> bool:
    """Whether the compose files may put it into the database's address as it is."""
    from sqlalchemy import make_url  # slow, and most commands need none
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(f"postgresql://auricle:{password}@postgres/auricle").password == (password or None)
    except (ArgumentError, ValueError):
        return False


def _example() -> Path:
    return shipped("deploy") / EXAMPLE
