"""What is already done of a recording, kept on disk so that a crash costs one part at most."""

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from auricle import __version__
from auricle.engines import EngineIdentity, SpeechOptions
from auricle.errors import Held, disk_errors
from auricle.pipeline.prepare import PrepareOptions

_SECONDS_PER_DAY = 86_400
#: Goes up when the files in a work folder change their form.
_FORMAT = 1


def checkpoint_key(
    source: Path, prepare: PrepareOptions, speech: SpeechOptions, engine: EngineIdentity
) -> str:
    """Names the work: the same bytes, options, model revision and version give the same transcript."""
    with source.open("rb") as file:
        audio = hashlib.file_digest(file, "sha256").hexdigest()
    made_by = [engine.name, engine.model, engine.revision, engine.compute_type, __version__]
    cutting = asdict(prepare)
    # How large a recording may be changes nothing about what is heard in it.
    del cutting["limits"]
    basis = json.dumps([_FORMAT, audio, cutting, asdict(speech), made_by], sort_keys=True)
    return hashlib.sha256(basis.encode()).hexdigest()[:32]


@contextlib.contextmanager
def work_folder(root: Path, key: str, source: Path) -> Iterator[Path]:
    """The folder for the work named `key`, held against every other process until the block ends.

    Raises Conflict where another process holds it, DiskFull and OSError where it cannot be made.
    """
    with disk_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(root / f"{key}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise Held(
                f"{source} is already being transcribed with these options by another process: wait for it."
            ) from None
    try:
        folder = root / key
        with disk_errors(root):
            folder.mkdir(exist_ok=True)
        yield folder
    finally:
        with contextlib.suppress(OSError):
            # Nothing was kept where the folder is empty.
            (root / key).rmdir()
        if not (root / key).exists():
            Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()


def discard(folder: Path) -> None:
    """Forget all that was kept for a piece of work."""
    shutil.rmtree(folder, ignore_errors=True)


def sweep(root: Path, days: float) -> None:
    """Delete the checkpoints nobody has touched for `days` days and nobody holds."""
    oldest = time.time() - days * _SECONDS_PER_DAY
    for folder in root.glob("*/"):
        lock = FileLock(root / f"{folder.name}.lock")
        with contextlib.suppress(OSError, Timeout):
            newest = max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
            if newest < oldest:
                with lock.acquire(timeout=0):
                    discard(folder)
                    Path(lock.lock_file).unlink(missing_ok=True)


def load_json(path: Path) -> Any:
    """What was saved, or None where nothing was, or nothing that can still be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def save_json(path: Path, document: Any) -> None:
    """Save in one step: after a crash the file is there whole, or not at all."""
    save_bytes(path, json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())


def save_bytes(path: Path, content: bytes) -> None:
    """Write beside `path`, flush to the disk, then rename over it. Raises DiskFull; leaves no half file."""
    # Its name owes nothing to `path`, whose name may be as long as names can be.
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    with disk_errors(path):
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
