"""Objects of an S3 bucket, fetched with patience: a cut connection is resumed where it stopped."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from jobs.captured.capture import Delivery
from jobs.captured.manifests import DroppedFile

PATIENCE_SECONDS = (0.2, 0.8, 3.2, 6.4)  # a server that restarts is back by then; beyond it the scheduler retries
CHUNK_BYTES = 1 << 20
TEMPORARY_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
NOT_FOUND = frozenset({"404", "NoSuchKey", "NotFound"})
S3_IS_WRONG = "check NIGHTLEDGER_SHOP_DROP, NIGHTLEDGER_S3_ENDPOINT and the AWS credentials"

Answer = TypeVar("Answer")


class MissingObjectError(LookupError):
    """There is no object with this key."""


class _CutShortError(Exception):
    """The connection ended before the object did."""


@dataclass(frozen=True)
class Bucket:
    """One bucket and prefix of the partner, as seen for one delivery."""

    client: Any
    name: str
    prefix: str
    delivery: Delivery

    def exists(self, key: str) -> bool:
        """Whether there is an object with this key."""
        try:
            self._patiently(key, lambda: self.client.head_object(Bucket=self.name, Key=self.prefix + key))
        except MissingObjectError:
            return False
        return True

    def read(self, key: str, most_bytes: int) -> bytes:
        """A small object; MissingObjectError when there is none, BadSourceError when it is larger than that."""

        def get() -> bytes:
            answer = self.client.get_object(Bucket=self.name, Key=self.prefix + key)
            with closing(answer["Body"]) as body:
                content: bytes = body.read(most_bytes + 1)
            is_whole = len(content) == min(answer["ContentLength"], most_bytes + 1)
            return content if is_whole else _raise(_CutShortError())

        content = self._patiently(key, get)
        if len(content) > most_bytes:
            raise self.delivery.bad(
                _name(key), f"is larger than {most_bytes} bytes", "ask the partner to deliver it again"
            )
        return content

    def fetch(self, key: str, announced: DroppedFile, target: Path) -> None:
        """The object, whole and with the announced digest, in `target`; bytes already there are not fetched again."""
        is_resumed = target.stat().st_size > 0
        self._fetch_rest(key, announced, target)
        if _sha256(target) != announced.sha256 and is_resumed:  # the rest of another try, of an older object
            target.write_bytes(b"")
            self._fetch_rest(key, announced, target)
        if _sha256(target) != announced.sha256:
            raise self.delivery.bad(
                announced.name, "sha256 differs from the manifest", "ask the partner to deliver the file again"
            )

    def _fetch_rest(self, key: str, announced: DroppedFile, target: Path) -> None:
        failures = 0
        while (size := target.stat().st_size) != announced.byte_count:
            try:
                self._append(key, announced, target)
            except MissingObjectError:
                raise self.delivery.bad(
                    announced.name, "is listed but not there", "ask the partner to deliver it"
                ) from None
            except (_CutShortError, BotoCoreError):
                failures = 0 if target.stat().st_size > size else failures + 1
                if failures >= len(PATIENCE_SECONDS):
                    raise self.delivery.unavailable(announced.name, "the connection is cut again and again") from None
                time.sleep(PATIENCE_SECONDS[failures])

    def _append(self, key: str, announced: DroppedFile, target: Path) -> None:
        """Fetch from where `target` ends. A file longer than announced, or an object of another size, is a lie."""
        start = target.stat().st_size
        if start > announced.byte_count:
            target.write_bytes(b"")
            start = 0
        wanted = {"Bucket": self.name, "Key": self.prefix + key, "Range": f"bytes={start}-"}
        answer = self._patiently(key, lambda: self.client.get_object(**wanted))
        if start + answer["ContentLength"] != announced.byte_count:
            raise self.delivery.bad(
                announced.name,
                f"has {start + answer['ContentLength']} bytes, the manifest says {announced.byte_count}",
                "ask the partner to deliver the file again",
            )
        with closing(answer["Body"]) as body, target.open("ab") as file:
            for chunk in body.iter_chunks(CHUNK_BYTES):
                file.write(chunk)
        if target.stat().st_size < announced.byte_count:
            raise _CutShortError

    def _patiently(self, key: str, ask: Callable[[], Answer]) -> Answer:
        """Ask again after temporary failures; SourceUnavailableError when they do not end."""
        for pause in (*PATIENCE_SECONDS, None):
            try:
                return ask()
            except ClientError as error:
                self._raise_unless_temporary(key, error)
                problem = "the S3 server is overloaded or failing"
            except NoCredentialsError:
                raise self.delivery.bad(_name(key), "there are no AWS credentials", S3_IS_WRONG) from None
            except (BotoCoreError, _CutShortError):
                problem = "the S3 server does not answer"
            if pause is not None:
                time.sleep(pause)
        raise self.delivery.unavailable(_name(key), problem)

    def _raise_unless_temporary(self, key: str, error: ClientError) -> None:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in NOT_FOUND:
            raise MissingObjectError(key) from None
        if status not in TEMPORARY_STATUS and code != "SlowDown":
            refusal = code if re.fullmatch(r"[A-Za-z0-9]{1,40}", code) else str(status)
            raise self.delivery.bad(_name(key), f"the S3 server refuses ({refusal})", S3_IS_WRONG) from None


def _name(key: str) -> str:
    return key.rsplit("/", maxsplit=1)[-1]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _raise(error: Exception) -> Any:
    raise error
