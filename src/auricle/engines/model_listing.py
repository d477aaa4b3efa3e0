"""What a Hugging Face hub has of a model: asked once, answered in seconds or not at all."""

import re
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread
from typing import Any, TypeVar

import httpx

from auricle.engines.model_cache import belongs_to_model
from auricle.engines.model_hub import ATTEMPTS, Hub
from auricle.errors import ModelUnavailable, UnknownModel

_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_COMMIT = re.compile(r"[0-9a-f]{40}")
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file as the hub lists it; `hash` is what `model_cache.digest` calls it."""

    name: str
    size: int
    hash: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a model at the newest commit."""

    commit: str
    files: tuple[RemoteFile, ...]


class TransientError(Exception):
    """The server's trouble, which may have passed when asked again."""


def listing_of(repository: str, hub: Hub) -> Listing:
    """What the hub has of a model; UnknownModel where it has none, ModelUnavailable where it does not say."""
    url = f"{hub.address}/api/models/{repository}/revision/main"
    for failures in range(ATTEMPTS):
        if failures:
            hub.wait(failures)
        try:
            answer = _answer(url, hub)
            raise_for_status(answer, repository)
            return _read_listing(repository, answer)
        except TransientError as problem:
            reason = problem
    raise ModelUnavailable(f"The model hub {hub.address} is in trouble: {reason}.")


def _answer(url: str, hub: Hub) -> httpx.Response:
    """The hub's answer, or ModelUnavailable after `hub.timeout` seconds whatever the network does."""

    def ask() -> httpx.Response:
        return httpx.get(
            url, params={"blobs": "true"}, headers=hub.headers(), timeout=hub.timeout, follow_redirects=True
        )

    try:
        return _within(hub.timeout, ask)
    except TimeoutError:
        reason = f"no answer within {hub.timeout:g} s"
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        reason = str(problem) or type(problem).__name__
    raise ModelUnavailable(f"The model hub {hub.address} cannot be reached ({reason}).")


def _within(seconds: float, call: Callable[[], _T]) -> _T:
    """The result of `call`, or TimeoutError.

    In a thread that may be left behind: looking up a name, and trying each of a host's addresses in
    turn, both take longer than the HTTP client's own timeout allows for.
    """
    result: Future[_T] = Future()

    def run() -> None:
        try:
            result.set_result(call())
        except BaseException as problem:  # raised again in the caller's thread
            result.set_exception(problem)

    Thread(target=run, name="auricle-hub", daemon=True).start()
    return result.result(timeout=seconds)


def raise_for_status(response: httpx.Response, repository: str) -> None:
    """Raise what a refusal means: TransientError where asking again may help, else an error for people."""
    status = response.status_code
    if status in _TRANSIENT:
        raise TransientError(f"it answered {status}")
    if response.headers.get("X-Error-Code") == "GatedRepo" or status == httpx.codes.FORBIDDEN:
        raise ModelUnavailable(
            f"{repository} is open only to people who accepted its terms. Accept them on the model's page, "
            "then set AURICLE_HF_TOKEN to a token of your account."
        )
    if status == httpx.codes.UNAUTHORIZED:
        raise ModelUnavailable(
            f"The model hub has no public model {repository}. If it is a private one, set AURICLE_HF_TOKEN "
            "to a token that may read it; else check the name."
        )
    if status == httpx.codes.NOT_FOUND:
        raise UnknownModel(f"The model hub has no model {repository}. Check the name.")
    if not response.is_success:
        raise ModelUnavailable(f"The model hub refused {repository} with status {status}.")


def _read_listing(repository: str, response: httpx.Response) -> Listing:
    try:
        body = response.json()
        wanted = (entry for entry in body["siblings"] if belongs_to_model(entry["rfilename"]))
        files = tuple(map(_remote_file, wanted))
        listing = Listing(body["sha"], files)
        sound = _COMMIT.fullmatch(listing.commit) and all(_HASH.fullmatch(file.hash) for file in files)
    except (ValueError, KeyError, TypeError) as problem:
        raise ModelUnavailable(
            f"{response.url.host} did not answer as a model hub does. Is a proxy or a login page in between?"
        ) from problem
    if not sound:
        raise ModelUnavailable(f"{response.url.host} lists {repository} with hashes that are none.")
    names = {file.name for file in files}
    if not {"config.json", "model.bin"} <= names:
        raise UnknownModel(
            f"{repository} is no model for faster-whisper: it lacks config.json or model.bin. "
            "Name one in CTranslate2's format."
        )
    return listing


def _remote_file(entry: dict[str, Any]) -> RemoteFile:
    large = entry.get("lfs")
    if large:
        return RemoteFile(entry["rfilename"], int(large["size"]), large["sha256"])
    return RemoteFile(entry["rfilename"], int(entry["size"]), entry["blobId"])
