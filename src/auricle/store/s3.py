"""Blobs in a bucket of S3, MinIO, or any store that speaks its protocol."""

import contextlib
import functools
import io
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import quote

from auricle.errors import AuricleError, InvalidOption, NotFound, StorageUnavailable
from auricle.store import Blob, Joined, StoredPart, refuse_gaps

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_DOWNLOAD_SECONDS = 3600
_UPLOAD_SECONDS = 86_400
_MISSING = {"404", "NoSuchKey", "NoSuchUpload", "NotFound"}
_REFUSED = {"403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "NoSuchBucket"}
_BLOCK = 1 << 20


class S3Storage:
    """Blobs under `prefix` of a bucket; `endpoint` is the address of a store that is not AWS."""

    def __init__(self, bucket: str, prefix: str, *, endpoint: str | None, region: str | None) -> None:
        self.bucket = bucket
        self.prefix = f"{prefix}/" if prefix else ""
        self._endpoint = endpoint
        self._region = region
        self._making = threading.Lock()

    @property
    def client(self) -> "S3Client":
        """The connection, made when it is first needed."""
        with self._making:
            return self._client

    @functools.cached_property
    def _client(self) -> "S3Client":
        import boto3
        from botocore.config import Config

        config = Config(
            connect_timeout=5,
            read_timeout=60,
            retries={"max_attempts": 4, "mode": "standard"},
            s3={"addressing_style": "path" if self._endpoint else "auto"},
            signature_version="s3v4",
        )
        # A session of its own: the default one is not made for several threads.
        return boto3.Session().client(
            "s3", endpoint_url=self._endpoint, region_name=self._region, config=config
        )

    def put(self, key: str, source: BinaryIO) -> int:
        with self.errors(key):
            self.client.upload_fileobj(cast("BinaryIO", _Steady(source)), self.bucket, self.name(key))
            return self.size(key)

    def take(self, key: str, path: Path) -> int:
        with path.open("rb") as file:
            size = self.put(key, file)
        path.unlink()
        return size

    def open(self, key: str, start: int = 0, stop: int | None = None) -> BinaryIO:
        if stop is not None and stop <= start:
            return io.BytesIO()
        last = "" if stop is None else str(stop - 1)
        with self.errors(key):
            answer = self.client.get_object(
                Bucket=self.bucket, Key=self.name(key), Range=f"bytes={start}-{last}"
            )
        return cast("BinaryIO", answer["Body"])

    def fetch(self, key: str, target: Path, start: int = 0, stop: int | None = None) -> Path:
        target.parent.mkdir(parents=True, exist_ok=True)
        # Written where it belongs, so that a part of a recording is read like the whole of it.
        with (
            contextlib.closing(self.open(key, start, stop)) as source,
            target.open("r+b" if target.exists() else "wb") as file,
            self.errors(key),
        ):
            file.seek(start)
            while block := source.read(_BLOCK):
                file.write(block)
        return target

    def delete(self, prefix: str) -> None:
        with self.errors(prefix):
            names = [self.name(blob.key) for blob in self.blobs(prefix)]
            for begin in range(0, len(names), 1000):
                some: list[Any] = [{"Key": name} for name in names[begin : begin + 1000]]
                self.client.delete_objects(Bucket=self.bucket, Delete={"Objects": some, "Quiet": True})

    def blobs(self, prefix: str = "") -> Iterator[Blob]:
        with self.errors(prefix):
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=self.name(prefix)
            )
            for page in pages:
                for found in page.get("Contents", []):
                    key = found["Key"].removeprefix(self.prefix)
                    if not prefix or key == prefix or key.startswith(f"{prefix}/"):
                        yield Blob(key, found["Size"], found["LastModified"].replace(tzinfo=None))

    def download_url(self, key: str, filename: str, media_type: str) -> str | None:
        return self.client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self.bucket,
                "Key": self.name(key),
                "ResponseContentDisposition": f"attachment; filename*=UTF-8''{quote(filename, safe='')}",
                "ResponseContentType": media_type,
            },
            ExpiresIn=_DOWNLOAD_SECONDS,
        )

    def free(self) -> int | None:
        return None

    @property
    def uploads(self) -> "S3Uploads":
        return S3Uploads(self)

    def name(self, key: str) -> str:
        """A key as the bucket knows it."""
        return f"{self.prefix}{key}"

    def size(self, key: str) -> int:
        """The size of a blob in bytes."""
        return self.client.head_object(Bucket=self.bucket, Key=self.name(key))["ContentLength"]

    @contextlib.contextmanager
    def errors(self, key: str) -> Iterator[None]:
        """Turn what boto3 raises into our own errors."""
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        try:
            yield
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in _MISSING:
                raise NotFound(f"The file {key} is not in the storage.") from error
            if code in _REFUSED:
                raise AuricleError(
                    f"The bucket {self.bucket} refuses access ({code}): check its name, the credentials and "
                    "what they may do."
                ) from error
            raise StorageUnavailable(
                f"The bucket {self.bucket} does not answer as it should: {error}."
            ) from error
        except NoCredentialsError as error:
            raise AuricleError(
                f"There are no credentials for the bucket {self.bucket}: set AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY, or give the machine a role."
            ) from error
        except (BotoCoreError, Boto3Error) as error:
            raise StorageUnavailable(f"The bucket {self.bucket} cannot be reached: {error}.") from error


class _Steady:
    """A source whose reads give all that was asked for, until it ends: boto3 takes less for the end."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            return self._source.read()
        content = bytearray()
        while len(content) < size and (block := self._source.read(size - len(content))):
            content += block
        return bytes(content)


class S3Uploads:
    """Parts as S3 itself keeps them; all but the last have to have at least 5 MiB."""

    part_size = 8 << 20

    def __init__(self, storage: S3Storage) -> None:
        self._storage = storage

    def begin(self, key: str) -> str:
        with self._storage.errors(key):
            answer = self._storage.client.create_multipart_upload(**self._where(key))
        return answer["UploadId"]

    def put(self, key: str, token: str, number: int, source: BinaryIO, size: int) -> StoredPart:
        # S3 has to be told the size first and may ask for the part again; a part fits in memory.
        with tempfile.SpooledTemporaryFile(max_size=64 << 20) as part:
            while block := source.read(min(_BLOCK, size + 1 - part.tell())):
                part.write(block)
            if part.tell() != size:
                many = "more" if part.tell() > size else str(part.tell())
                raise InvalidOption(f"Part {number} should have {size} bytes, but has {many}: send it again.")
            part.seek(0)
            with self._storage.errors(key):
                answer = self._storage.client.upload_part(
                    **self._where(key), UploadId=token, PartNumber=number, Body=cast("BinaryIO", part)
                )
        return StoredPart(number, size, answer["ETag"].strip('"'))

    def url(self, key: str, token: str, number: int) -> str | None:
        return self._storage.client.generate_presigned_url(
            "upload_part",
            Params={**self._where(key), "UploadId": token, "PartNumber": number},
            ExpiresIn=_UPLOAD_SECONDS,
        )

    def parts(self, key: str, token: str) -> list[StoredPart]:
        with self._storage.errors(key):
            pages = self._storage.client.get_paginator("list_parts").paginate(
                **self._where(key), UploadId=token
            )
            return [
                StoredPart(part["PartNumber"], part["Size"], part["ETag"].strip('"'))
                for page in pages
                for part in page.get("Parts", [])
            ]

    def complete(self, key: str, token: str, sizes: Sequence[int]) -> Joined:
        # Where it is unknown, somebody else has joined it, if the blob is there.
        with contextlib.suppress(NotFound):
            parts = self.parts(key, token)
            refuse_gaps(parts, sizes)
            listed: list[Any] = [{"PartNumber": one.number, "ETag": one.etag} for one in parts]
            with self._storage.errors(key):
                self._storage.client.complete_multipart_upload(
                    **self._where(key), UploadId=token, MultipartUpload={"Parts": listed}
                )
        with self._storage.errors(key):
            return Joined(self._storage.size(key), None)

    def abort(self, key: str, token: str) -> None:
        with contextlib.suppress(NotFound), self._storage.errors(key):
            self._storage.client.abort_multipart_upload(**self._where(key), UploadId=token)

    def _where(self, key: str) -> dict[str, Any]:
        return {"Bucket": self._storage.bucket, "Key": self._storage.name(key)}
