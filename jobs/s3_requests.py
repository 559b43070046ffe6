"""Talking to an S3 server: one client, bodies that can be repeated, and errors that say whether to try again."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import IO, Any

from jobs.lake_errors import LakeAccessError, LakeError, LakeUnavailableError
from jobs.storage import OnOperation

_CONDITION_NOT_MET = frozenset({409, 412})
_NOT_FOUND = frozenset({"404", "NoSuchKey", "NotFound"})
_REFUSED = frozenset({401, 403})
_TEMPORARY_CODES = frozenset({"RequestTimeout", "SlowDown", "BadDigest"})  # BadDigest: damaged on its way


class NothingThereError(LakeError):
    """404: no object has this key."""


class ConditionNotMetError(LakeError):
    """412, or 409 when one conditional request met another."""


def open_client(endpoint: str | None, region: str | None, access_keys: tuple[str, str] | None) -> Any:
    """A boto3 client that repeats failed requests; without keys or region, boto3 looks where it always does."""
    import boto3  # takes 0.2 s, and a local lake never needs it
    from botocore.config import Config

    key_id, secret = access_keys or (None, None)
    region = region or boto3.Session().region_name or "us-east-1"  # only Amazon cares
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        config=Config(
            s3={"addressing_style": "path"} if endpoint else {},
            retries={"mode": "standard", "total_max_attempts": 4},
            connect_timeout=5,
            read_timeout=30,  # below the length of a lease: a request that hangs must not outlive it
        ),
    )


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Turn an error of boto3 into one of the lake's."""
    from botocore.exceptions import BotoCoreError, ClientError  # with boto3, only when it is used

    try:
        yield
    except ClientError as error:
        raise _translated(error.response, where) from error
    except BotoCoreError as error:
        kind = type(error).__name__
        if "Credential" in kind or "Profile" in kind:
            raise LakeAccessError(f"{where}: no credentials for S3 ({kind}); set AWS_ACCESS_KEY_ID and …") from error
        raise LakeUnavailableError(f"{where}: S3 does not answer ({kind}); run again later") from error


def checked(body: bytes, on_operation: OnOperation, name: str) -> dict[str, Any]:
    """The arguments of a put: the body, and the checksum by which the server verifies what arrives."""
    return {
        "Body": AnnouncedBody(io.BytesIO(body), len(body), on_operation, f"halfway {name}"),
        "ChecksumSHA256": base64.b64encode(hashlib.sha256(body).digest()).decode(),
    }


def age_in_seconds(answer: Any) -> float:
    """How long ago the object was written, by the server's own clock: machines whose clocks differ agree on it."""
    now = answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date")
    moment = parsedate_to_datetime(now) if now else datetime.now(UTC)
    written: datetime = answer["LastModified"]
    return max(0.0, (moment - written).total_seconds())


class AnnouncedBody:
    """A body that says when half of it has been read, so that a test can end the process in the middle of a request."""

    def __init__(self, file: IO[bytes], size: int, on_operation: OnOperation, name: str) -> None:
        self._file = file
        self._size = size
        self._on_operation = on_operation
        self._name = name

    def read(self, amount: int | None = -1) -> bytes:
        """As of a file."""
        to_half = self._size // 2 - self._file.tell()
        wanted = self._size if amount is None or amount < 0 else amount
        if not 0 <= to_half < wanted:
            return self._file.read(wanted)
        first = self._file.read(to_half)
        self._on_operation(self._name)
        return first + self._file.read(wanted - to_half)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As of a file: boto3 reads a body once to sign it, and again when it must repeat a request."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """As of a file."""
        return self._file.tell()


def _translated(answer: Any, where: str) -> LakeError:
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    code = str(answer.get("Error", {}).get("Code", status))
    if status in _CONDITION_NOT_MET:
        return ConditionNotMetError(f"{where}: {code}")
    if code in _NOT_FOUND:
        return NothingThereError(f"{where}: {code}")
    if code == "NoSuchBucket":
        return LakeAccessError(f"{where}: the bucket does not exist; create it, or correct NIGHTLEDGER_LAKE")
    if status in _REFUSED:
        return LakeAccessError(f"{where}: S3 refuses us ({code}); check the credentials and what they may do")
    if status >= 500 or status == 429 or code in _TEMPORARY_CODES:
        return LakeUnavailableError(f"{where}: S3 answers {status} {code}; run again later")
    return LakeError(f"{where}: S3 answers {status} {code}")
