"""A whole installation in one file, and back: rows and blobs, from either database into either.

The file is a tar archive: a manifest, one file of JSON lines for every table, and the blobs. It is checked
from end to end before anything is restored.
"""

import contextlib
import hashlib
import io
import json
import secrets
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from sqlalchemy import Column, Date, DateTime, Table, delete, func, insert, select, text
from sqlalchemy.orm import Session

from auricle import __version__
from auricle.errors import AuricleError, Conflict, NotFound
from auricle.store import Storage
from auricle.store.database import Database
from auricle.store.missing import Missing, blob_keys, missing_files
from auricle.store.schema import LOCAL_USER, Base, Recording, TranscriptVersion, now
from auricle.store.transcripts import open_version
from auricle.store.upgrade import head, prepare_database, revision

_FORMAT = "auricle.backup/1"
#: What belongs to a running process, or can be made again from the rest, is no part of a backup.
_LEFT_OUT = {"session", "worker", "chore", "upload", "segment", "stage_result"}
_AT_ONCE = 500
_BLOCK = 1 << 20

#: Called with a sentence about what is being done.
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Counts:
    """What was moved: rows, blobs, and the bytes in these; and what could not be, since it is not there."""

    rows: int
    blobs: int
    bytes: int
    missing: tuple[Missing, ...] = ()


class DamagedBackup(AuricleError):
    """A backup that cannot be trusted."""

    code = "damaged_backup"


def backup(database: Database, storage: Storage, file: Path, say: Say = lambda _: None) -> Counts:
    """Write everything to `file`, while the installation may go on working.

    The rows are those of one moment, and every blob they name is in, but for those that the storage itself
    has no more: these are counted as missing. The file is there whole, or not at all. Raises NotFound where
    its folder is not there.
    """
    if not file.absolute().parent.is_dir():
        raise NotFound(f"There is no folder {file.absolute().parent}.")
    _refuse_other_tables("This", database)
    # Its name owes nothing to `file`, whose name may be as long as names can be.
    temporary = file.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with database.read() as session, tarfile.open(temporary, "w") as archive:
            counts = _write(database, session, storage, archive, say)
        temporary.replace(file)
    except OSError as error:
        if error.filename == str(temporary):
            error.filename = str(file.parent)
        raise
    finally:
        temporary.unlink(missing_ok=True)
    return counts


def _refuse_other_tables(which: str, database: Database) -> None:
    found = revision(database)
    if found != head():
        raise Conflict(
            f"{which} installation has tables of revision {found or 'none'}, this Auricle has {head()}: "
            "open it once with this Auricle, or upgrade it with auricle db upgrade."
        )


def restore(
    file: Path,
    database: Database,
    storage: Storage,
    *,
    resume: Callable[[Session], None],
    replace: bool = False,
    say: Say = lambda _: None,
) -> Counts:
    """Put a backup into an empty installation, or in the place of what it holds: all of it, or nothing.

    Files that were not in the backup are counted as missing.
    `resume` queues again what was not finished, in the transaction that brings the rows. Raises NotFound,
    DamagedBackup, and Conflict where the installation is not empty and not to be replaced, or where the
    backup is of another revision.
    """
    say("Checking the backup")
    manifest = check(file)
    prepare_database(database)
    if manifest["revision"] != revision(database):
        raise Conflict(
            f"The backup was made with tables of revision {manifest['revision']}, this Auricle has "
            f"{revision(database)}: restore it with Auricle {manifest['auricle']} and upgrade then."
        )
    with tarfile.open(file) as archive:

        def rows(table: Table) -> Iterator[dict[str, Any]]:
            with contextlib.closing(_entry(archive, f"rows/{table.name}.jsonl")) as lines:
                for line in lines:
                    yield _row_from_json(table, json.loads(line))

        def blobs() -> Iterator[tuple[str, BinaryIO]]:
            for member in archive:
                if member.name.startswith("blobs/"):
                    yield member.name.removeprefix("blobs/"), _entry(archive, member.name)

        return _load(database, storage, rows, blobs(), resume, say, replace=replace)


def check(file: Path) -> dict[str, Any]:
    """Read a backup from end to end; returns its manifest. Raises NotFound and DamagedBackup."""
    found: dict[str, str] = {}
    manifest: dict[str, Any] | None = None
    try:
        with tarfile.open(file) as archive:
            for member in archive:
                with contextlib.closing(_entry(archive, member.name)) as content:
                    if member.name == "manifest.json":
                        manifest = json.load(content)
                    else:
                        found[member.name] = _digest(content)
    except FileNotFoundError:
        raise NotFound(f"There is no file {file}.") from None
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        # tarfile tells of every kind of archive it took the file for, a line each.
        why = "it is no tar archive" if "\n" in str(error) else error
        raise DamagedBackup(f"{file} is no backup of Auricle, or is cut off: {why}.") from error
    if manifest is None or manifest.get("format") != _FORMAT:
        raise DamagedBackup(f"{file} is no backup of Auricle, or is cut off: it has no manifest.")
    wrong = sorted(name for name, digest in manifest["sha256"].items() if found.get(name) != digest)
    if wrong:
        raise DamagedBackup(f"{file} is damaged: {wrong[0]} is not what was written. Nothing was restored.")
    return manifest


def migrate(
    source: Database,
    source_storage: Storage,
    database: Database,
    storage: Storage,
    *,
    resume: Callable[[Session], None],
    say: Say = lambda _: None,
) -> Counts:
    """Copy another installation into this empty one, rows and blobs; the other stays as it is.

    Files that the other has no more are counted as missing.
    """
    _refuse_other_tables("The other", source)
    prepare_database(database)
    with source.read() as session:

        def rows(table: Table) -> Iterator[dict[str, Any]]:
            yield from map(dict, _all_rows(session, table))

        def blobs() -> Iterator[tuple[str, BinaryIO]]:
            for key in blob_keys(session):
                with contextlib.suppress(NotFound):
                    yield key, _opened(source, session, source_storage, key)

        return _load(database, storage, rows, blobs(), resume, say)


def _write(
    database: Database, session: Session, storage: Storage, archive: tarfile.TarFile, say: Say
) -> Counts:
    found = revision(database)
    session.connection(
        execution_options={"isolation_level": "REPEATABLE READ"} if _is_shared(session) else {}
    )
    digests: dict[str, str] = {}
    rows = size = 0
    held: set[str] = set()
    for table in _tables():
        with tempfile.TemporaryFile() as lines:
            for row in _all_rows(session, table):
                lines.write(json.dumps(row, default=_to_json, ensure_ascii=False).encode() + b"\n")
                rows += 1
            digests[f"rows/{table.name}.jsonl"] = _add(archive, f"rows/{table.name}.jsonl", lines)
    say(f"{rows} rows")
    for key in blob_keys(session):
        try:
            with _opened(database, session, storage, key) as source, tempfile.TemporaryFile() as copy:
                length = _copy(source, copy)
                digests[f"blobs/{key}"] = _add(archive, f"blobs/{key}", copy)
        except NotFound:
            continue
        size += length
        held.add(key)
        say(f"{len(held)} files, {size / 1e6:.1f} MB")
    manifest = {
        "format": _FORMAT,
        "auricle": __version__,
        "revision": found,
        "made_at": now().isoformat(),
        "rows": rows,
        "blobs": len(held),
        "sha256": digests,
    }
    with io.BytesIO(json.dumps(manifest, indent=1).encode()) as document:
        _add(archive, "manifest.json", document)
    return Counts(rows, len(held), size, _lost(database, session, held))


def _lost(database: Database, session: Session, held: set[str]) -> tuple[Missing, ...]:
    """What the rows of a backup name and is not in it, without what was erased since they were read."""
    lost = set(blob_keys(session)) - held
    if lost:
        with database.read() as later:
            lost.intersection_update(blob_keys(later))
    return missing_files(session, lost)


def _load(
    database: Database,
    storage: Storage,
    rows: Callable[[Table], Iterable[Mapping[str, Any]]],
    blobs: Iterable[tuple[str, BinaryIO]],
    resume: Callable[[Session], None],
    say: Say,
    *,
    replace: bool = False,
) -> Counts:
    with database.read() as session:
        if not replace:
            _refuse_unless_empty(session)
        former = set(blob_keys(session))
    written: list[str] = []
    size = count = 0
    try:
        for key, source in blobs:
            with contextlib.closing(source):
                size += storage.put(key, source)
            written.append(key)
            say(f"{len(written)} files, {size / 1e6:.1f} MB")
        with database.write() as session:
            if not replace:
                _refuse_unless_empty(session)
            for table in reversed(Base.metadata.sorted_tables):
                session.execute(delete(table))
            for table in _tables():
                count += _insert(session, table, rows(table))
            _after_insert(session)
            missing = missing_files(session, set(blob_keys(session)) - set(written))
            resume(session)
        say(f"{count} rows")
    except BaseException:
        for key in set(written) - former:
            storage.delete(key)
        raise
    for key in former - set(written):
        storage.delete(key)
    return Counts(count, len(written), size, missing)


def _insert(session: Session, table: Table, rows: Iterable[Mapping[str, Any]]) -> int:
    count = 0
    batch: list[Mapping[str, Any]] = []
    for row in rows:
        batch.append(row)
        count += 1
        if len(batch) == _AT_ONCE:
            session.execute(insert(table), batch)
            batch = []
    if batch:
        session.execute(insert(table), batch)
    return count


def _after_insert(session: Session) -> None:
    """Numbers that PostgreSQL gives out have to go on after those that came."""
    if _is_shared(session):
        session.execute(
            text(
                "SELECT setval(pg_get_serial_sequence('search_document', 'id'), "
                "COALESCE((SELECT MAX(id) FROM search_document), 0) + 1, false)"
            )
        )


def _refuse_unless_empty(session: Session) -> None:
    held = session.scalar(select(func.count()).select_from(Recording)) or 0
    others = session.scalar(
        text('SELECT COUNT(*) FROM "user" WHERE id <> :local').bindparams(local=LOCAL_USER)
    )
    if held or others:
        raise Conflict(
            f"This installation is not empty: it holds {held} recordings and {others} users besides the local"
            " one. Restore into an empty data folder or database."
        )


def _tables() -> Iterator[Table]:
    """What is part of a backup, tables that others refer to first."""
    for table in Base.metadata.sorted_tables:
        if table.name not in _LEFT_OUT:
            yield table


def _all_rows(session: Session, table: Table) -> Iterator[dict[str, Any]]:
    result = session.execute(select(table).order_by(*table.primary_key).execution_options(yield_per=_AT_ONCE))
    for row in result.mappings():
        yield dict(row)


def _opened(database: Database, session: Session, storage: Storage, key: str) -> BinaryIO:
    """A blob; where an edit took the place of its version since the rows were read, what that one holds."""
    try:
        return storage.open(key)
    except NotFound:
        version = session.get(TranscriptVersion, Path(key).stem)
        if version is None or version.blob != key:
            raise
        return open_version(database, storage, version)[1]


def _row_from_json(table: Table, document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _value_from_json(table.c[name], value) if isinstance(value, str) else value
        for name, value in document.items()
    }


def _value_from_json(column: Column[Any], value: str) -> Any:
    if isinstance(column.type, DateTime):
        return datetime.fromisoformat(value)
    if isinstance(column.type, Date):
        return date.fromisoformat(value)
    return value


def _to_json(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a backup")


def _is_shared(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _add(archive: tarfile.TarFile, name: str, content: BinaryIO) -> str:
    """Add an entry; returns the SHA-256 of what it holds."""
    entry = tarfile.TarInfo(name)
    entry.size = content.seek(0, 2)
    content.seek(0)
    digest = _digest(content)
    content.seek(0)
    archive.addfile(entry, content)
    return digest


def _entry(archive: tarfile.TarFile, name: str) -> BinaryIO:
    content = archive.extractfile(name)
    if content is None:
        raise DamagedBackup(f"The backup has no {name}.")
    return cast("BinaryIO", content)


def _digest(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while block := content.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _copy(source: BinaryIO, target: BinaryIO) -> int:
    while block := source.read(_BLOCK):
        target.write(block)
    return target.tell()
