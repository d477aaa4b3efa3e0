"""From an address to the storage it names."""

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from auricle.errors import DiskFull, InvalidSetting
from auricle.store import Storage
from auricle.store.disk import DiskStorage
from auricle.store.s3 import S3Storage

_FORMS = (
    "AURICLE_STORAGE_URL has to be file:///FOLDER or s3://BUCKET/PREFIX, for S3 with ?endpoint=URL and "
    "&region=NAME where they are needed."
)


def open_storage(url: str) -> Storage:
    """Open `file:///FOLDER` or `s3://BUCKET/PREFIX?endpoint=URL&region=NAME`; nothing is connected yet.

    Credentials for S3 are those of the environment, the profile or the machine. Raises InvalidSetting.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path.startswith("/") and not parts.netloc:
        return DiskStorage(Path(unquote(parts.path)))
    if parts.scheme != "s3" or not parts.netloc:
        raise InvalidSetting(_FORMS)
    more = dict(parse_qsl(parts.query))
    unknown = set(more) - {"endpoint", "region"}
    if unknown:
        raise InvalidSetting(f"{sorted(unknown)[0]!r} means nothing here. {_FORMS}")
    return S3Storage(
        parts.netloc, parts.path.strip("/"), endpoint=more.get("endpoint"), region=more.get("region")
    )


def refuse_when_full(storage: Storage, floor: int, coming: int = 0) -> None:
    """Raise DiskFull where less than `floor` bytes would be free once `coming` more have been stored."""
    free = storage.free()
    if free is not None:
        refuse_below(floor, free - coming)


def refuse_below(floor: int, free: int) -> None:
    """Raise DiskFull where fewer than `floor` bytes are free."""
    if free < floor:
        raise DiskFull(
            f"Only {free / 1e9:.1f} GB are free on the server's disk, and {floor / 1e9:.1f} GB have to stay "
            "free for running work: delete something and try again."
        )
