"""Everything that can go wrong, as one tree of errors a person can act on.

AuricleError
├── InvalidSetting        a setting has a value it cannot have
├── InvalidOption         an option of a request has a value it cannot have
├── UnsupportedOption     the chosen engine cannot honour an option
├── UnknownModel          no model goes by this name
├── ModelUnavailable      the model is known but cannot be had now
├── EngineUnavailable     the engine is not installed, or its server cannot be reached
├── EngineFailed          the engine could not finish
├── AudioError            the recording cannot be read
│   └── LimitExceeded     the recording is larger than the settings allow
├── NotFound              what was asked for is not there
├── Conflict              it is already there, or in no state for this
│   └── Held              somebody else holds it for now
├── InTrash               it was deleted, and can be brought back
├── Outdated              it was changed since it was read
├── DiskFull              the result could not be written
├── StorageUnavailable    the database or the storage cannot be reached
│   └── Collided          it was undone, as another transaction waited for it and it for that one
├── QuotaExceeded         this user has used up what is allowed
├── RateLimited           this came too often
├── Busy                  too many requests wait already
├── Draining              the server is about to end
├── Forbidden             this user may not do this
├── Unauthorized          the key or session is not valid
└── Cancelled             somebody asked to stop
"""

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class AuricleError(Exception):
    """An error with a sentence for people.

    `code` names the kind for programs, `retryable` says whether the same call may succeed later,
    `retry_after` in how many seconds where that is known, `exit_status` is what the command line ends with
    (2: the call itself was wrong, 1: it failed).
    """

    code = "error"
    retryable = False
    retry_after: float | None = None
    exit_status = 1


class InvalidSetting(AuricleError):
    code = "invalid_setting"
    exit_status = 2


class InvalidOption(AuricleError):
    code = "invalid_option"
    exit_status = 2


class UnsupportedOption(AuricleError):
    code = "unsupported_option"
    exit_status = 2


class UnknownModel(AuricleError):
    code = "unknown_model"
    exit_status = 2


class ModelUnavailable(AuricleError):
    code = "model_unavailable"
    retryable = True


class EngineUnavailable(AuricleError):
    code = "engine_unavailable"
    retryable = True


class EngineFailed(AuricleError):
    code = "engine_failed"
    retryable = True


class AudioError(AuricleError):
    code = "audio_unreadable"


class LimitExceeded(AudioError):
    code = "limit_exceeded"


class NotFound(AuricleError):
    code = "not_found"


class Conflict(AuricleError):
    code = "conflict"


class Held(Conflict):
    retryable = True


class InTrash(AuricleError):
    code = "in_trash"


class Outdated(AuricleError):
    code = "outdated"


class DiskFull(AuricleError):
    code = "disk_full"
    retryable = True


class StorageUnavailable(AuricleError):
    code = "storage_unavailable"
    retryable = True


class Collided(StorageUnavailable):
    pass


class QuotaExceeded(AuricleError):
    """`retry_after` is in how many seconds (s) the same request may be allowed; None: not by waiting.

    No task waits for that, so it is not retryable.
    """

    code = "quota_exceeded"

    def __init__(self, sentence: str, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class RateLimited(AuricleError):
    """`retry_after` is in how many seconds the same request is welcome."""

    code = "rate_limited"
    retryable = True

    def __init__(self, sentence: str, retry_after: float) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class Busy(AuricleError):
    code = "busy"
    retryable = True


class Draining(AuricleError):
    code = "draining"
    retryable = True

    def __init__(self) -> None:
        super().__init__("The server is about to end: send the request again in a moment.")


class Forbidden(AuricleError):
    code = "forbidden"


class Unauthorized(AuricleError):
    code = "unauthorized"


class Cancelled(AuricleError):
    code = "cancelled"
    retryable = True
    exit_status = 130


def is_no_room(error: OSError) -> bool:
    """Whether a disk, a quota or a file is full."""
    return error.errno in _NO_ROOM


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn "no room" into DiskFull; other errors pass."""
    try:
        yield
    except OSError as error:
        if is_no_room(error):
            raise DiskFull(
                f"There is no room left on the disk for {path}: free some and start again."
            ) from error
        raise
