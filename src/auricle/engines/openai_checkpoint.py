"""The checkpoint files of openai-whisper: found in a folder, or fetched, resumed and checked by hash."""

import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from auricle.errors import ModelUnavailable, UnknownModel

#: Called with a file's name, its bytes so far and its bytes in all.
Report = Callable[[str, int, int], None]

_STALLED = 30.0
_CONNECT = 5.0


def default_folder() -> Path:
    """Where openai-whisper itself keeps its models."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "whisper"


def find(model: str, urls: Mapping[str, str], folder: Path, *, offline: bool, report: Report) -> Path:
    """The file of a model: a path as it is, a name of `urls` fetched into `folder` where it is missing.

    OpenAI's addresses end in the file's SHA-256 and its name. Raises UnknownModel and ModelUnavailable.
    """
    if model not in urls:
        file = Path(model).expanduser()
        if not file.is_file():
            known = ", ".join(sorted(urls))
            raise UnknownModel(
                f"openai-whisper knows no model {model!r}, and there is no such file. It knows: {known}."
            )
        return file
    sha256, name = urls[model].split("/")[-2:]
    file = folder / name
    if file.is_file() and digest(file) == sha256:
        return file
    if offline:
        state = "damaged" if file.is_file() else "missing"
        raise ModelUnavailable(
            f"The Whisper model {model} is {state} in {folder}, and AURICLE_OFFLINE forbids a download: "
            f"put {name} there, or go online once."
        )
    _fetch(urls[model], file, report)
    if digest(file) != sha256:
        file.unlink()
        raise ModelUnavailable(f"{name} arrived damaged: its hash is not OpenAI's. Try again later.")
    return file


def digest(file: Path) -> str:
    """The SHA-256 of a file's bytes."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _fetch(url: str, file: Path, report: Report) -> None:
    """Download into a part that a later call goes on from."""
    # Here, because the HTTP client takes long to import and most commands never download.
    import httpx

    part = file.with_name(f"{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _append(url, part, report)
        part.replace(file)
    except (httpx.HTTPError, OSError) as error:
        raise ModelUnavailable(
            f"The download of {file.name} to {file.parent} stopped ({error or type(error).__name__}). "
            "The next call goes on from there."
        ) from error


def _append(url: str, part: Path, report: Report) -> None:
    import httpx

    done = part.stat().st_size if part.is_file() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
    timeout = httpx.Timeout(_STALLED, connect=_CONNECT)
    with httpx.stream("GET", url, headers=headers, timeout=timeout, follow_redirects=True) as response:
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            # All of it had come before the last call was stopped; the hash tells whether it is right.
            return
        response.raise_for_status()
        if response.status_code != httpx.codes.PARTIAL_CONTENT:
            done = 0
        total = done + int(response.headers.get("Content-Length", 0))
        with part.open("ab" if done else "wb") as target:
            for block in response.iter_bytes():
                target.write(block)
                done += len(block)
                report(part.stem, done, total)
            target.flush()
            os.fsync(target.fileno())
