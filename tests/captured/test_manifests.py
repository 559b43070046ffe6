"""What the manifest says is believed only where it is well-formed, and then held against the files."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jobs.captured.capture import BadSourceError
from jobs.captured.file_drop import drop_is_complete, source_digest
from schemas.captured.shop_referrals import SHOP_REFERRALS
from tests.captured.deliveries import DAY, Shop, as_csv, gzipped

PART = "part-00000.csv.gz"
CONTENT = gzipped(as_csv(SHOP_REFERRALS, [{"referral_id": "ann"}, {"referral_id": "bob"}]))
ENTRY = {"name": PART, "rows": 2, "bytes": len(CONTENT), "sha256": "0" * 64}


def stops(shop: Shop, message: str) -> None:
    with pytest.raises(BadSourceError) as raised:
        shop.capture(SHOP_REFERRALS)
    assert str(raised.value).startswith(f"captured/shop_referrals {DAY}: {message}")
    assert "\n" not in str(raised.value)
    assert not list(shop.staging.rglob("*.parquet"))
    assert not list(shop.settings.scratch.rglob("*.partial"))


def test_t38_a_missing_day_stops_the_table_and_is_not_ready(shop: Shop) -> None:
    shop.deliver(SHOP_REFERRALS, {PART: CONTENT}, 2, day=DAY - timedelta(days=1))
    assert drop_is_complete(SHOP_REFERRALS, DAY - timedelta(days=1), shop.settings)
    assert not drop_is_complete(SHOP_REFERRALS, DAY, shop.settings)
    stops(shop, "_MANIFEST.json: there is none, so the day is not delivered; wait for the partner")


def test_a_drop_without_its_manifest_is_not_complete(shop: Shop) -> None:
    shop.put(SHOP_REFERRALS, PART, CONTENT)
    assert not drop_is_complete(SHOP_REFERRALS, DAY, shop.settings)


def test_the_digest_of_a_drop_changes_with_its_files_only(shop: Shop) -> None:
    shop.deliver(SHOP_REFERRALS, {PART: CONTENT}, 2)
    before = source_digest(SHOP_REFERRALS, DAY, shop.settings)
    assert source_digest(SHOP_REFERRALS, DAY, shop.settings) == before
    assert shop.capture(SHOP_REFERRALS).source_digests["_MANIFEST.json"] == before
    shop.deliver(SHOP_REFERRALS, {PART: gzipped(as_csv(SHOP_REFERRALS, [{}]))}, 1)
    assert source_digest(SHOP_REFERRALS, DAY, shop.settings) != before


@pytest.mark.parametrize(
    ("lie", "message"),
    [
        ({"table": "orders"}, "_MANIFEST.json: belongs to another table; "),
        ({"dt": "2026-04-02"}, "_MANIFEST.json: belongs to another day; "),
        ({"dt": "2026-02-30"}, "_MANIFEST.json: belongs to another day; "),
        ({"produced_at": "yesterday"}, "_MANIFEST.json: produced_at is not a moment with a time zone; "),
        ({"produced_at": "2026-04-01T10:00:00"}, "_MANIFEST.json: produced_at is not a moment with a time zone; "),
        ({"colour": "red"}, "_MANIFEST.json: has other fields than dt, files, produced_at, table; "),
        ({"files": {}}, "_MANIFEST.json: files is not a list"),
        ({"files": [7]}, "_MANIFEST.json: file 1 has other fields than bytes, name, rows, sha256; "),
        ({"files": [ENTRY, ENTRY]}, f"_MANIFEST.json: lists files twice: {PART}; "),
        ({"files": [{**ENTRY, "rows": -1}]}, f"_MANIFEST.json: rows or bytes of {PART} are not plausible"),
        ({"files": [{**ENTRY, "rows": True}]}, f"_MANIFEST.json: rows or bytes of {PART} are not plausible"),
        ({"files": [{**ENTRY, "rows": 2.0}]}, f"_MANIFEST.json: rows or bytes of {PART} are not plausible"),
        ({"files": [{**ENTRY, "bytes": 10**15}]}, f"_MANIFEST.json: rows or bytes of {PART} are not plausible"),
        ({"files": [{**ENTRY, "sha256": "abc"}]}, f"_MANIFEST.json: sha256 of {PART} is not 64 hexadecimal digits"),
        ({"files": [ENTRY]}, f"{PART}: sha256 differs from the manifest; "),
        ({"files": [{**ENTRY, "bytes": 7}]}, f"{PART}: has {len(CONTENT)} bytes, the manifest says 7; "),
        ({"files": [{**ENTRY, "name": "part-00007.csv.gz"}]}, "part-00007.csv.gz: is listed but not there; "),
    ],
)
def test_a_manifest_that_is_malformed_or_lies_stops_the_table(shop: Shop, lie: dict[str, Any], message: str) -> None:
    shop.deliver(SHOP_REFERRALS, {PART: CONTENT}, 2, **lie)
    stops(shop, message)


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_a_wrong_row_count_stops_the_table(shop: Shop, rows: int) -> None:
    shop.deliver(SHOP_REFERRALS, {PART: CONTENT}, rows)
    found = "2" if rows == 3 else "more"
    stops(shop, f"{PART}: the manifest says {rows} rows, the file has {found}; ")


@pytest.mark.parametrize(
    "name",
    [
        "../part-00000.csv.gz",
        "../../users/dt=2026-04-01/part-00000.csv.gz",
        "/etc/passwd",
        "part-0/../../x.csv.gz",
        "part-$(id).csv.gz",
        "part-;rm -rf x.csv.gz",
        "part-`id`.csv.gz",
        "part-00000.csv.gz\n",
        "part-0\u0000.csv.gz",
        "part-00000.parquet",
        "part-.csv.gz.exe",
        "part-\uff10.csv.gz",
        "part-.csv.gz",
        "",
        7,
        None,
    ],
)
def test_a_file_name_that_could_leave_its_folder_or_reach_a_shell_stops_the_table(
    shop: Shop, name: object, tmp_path: Path
) -> None:
    shop.deliver(SHOP_REFERRALS, {PART: CONTENT}, 2, files=[{**ENTRY, "name": name}])
    stops(shop, "_MANIFEST.json: file 1 is not named like part-00000.csv.gz; ")
    assert {path.name for path in tmp_path.iterdir()} <= {"staging", "scratch"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[]", "not an object"),
        (b'{"table": "referrals", "table": "orders"}', "a key stands twice"),
        (b'{"table": NaN}', "NaN and Infinity are not JSON"),
        (b'{"table": "referrals"} {}', "something follows the object"),
        (b"\xff\xfe{}", "not UTF-8"),
    ],
)
def test_a_manifest_that_is_not_strict_json_stops_the_table(shop: Shop, content: bytes, reason: str) -> None:
    shop.put(SHOP_REFERRALS, "_MANIFEST.json", content)
    stops(shop, f"_MANIFEST.json: cannot be read: {reason}; ")


def test_an_enormous_manifest_is_not_even_read(shop: Shop) -> None:
    shop.put(SHOP_REFERRALS, "_MANIFEST.json", b" " * (5 << 20))
    stops(shop, "_MANIFEST.json: is larger than 4194304 bytes; ")
