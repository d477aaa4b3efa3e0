"""What every storage does, on disk and on S3."""

import contextlib
import hashlib
import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from auricle.errors import AuricleError, Conflict, DiskFull, InvalidSetting, NotFound, StorageUnavailable
from auricle.store import Storage
from auricle.store.storage import open_storage, refuse_when_full

MIB = 1 << 20


@pytest.fixture(params=["disk", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "disk":
        return open_storage((tmp_path / "blobs").as_uri())
    return request.getfixturevalue("s3_storage")


@pytest.fixture
def s3_storage(moto_server: "object", monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Storage:
    import boto3

    for name, value in {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    bucket = f"bucket-{abs(hash(tmp_path)) % 10**10}"
    boto3.client("s3", endpoint_url=moto_server.url).create_bucket(Bucket=bucket)
    return open_storage(f"s3://{bucket}/some/prefix?endpoint={moto_server.url}")


def put(storage: Storage, key: str, content: bytes = b"content") -> None:
    assert storage.put(key, io.BytesIO(content)) == len(content)


def read(storage: Storage, key: str, *span: int) -> bytes:
    with contextlib.closing(storage.open(key, *span)) as file:
        return file.read()


def keys(storage: Storage, prefix: str = "") -> list[str]:
    return [blob.key for blob in storage.blobs(prefix)]


def test_what_is_put_can_be_read(storage: Storage) -> None:
    put(storage, "recordings/1/source", b"0123456789")
    assert read(storage, "recordings/1/source") == b"0123456789"
    assert read(storage, "recordings/1/source", 3) == b"3456789"
    assert read(storage, "recordings/1/source", 3, 6) == b"345"
    assert read(storage, "recordings/1/source", 3, 3) == b""


def test_a_large_blob_comes_back_whole(storage: Storage) -> None:
    content = bytes(range(256)) * (12 * MIB // 256)
    put(storage, "large", content)
    assert read(storage, "large") == content


def test_what_is_not_there_is_not_found(storage: Storage, tmp_path: Path) -> None:
    put(storage, "folder/file")
    for key in ("nothing", "folder"):
        with pytest.raises(NotFound, match=key):
            read(storage, key)
        with pytest.raises(NotFound):
            storage.fetch(key, tmp_path / "copy")


def test_a_taken_file_is_gone_and_stored(storage: Storage, tmp_path: Path) -> None:
    file = tmp_path / "made.pcm"
    file.write_bytes(b"samples")
    assert storage.take("results/made", file) == 7
    assert not file.exists()
    assert read(storage, "results/made") == b"samples"


def test_a_range_is_fetched_to_its_own_place(storage: Storage, tmp_path: Path) -> None:
    put(storage, "samples", b"0123456789")
    found = storage.fetch("samples", tmp_path / "deep" / "samples", 4, 8)
    with found.open("rb") as file:
        file.seek(4)
        assert file.read(4) == b"4567"
    again = storage.fetch("samples", tmp_path / "deep" / "samples", 0, 4)
    assert again.read_bytes()[:8] == b"01234567"


def test_blobs_are_listed_by_prefix_in_order_with_their_size(storage: Storage) -> None:
    for key in ("a/2", "a/1", "a/10", "ab/1", "b"):
        put(storage, key, key.encode())
    assert keys(storage, "a") == ["a/1", "a/10", "a/2"]
    assert keys(storage, "a/1") == ["a/1"]
    assert keys(storage) == ["a/1", "a/10", "a/2", "ab/1", "b"]
    assert {blob.key: blob.size for blob in storage.blobs("a")}["a/10"] == 4
    assert keys(storage, "nothing") == []


def test_deleting_takes_a_blob_or_all_under_a_prefix_and_nothing_else(storage: Storage) -> None:
    for key in ("a/1", "a/2", "ab/1"):
        put(storage, key)
    storage.delete("a")
    storage.delete("nothing")
    assert keys(storage) == ["ab/1"]
    storage.delete("ab/1")
    assert keys(storage) == []


def test_two_that_write_the_same_key_leave_one_whole_blob(storage: Storage) -> None:
    contents = [bytes([number]) * MIB for number in range(4)]
    threads = [threading.Thread(target=put, args=(storage, "same", content)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read(storage, "same") in contents


def test_a_source_that_breaks_leaves_nothing(storage: Storage) -> None:
    class Broken(io.RawIOBase):
        def __init__(self) -> None:
            self.blocks = 3

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            self.blocks -= 1
            if self.blocks < 0:
                raise ConnectionResetError("the client has gone")
            return b"x" * min(size if size > 0 else MIB, MIB)

    with pytest.raises((ConnectionResetError, AuricleError)):
        storage.put("broken", Broken())
    assert keys(storage) == []


def test_parts_come_in_any_order_and_twice(storage: Storage) -> None:
    parts = {number: bytes([number]) * (5 * MIB if number < 3 else 99) for number in (1, 2, 3)}
    token = storage.uploads.begin("talk")
    for number in (3, 1, 2, 1):
        stored = storage.uploads.put("talk", token, number, io.BytesIO(parts[number]), len(parts[number]))
        assert (stored.number, stored.size) == (number, len(parts[number]))
    assert [part.number for part in storage.uploads.parts("talk", token)] == [1, 2, 3]
    assert keys(storage) == []
    sizes = [len(parts[number]) for number in (1, 2, 3)]
    for _ in range(2):
        joined = storage.uploads.complete("talk", token, sizes)
        assert joined.size == sum(sizes)
        assert joined.sha256 in (None, hashlib.sha256(b"".join(parts.values())).hexdigest())
    assert read(storage, "talk") == b"".join(parts.values())
    assert keys(storage) == ["talk"]


@pytest.mark.parametrize("content", [b"short", b"much too long for it"])
def test_a_part_of_another_size_is_refused_and_not_kept(storage: Storage, content: bytes) -> None:
    token = storage.uploads.begin("talk")
    with pytest.raises(AuricleError, match="Part 1 should have 10 bytes"):
        storage.uploads.put("talk", token, 1, io.BytesIO(content), 10)
    assert storage.uploads.parts("talk", token) == []


def test_an_upload_with_a_gap_says_which_part_to_send(storage: Storage) -> None:
    token = storage.uploads.begin("talk")
    for number in (1, 4):
        storage.uploads.put("talk", token, number, io.BytesIO(b"x" * 10), 10)
    with pytest.raises(Conflict, match="send part 2, 3"):
        storage.uploads.complete("talk", token, [10] * 4)
    assert len(storage.uploads.parts("talk", token)) == 2


def test_a_part_that_has_another_size_than_it_should_is_asked_for_again(storage: Storage) -> None:
    token = storage.uploads.begin("talk")
    storage.uploads.put("talk", token, 1, io.BytesIO(b"x" * 10), 10)
    with pytest.raises(Conflict, match="send part 1"):
        storage.uploads.complete("talk", token, [11])
    assert storage.uploads.complete("talk", token, [10]).size == 10


def test_many_that_complete_an_upload_at_the_same_time_all_get_it(storage: Storage) -> None:
    parts = [bytes([number]) * size for number, size in enumerate((5 * MIB, 5 * MIB, 99))]
    token = storage.uploads.begin("talk")
    for number, part in enumerate(parts, 1):
        storage.uploads.put("talk", token, number, io.BytesIO(part), len(part))
    sizes = [len(part) for part in parts]
    with ThreadPoolExecutor(8) as pool:
        joined = list(pool.map(lambda _: storage.uploads.complete("talk", token, sizes), range(8)))
    assert {one.size for one in joined} == {sum(sizes)}
    assert len({one.sha256 for one in joined}) == 1
    assert read(storage, "talk") == b"".join(parts)


def test_an_upload_that_ended_leaves_no_file_but_its_blob(tmp_path: Path) -> None:
    storage = open_storage(tmp_path.as_uri())
    for key in ("talk", None):
        token = storage.uploads.begin("talk")
        storage.uploads.put("talk", token, 1, io.BytesIO(b"x" * 10), 10)
        if key:
            storage.uploads.complete(key, token, [10])
        else:
            storage.uploads.abort("talk", token)
        with pytest.raises(NotFound):
            storage.uploads.put("talk", token, 1, io.BytesIO(b"x" * 10), 10)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["talk"]


def test_an_aborted_upload_is_unknown(storage: Storage) -> None:
    token = storage.uploads.begin("talk")
    storage.uploads.abort("talk", token)
    storage.uploads.abort("talk", token)
    with pytest.raises(NotFound):
        storage.uploads.parts("talk", token)
    with pytest.raises(NotFound):
        storage.uploads.complete("talk", token, [10])


def test_s3_gives_addresses_that_work_without_credentials(s3_storage: Storage) -> None:
    token = s3_storage.uploads.begin("talk")
    address = s3_storage.uploads.url("talk", token, 1)
    assert address is not None
    assert httpx.put(address, content=b"x" * 10).status_code == 200
    s3_storage.uploads.complete("talk", token, [10])
    download = s3_storage.download_url("talk", 'Gespräch "1".wav', "audio/wav")
    assert download is not None
    answer = httpx.get(download)
    assert answer.content == b"x" * 10
    assert "Gespr%C3%A4ch%20%221%22.wav" in answer.headers["content-disposition"]


def test_a_bucket_that_is_not_there_says_what_to_check(s3_storage: Storage, moto_server: "object") -> None:
    missing = open_storage(f"s3://no-such-bucket?endpoint={moto_server.url}")
    with pytest.raises(AuricleError, match=r"bucket no-such-bucket refuses access \(NoSuchBucket\)"):
        missing.put("key", io.BytesIO(b"x"))


def test_an_s3_that_is_away_may_be_tried_again(s3_storage: Storage) -> None:
    away = open_storage("s3://bucket?endpoint=http://127.0.0.1:9")
    with pytest.raises(StorageUnavailable, match="cannot be reached"):
        away.put("key", io.BytesIO(b"x"))


@pytest.mark.parametrize("url", ["", "relative", "file://host/x", "http://x", "s3://", "s3://b?colour=red"])
def test_an_address_that_names_no_storage_says_what_does(url: str) -> None:
    with pytest.raises(InvalidSetting, match="AURICLE_STORAGE_URL has to be"):
        open_storage(url)


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/", ".hidden", "a/.b", "a\0b", "ä"]
)
def test_a_key_that_could_lead_elsewhere_is_refused(tmp_path: Path, key: str) -> None:
    storage = open_storage(tmp_path.as_uri())
    for act in _acts(storage, key):
        with pytest.raises(AuricleError, match="no key"):
            act()


def _acts(storage: Storage, key: str) -> list[Callable[[], object]]:
    return [
        lambda: storage.put(key, io.BytesIO()),
        lambda: storage.open(key),
        lambda: storage.delete(key),
        lambda: storage.fetch(key, Path("x")),
    ]


def test_a_join_that_was_interrupted_goes_on(tmp_path: Path) -> None:
    storage = open_storage(tmp_path.as_uri())
    token = storage.uploads.begin("talk")
    for number in (1, 2, 3):
        storage.uploads.put("talk", token, number, io.BytesIO(bytes([number]) * 100), 100)
    folder = tmp_path / ".uploads" / token
    # As a crash leaves it after the second part was appended in full and the third in half.
    first, second, third = sorted(folder.iterdir())
    joined = folder / "joined-2-200"
    joined.write_bytes(first.read_bytes() + second.read_bytes() + third.read_bytes()[:50])
    first.write_bytes(b"")
    parts = [(part.number, part.size) for part in storage.uploads.parts("talk", token)]
    assert parts == [(1, 100), (2, 100), (3, 100)], "none of them has to be sent again"
    whole = b"".join(bytes([number]) * 100 for number in (1, 2, 3))
    found = storage.uploads.complete("talk", token, [100] * 3)
    assert found == (300, hashlib.sha256(whole).hexdigest())
    assert read(storage, "talk") == whole


def test_a_disk_below_its_floor_takes_nothing_more(tmp_path: Path) -> None:
    storage = open_storage(tmp_path.as_uri())
    free = storage.free()
    assert free is not None
    refuse_when_full(storage, floor=1000)
    with pytest.raises(DiskFull, match="are free on the server's disk"):
        refuse_when_full(storage, floor=free // 2, coming=free)
