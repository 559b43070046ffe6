"""A partition and its manifest: the one document that says which files are the partition and what they were made from.

The digest is what readers downstream see: same rows under the same contract, same digest. The build id is what the
partition was made from: same inputs, contract, code and dates, same build id, nothing to do. Neither contains the wall
clock, the seconds of a run or its notes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any

from jobs.lake_errors import CorruptManifestError, UnsafeKeyError

MANIFEST_NAME = "_manifest.json"
SCHEMA_VERSION = 1

_ADDRESS = re.compile(r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*")
_HEX_DIGEST = re.compile(r"[0-9a-f]{64}")
_FIELDS = frozenset(
    {"schema_version", "address", "business_date", "known_by", "as_of", "rows", "files", "contract", "code", "inputs",
     "counts", "notes", "seconds", "checksum"}
)  # fmt: skip


@dataclass(frozen=True)
class Partition:
    """One business date of one dataset.

    known_by: None for the partition of a night; a later day for a replay with that day's knowledge, which is stored
        apart so that it never touches what a night has published.
    """

    address: str
    business_date: date
    known_by: date | None = None

    def __post_init__(self) -> None:
        """Refuse whatever is not `<layer>/<dataset>`: the address becomes a path."""
        check_address(self.address)

    @property
    def dataset_folder(self) -> str:
        """The folder that holds this partition beside those of the other dates."""
        return dataset_folder(self.address, self.known_by)

    @property
    def folder(self) -> str:
        """The folder of the partition, relative to the root of the lake."""
        return f"{self.dataset_folder}/business_date={self.business_date.isoformat()}"

    @property
    def manifest_key(self) -> str:
        """Where the manifest lies."""
        return f"{self.folder}/{MANIFEST_NAME}"

    @property
    def flat_name(self) -> str:
        """The folder as one word, for lock and staging names: no parent folders to make or to tidy."""
        return self.folder.replace("/", ".")

    def __str__(self) -> str:
        replay = "" if self.known_by is None else f" known_by={self.known_by.isoformat()}"
        return f"{self.address} business_date={self.business_date.isoformat()}{replay}"


def check_address(address: str) -> None:
    """UnsafeKeyError unless `address` is `<layer>/<dataset>` in small letters, digits and underscores."""
    if not _ADDRESS.fullmatch(address):
        raise UnsafeKeyError(f"{address[:80]!r} is not an address: write <layer>/<dataset> in small letters")


def dataset_folder(address: str, known_by: date | None = None) -> str:
    """The folder of all dates of a dataset, as the nights left it or as replayed with the knowledge of `known_by`."""
    check_address(address)
    return address if known_by is None else f"_replays/known_by={known_by.isoformat()}/{address}"


@dataclass(frozen=True)
class FileEntry:
    """One published file; its name ends in the first 12 digits of its sha256."""

    name: str
    rows: int
    bytes: int
    sha256: str

    @property
    def plain_name(self) -> str:
        """The name without the digits of its content: `scorecard-0123456789ab.json` is `scorecard.json`."""
        return re.sub(r"-[0-9a-f]{12}(?=\.)", "", self.name)


@dataclass(frozen=True)
class Manifest:
    """What a partition is and what it was made from.

    contract: sha256 of the contract it was checked against. code: version of the code that built it.
    inputs: "<layer>/<dataset>@<business_date>", or the name of a source, -> digest of what was read.
    counts: rows_in, rows_out, quarantined, duplicates … of a capture. notes, seconds: for people; part of no digest.
    """

    address: str
    business_date: date
    known_by: date
    as_of: date
    files: tuple[FileEntry, ...]
    contract: str
    code: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows of all files together."""
        return sum(entry.rows for entry in self.files)

    @property
    def digest(self) -> str:
        """What readers downstream see: equal digests, equal data."""
        files = [[entry.name, entry.rows, entry.sha256] for entry in self.files]
        return _hash_of([self.address, self.business_date.isoformat(), self.contract, files])

    @property
    def build_id(self) -> str:
        """What it was made from: a build with an equal id would give equal data, and may be skipped."""
        return build_id(
            self.address, self.business_date, self.inputs, self.contract, self.code, self.known_by, self.as_of
        )

    def to_json(self) -> bytes:
        """Canonical JSON: sorted keys, two spaces, and a checksum over all the rest that betrays any later edit."""
        content = self._content()
        content["checksum"] = _hash_of(content)
        return (json.dumps(content, sort_keys=True, indent=2, ensure_ascii=False) + "\n").encode()

    def _content(self) -> dict[str, Any]:
        return {
            "schema_version": SCHEMA_VERSION,
            "address": self.address,
            "business_date": self.business_date.isoformat(),
            "known_by": self.known_by.isoformat(),
            "as_of": self.as_of.isoformat(),
            "rows": self.rows,
            "files": [vars(entry) for entry in self.files],
            "contract": self.contract,
            "code": self.code,
            "inputs": dict(self.inputs),
            "counts": dict(self.counts),
            "notes": dict(self.notes),
            "seconds": dict(self.seconds),
        }


def build_id(
    address: str,
    business_date: date,
    inputs: Mapping[str, str],
    contract: str,
    code: str,
    known_by: date,
    as_of: date,
) -> str:
    """The id of a build that has not run yet, to be compared with `Manifest.build_id` of what is published."""
    days = [business_date.isoformat(), known_by.isoformat(), as_of.isoformat()]
    return _hash_of([address, days, dict(inputs), contract, code])


def manifest_from_json(body: bytes, partition: Partition) -> Manifest:
    """The manifest of `partition`; CorruptManifestError when it is torn, edited or another partition's."""
    cure = "build the partition again (--force), or restore the manifest from a backup"
    try:
        content = json.loads(body)
        problem = _problem_with(content, partition)
        if not problem:
            return _manifest_from(content)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        problem = f"it cannot be read ({type(error).__name__})"
    raise CorruptManifestError(f"{partition}: {MANIFEST_NAME} is corrupt: {problem}; {cure}")


def _problem_with(content: Any, partition: Partition) -> str:
    if not isinstance(content, dict):
        return "it is not a JSON object"
    if content.get("schema_version") != SCHEMA_VERSION:
        return f"its schema_version is not {SCHEMA_VERSION}"
    if content.keys() != _FIELDS:
        return f"fields missing or unknown: {', '.join(sorted(map(str, content.keys() ^ _FIELDS)))}"
    checksum = content.pop("checksum")
    if checksum != _hash_of(content):
        return "its checksum does not fit its content"
    if (content["address"], content["business_date"]) != (partition.address, partition.business_date.isoformat()):
        return f"it describes {content['address']} business_date={content['business_date']}"
    if content["rows"] != sum(entry["rows"] for entry in content["files"]):
        return "its rows are not the sum of its files' rows"
    if not all(_HEX_DIGEST.fullmatch(entry["sha256"]) for entry in content["files"]):
        return "a file has no sha256"
    return ""


def _manifest_from(content: dict[str, Any]) -> Manifest:
    return Manifest(
        address=content["address"],
        business_date=date.fromisoformat(content["business_date"]),
        known_by=date.fromisoformat(content["known_by"]),
        as_of=date.fromisoformat(content["as_of"]),
        files=tuple(FileEntry(**entry) for entry in content["files"]),
        contract=content["contract"],
        code=content["code"],
        inputs=content["inputs"],
        counts=content["counts"],
        notes=content["notes"],
        seconds=content["seconds"],
    )


def _hash_of(content: Any) -> str:
    return sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
