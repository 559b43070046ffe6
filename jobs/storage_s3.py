"""The lake on S3: conditional writes keep a second writer out, checksums travel with every file.

A server must honour If-None-Match and If-Match on PutObject, and If-Match on DeleteObject; Amazon S3 does, and so does
SeaweedFS. The first lock of a process tries it out and refuses a server that does not. An ETag is only ever compared.
"""

from __future__ import annotations

import base64
import os
import re
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jobs.fetch import fetch, has_size
from jobs.lake_errors import ChangedMeanwhileError, LakeError, UnsafeKeyError
from jobs.lock_lease import LEASE_SECONDS, leased
from jobs.s3_requests import (
    AnnouncedBody,
    ConditionNotMetError,
    NothingThereError,
    age_in_seconds,
    checked,
    explained,
    open_client,
)
from jobs.storage import OnOperation, Stored, WriterLock, check_key, check_size, ignore_operation, last_part, operation

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]")
_PART_BYTES = 64 * 1024 * 1024  # a lost connection costs one part; S3 takes at most 10 000 of them
_PIECE_BYTES = 1024 * 1024
_REPLACE_ATTEMPTS = 5


class S3Storage:
    """A prefix of a bucket.

    lease_seconds: how long after the last sign of life a writer on another machine is taken for dead.
    part_bytes: files above this size are uploaded in parts, each of them repeated alone when it fails.
    """

    def __init__(
        self,
        uri: str,
        endpoint: str | None = None,
        *,
        region: str | None = None,
        access_keys: tuple[str, str] | None = None,
        on_operation: OnOperation = ignore_operation,
        lease_seconds: float = LEASE_SECONDS,
        part_bytes: int = _PART_BYTES,
    ) -> None:
        parts = urlsplit(uri)
        if parts.scheme != "s3" or not _BUCKET.fullmatch(parts.netloc):
            raise UnsafeKeyError(f"{uri[:80]!r} is not s3://bucket/prefix")
        self.bucket = parts.netloc
        self.prefix = check_key(parts.path.strip("/")) + "/" if parts.path.strip("/") else ""
        self.uri = f"s3://{self.bucket}/{self.prefix}".rstrip("/")
        self.on_operation = on_operation
        self.is_known_to_honour_conditions = False
        self._server = (endpoint, region, access_keys)
        self._lease_seconds = lease_seconds
        self._part_bytes = part_bytes

    @cached_property
    def _client(self) -> Any:
        return open_client(*self._server)

    def read(self, key: str) -> Stored | None:
        """Body and ETag."""
        try:
            with self._explained(key):
                answer = self._client.get_object(**self._at(key))
                return Stored(answer["Body"].read(), answer["ETag"], age_in_seconds(answer))
        except NothingThereError:
            return None

    def size(self, key: str) -> int | None:
        """Bytes stored, or None."""
        head = self._head(key)
        return None if head is None else int(head["ContentLength"])

    def list_keys(self, folder: str) -> list[str]:
        """Every key below the folder, however many pages it takes."""
        prefix = f"{self.prefix}{check_key(folder)}/"
        with self._explained(folder):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
            return sorted(entry["Key"][len(self.prefix) :] for page in pages for entry in page.get("Contents", ()))

    def put_file(self, source: Path, key: str, sha256: str) -> None:
        """Upload with a checksum that the server verifies; an equal file that is there already is left alone."""
        head = self._head(key)
        found = "" if head is None else head["Metadata"].get("sha256", "")
        size = source.stat().st_size
        if head is not None and found == sha256 and head["ContentLength"] == size:
            return
        if found != sha256 and found[:12] == sha256[:12]:
            raise LakeError(f"{key}: two contents with the same first 12 digits of sha256; the stored file is kept")
        if size > self._part_bytes:
            self._put_parts(source, key, sha256)
            return
        name = f"put file {last_part(key)}"
        checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
        with source.open("rb") as file, self._explained(key), operation(self.on_operation, name):
            body = AnnouncedBody(file, size, self.on_operation, f"halfway {name}")
            self._client.put_object(**self._at(key), Body=body, ChecksumSHA256=checksum, Metadata={"sha256": sha256})

    def put_bytes(self, key: str, body: bytes) -> None:
        """One request; S3 shows the old body or the new one."""
        name = f"put {last_part(key)}"
        with self._explained(key), operation(self.on_operation, name):
            self._client.put_object(**self._at(key), **checked(body, self.on_operation, name))

    def replace(self, key: str, body: bytes, expected: str | None) -> str:
        """One conditional request; its answer may be lost and the request repeated, so a refusal is looked into."""
        for attempt in range(_REPLACE_ATTEMPTS):
            version = self.put_if_unchanged(key, body, expected)
            if version is not None:
                return version
            stored = self.read(key)
            if stored is not None and stored.body == body:
                return stored.version
            if (None if stored is None else stored.version) != expected:
                break
            time.sleep(0.2 * 2**attempt)  # 409: another conditional request was under way and has come to nothing
        raise ChangedMeanwhileError(f"{key} is not what it was")

    def put_if_unchanged(self, key: str, body: bytes, expected: str | None) -> str | None:
        """One conditional PutObject: the new version, or None when the condition was not met."""
        condition = {"IfNoneMatch": "*"} if expected is None else {"IfMatch": expected}
        name = f"conditional put {last_part(key)}"
        try:
            with self._explained(key), operation(self.on_operation, name):
                request = {**self._at(key), **checked(body, self.on_operation, name), **condition}
                return str(self._client.put_object(**request)["ETag"])
        except (ConditionNotMetError, NothingThereError):
            return None

    def delete_if_unchanged(self, key: str, expected: str) -> bool:
        """One conditional DeleteObject; False when the condition was not met."""
        try:
            with self._explained(key), operation(self.on_operation, f"conditional delete {last_part(key)}"):
                self._client.delete_object(**self._at(key), IfMatch=expected)
        except (ConditionNotMetError, NothingThereError):
            return False
        return True

    def settle(self, folder: str) -> None:
        """Nothing: S3 answers a put when it is durable."""

    def delete(self, key: str) -> None:
        """Remove the object."""
        with self._explained(key), operation(self.on_operation, f"delete {last_part(key)}"):
            self._client.delete_object(**self._at(key))

    def tidy(self, folder: str) -> None:
        """Abort the uploads in parts that dead writers left unfinished: nobody sees them, but they cost money."""
        prefix = f"{self.prefix}{check_key(folder)}/"
        with self._explained(folder):
            answer = self._client.list_multipart_uploads(Bucket=self.bucket, Prefix=prefix)
            for upload in answer.get("Uploads", ()):
                which = {"Bucket": self.bucket, "Key": upload["Key"], "UploadId": upload["UploadId"]}
                with operation(self.on_operation, "abort upload"):
                    self._client.abort_multipart_upload(**which)

    def open_file(self, key: str, size: int, sha256: str, cache: Path) -> Path:
        """The cached copy, fetched first if need be."""
        cached = cache / sha256[:2] / f"{sha256}{Path(key).suffix}"
        if not has_size(cached, size):
            check_size(last_part(key), self.size(key), size)
            fetch(last_part(key), size, sha256, lambda start: self._pieces(key, start), cached)
        now = time.time_ns()  # os.utime's own clock ticks too slowly to tell two uses apart
        os.utime(cached, ns=(now, now))  # the cache is trimmed by last use
        return cached

    def staging_root(self, scratch_folder: Path) -> Path:
        """In the scratch folder of this machine."""
        return scratch_folder / "_staging"

    def lock(self, name: str, label: str, *, wait: bool) -> AbstractContextManager[WriterLock]:
        """A lease on an object below _locks/."""
        return leased(self, check_key(f"_locks/{name}.json"), label, wait=wait, seconds=self._lease_seconds)

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": self.prefix + check_key(key)}

    def _explained(self, key: str) -> AbstractContextManager[None]:
        return explained(f"{self.uri} {key}")

    def _head(self, key: str) -> Any:
        try:
            with self._explained(key):
                return self._client.head_object(**self._at(key))
        except NothingThereError:
            return None

    def _pieces(self, key: str, start: int) -> Iterator[bytes]:
        with self._explained(key):
            answer = self._client.get_object(**self._at(key), Range=f"bytes={start}-")
            yield from answer["Body"].iter_chunks(_PIECE_BYTES)

    def _put_parts(self, source: Path, key: str, sha256: str) -> None:
        with self._explained(key), source.open("rb") as file:
            with operation(self.on_operation, "start upload"):
                started = self._client.create_multipart_upload(
                    **self._at(key), Metadata={"sha256": sha256}, ChecksumAlgorithm="SHA256"
                )
            upload = {**self._at(key), "UploadId": started["UploadId"]}
            parts: list[dict[str, Any]] = []
            while piece := file.read(self._part_bytes):
                parts.append(self._put_part(upload, len(parts) + 1, piece))
            with operation(self.on_operation, "complete upload"):
                self._client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})

    def _put_part(self, upload: dict[str, str], number: int, piece: bytes) -> dict[str, Any]:
        body = checked(piece, self.on_operation, "put part")
        with operation(self.on_operation, "put part"):
            answer = self._client.upload_part(**upload, PartNumber=number, **body)
        return {"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": body["ChecksumSHA256"]}
