"""Downloads of models: only what is missing, resumed after any interruption, and checked by hash.

The files go where huggingface_hub keeps them, but are not fetched by it: since version 2 it throws an
unfinished file away when a download stops, and its waiting for a hub that is not there has no upper bound.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from auricle.engines.model_cache import Repository, digest
from auricle.engines.model_hub import ATTEMPTS, Hub, Report
from auricle.engines.model_listing import RemoteFile, TransientError, listing_of, raise_for_status
from auricle.errors import DiskFull, ModelUnavailable

#: Seconds without a byte after which a connection is given up and made again.
_STALLED = 30.0


@dataclass(frozen=True, slots=True)
class _Transfer:
    """One file on its way: from `url` into `part`, which becomes `blob` when its hash is right."""

    client: httpx.Client
    hub: Hub
    repository: Repository
    url: str
    file: RemoteFile
    report: Report

    @property
    def blob(self) -> Path:
        return self.repository.blobs / self.file.hash

    @property
    def part(self) -> Path:
        return _part(self.repository, self.file)


def download(repository: Repository, hub: Hub, *, force: bool, report: Report) -> None:
    """Bring a model's newest revision into the cache; `force` fetches what is already there again.

    Raises UnknownModel where the hub has no such model, ModelUnavailable where it cannot be had now
    (what has come until then is kept, and the next call goes on from there), and DiskFull.
    """
    listing = listing_of(repository.id, hub)
    with _disk_trouble(repository), repository.lock():
        repository.blobs.mkdir(parents=True, exist_ok=True)
        wanted = [file for file in listing.files if force or _size(repository.blobs / file.hash) != file.size]
        _check_space(repository, wanted)
        timeout = httpx.Timeout(max(hub.timeout, _STALLED), connect=hub.timeout)
        with httpx.Client(headers=hub.headers(), timeout=timeout, follow_redirects=True) as client:
            for file in sorted(wanted, key=lambda file: file.size):
                url = f"{hub.address}/{repository.id}/resolve/{listing.commit}/{file.name}"
                _fetch(_Transfer(client, hub, repository, url, file, report))
        repository.use(listing.commit, {file.name: file.hash for file in listing.files})


def _fetch(transfer: _Transfer) -> None:
    continued = _size(transfer.part) > 0
    _fill(transfer)
    if not _is_sound(transfer) and continued:
        # What an earlier run left may be the damaged half, so the file gets a second, fresh try.
        _fill(transfer)
    if not _is_sound(transfer):
        raise ModelUnavailable(
            f"{transfer.file.name} of {transfer.repository.id} arrived damaged: its hash is not the "
            "published one. Try again later, or from another hub (AURICLE_HF_ENDPOINT)."
        )
    transfer.part.replace(transfer.blob)


def _fill(transfer: _Transfer) -> None:
    """Append to the part until it is whole; gives up after a row of requests that brought no byte."""
    failures = 0
    while (have := _size(transfer.part)) < transfer.file.size:
        if failures:
            transfer.hub.wait(failures)
        reason: Exception = TransientError("the connection ended early")
        try:
            _append(transfer, have)
        except (httpx.HTTPError, TransientError) as problem:
            reason = problem
        failures = 0 if _size(transfer.part) > have else failures + 1
        # A server that is not there at all will hardly be there in a few seconds.
        nobody = failures > 0 and isinstance(reason, httpx.ConnectError | httpx.ConnectTimeout)
        if nobody or failures == ATTEMPTS:
            raise _stopped(transfer, reason)


def _append(transfer: _Transfer, have: int) -> None:
    headers = {"Range": f"bytes={have}-"} if have else {}
    with transfer.client.stream("GET", transfer.url, headers=headers) as response:
        raise_for_status(response, transfer.repository.id)
        goes_on = response.status_code == httpx.codes.PARTIAL_CONTENT
        done = have if goes_on else 0
        with transfer.part.open("ab" if goes_on else "wb") as part:
            for block in response.iter_bytes():
                part.write(block)
                done += len(block)
                transfer.report(transfer.file.name, done, transfer.file.size)
            # The rename that follows must not reach the disk before the content does.
            part.flush()
            os.fsync(part.fileno())


def _is_sound(transfer: _Transfer) -> bool:
    """Whether the part is what was published; where it is not, it is removed."""
    part, file = transfer.part, transfer.file
    if not part.is_file():
        return False
    if part.stat().st_size == file.size and digest(part, file.hash) == file.hash:
        return True
    part.unlink()
    return False


def _stopped(transfer: _Transfer, reason: Exception) -> ModelUnavailable:
    have, size = _size(transfer.part), transfer.file.size
    return ModelUnavailable(
        f"The download of {transfer.file.name} of {transfer.repository.id} stopped after {have / 1e6:.1f} of "
        f"{size / 1e6:.1f} MB ({reason or type(reason).__name__}). The same command goes on from there."
    )


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _part(repository: Repository, file: RemoteFile) -> Path:
    return repository.blobs / f"{file.hash}.part"


def _check_space(repository: Repository, wanted: list[RemoteFile]) -> None:
    needed = sum(max(0, file.size - _size(_part(repository, file))) for file in wanted)
    free = shutil.disk_usage(repository.blobs).free
    if needed > free:
        raise DiskFull(
            f"{repository.id} needs {needed / 1e6:,.0f} MB more in {repository.cache}, where only "
            f"{free / 1e6:,.0f} MB are free."
        )


@contextmanager
def _disk_trouble(repository: Repository) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        if problem.errno in (errno.ENOSPC, errno.EDQUOT):
            for part in repository.blobs.glob("*.part"):
                part.unlink(missing_ok=True)
            raise DiskFull(f"{repository.cache} is full; the unfinished download was removed.") from problem
        raise ModelUnavailable(
            f"{repository.cache} cannot be written ({problem.strerror}). Set AURICLE_MODELS_DIR to a folder "
            "that can."
        ) from problem
