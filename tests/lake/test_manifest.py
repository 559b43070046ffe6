"""Manifests: what their digests depend on, and that no damage to one goes unnoticed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from jobs.lake import CorruptManifestError, FileEntry, Manifest, Partition, UnsafeKeyError
from jobs.manifest import build_id, manifest_from_json

NIGHT = date(2026, 4, 1)
PARTITION = Partition("cleaned/purchases", NIGHT)
FIRST = FileEntry("part-00000-aaaaaaaaaaaa.parquet", rows=3, bytes=100, sha256="a" * 64)
SECOND = FileEntry("part-00001-bbbbbbbbbbbb.parquet", rows=4, bytes=200, sha256="b" * 64)
MANIFEST = Manifest(
    address="cleaned/purchases",
    business_date=NIGHT,
    known_by=NIGHT,
    as_of=NIGHT,
    files=(FIRST, SECOND),
    contract="c" * 64,
    code="d" * 64,
    inputs={"captured/shop_orders@2026-04-01": "e" * 64},
    counts={"rows_in": 8, "rows_out": 7, "quarantined": 1, "duplicates": 0},
    notes={"snapshot": "00000003-1", "partner": "港"},
    seconds={"build": 1.25, "publish": 0.1},
)


def test_a_manifest_survives_the_way_through_json_byte_for_byte() -> None:
    body = MANIFEST.to_json()
    assert manifest_from_json(body, PARTITION) == MANIFEST
    assert manifest_from_json(body, PARTITION).to_json() == body
    assert MANIFEST.rows == 7
    assert list(json.loads(body)) == sorted(json.loads(body))


@pytest.mark.parametrize("change", [{"seconds": {}}, {"notes": {}}, {"counts": {}}], ids=["seconds", "notes", "counts"])
def test_what_is_for_people_is_part_of_no_digest(change: dict[str, object]) -> None:
    changed = replace(MANIFEST, **change)  # type: ignore[arg-type]
    assert (changed.digest, changed.build_id) == (MANIFEST.digest, MANIFEST.build_id)
    assert changed.to_json() != MANIFEST.to_json()


@pytest.mark.parametrize(
    "change",
    [
        {"files": (FIRST,)},
        {"files": (SECOND, FIRST)},
        {"files": (FIRST, replace(SECOND, rows=5))},
        {"files": (FIRST, replace(SECOND, sha256="f" * 64))},
        {"contract": "f" * 64},
        {"address": "cleaned/refunds"},
        {"business_date": NIGHT + timedelta(days=1)},
    ],
)
def test_the_digest_changes_with_what_readers_see(change: dict[str, object]) -> None:
    assert replace(MANIFEST, **change).digest != MANIFEST.digest  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [{"inputs": {}}, {"code": "f" * 64}, {"known_by": NIGHT + timedelta(days=1)}])
def test_the_digest_does_not_change_with_how_equal_rows_came_about(change: dict[str, object]) -> None:
    changed = replace(MANIFEST, **change)  # type: ignore[arg-type]
    assert changed.digest == MANIFEST.digest
    assert changed.build_id != MANIFEST.build_id


def test_the_id_of_a_build_is_known_before_it_runs() -> None:
    known = build_id(
        address="cleaned/purchases",
        business_date=NIGHT,
        inputs={"captured/shop_orders@2026-04-01": "e" * 64},
        contract="c" * 64,
        code="d" * 64,
        known_by=NIGHT,
        as_of=NIGHT,
    )
    assert known == MANIFEST.build_id
    assert replace(MANIFEST, files=()).build_id == known
    assert replace(MANIFEST, as_of=NIGHT - timedelta(days=1)).build_id != known


def test_a_manifest_that_was_cut_anywhere_is_corrupt() -> None:
    body = MANIFEST.to_json()
    for length in range(len(body) - 1):  # the last byte is a line feed
        with pytest.raises(CorruptManifestError):
            manifest_from_json(body[:length], PARTITION)


def test_a_manifest_with_any_bit_flipped_is_corrupt() -> None:
    body = MANIFEST.to_json()
    for position in range(len(body) - 1):
        flipped = bytearray(body)
        flipped[position] ^= 1 << position % 8
        with pytest.raises(CorruptManifestError):
            manifest_from_json(bytes(flipped), PARTITION)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b'{"schema_version": 1}', b"[" * 100_000, b"\xff"])
def test_something_else_than_a_manifest_is_corrupt_and_the_error_says_where_and_what_to_do(body: bytes) -> None:
    with pytest.raises(CorruptManifestError) as error:
        manifest_from_json(body, PARTITION)
    assert str(error.value).startswith("cleaned/purchases business_date=2026-04-01: _manifest.json is corrupt: ")
    assert str(error.value).endswith("build the partition again (--force), or restore the manifest from a backup")


def test_the_manifest_of_another_partition_is_corrupt_here() -> None:
    other = Partition("cleaned/purchases", NIGHT + timedelta(days=1))
    with pytest.raises(CorruptManifestError, match="it describes cleaned/purchases business_date=2026-04-01"):
        manifest_from_json(MANIFEST.to_json(), other)


def test_a_manifest_of_a_later_version_is_refused_rather_than_half_understood() -> None:
    later = json.loads(MANIFEST.to_json()) | {"schema_version": 2}
    with pytest.raises(CorruptManifestError, match="schema_version is not 1"):
        manifest_from_json(json.dumps(later).encode(), PARTITION)


def test_a_replay_has_a_folder_of_its_own() -> None:
    replay = replace(PARTITION, known_by=date(2026, 4, 8))
    assert PARTITION.folder == "cleaned/purchases/business_date=2026-04-01"
    assert replay.folder == "_replays/known_by=2026-04-08/cleaned/purchases/business_date=2026-04-01"
    assert str(replay) == "cleaned/purchases business_date=2026-04-01 known_by=2026-04-08"
    assert PARTITION.flat_name != replay.flat_name


@pytest.mark.parametrize(
    "address",
    ["purchases", "cleaned/../keys", "../cleaned/purchases", "/etc/passwd", "cleaned/purchases/x", "cleaned/Purchases",
     "cleaned/$(id)", "cleaned/pur chases", "cleaned/purchases\n", "cleaned/", "", "cleaned\\purchases", "_locks/x"],
)  # fmt: skip
def test_an_address_that_could_become_another_path_is_refused(address: str) -> None:
    with pytest.raises(UnsafeKeyError):
        Partition(address, NIGHT)


def test_the_plain_name_of_a_document_is_the_one_it_was_published_under() -> None:
    assert replace(FIRST, name="scorecard-0123456789ab.json").plain_name == "scorecard.json"
    assert FIRST.plain_name == "part-00000.parquet"
