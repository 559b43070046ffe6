"""A night gives the same bytes in whatever order, process and layout it is built."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from schemas.catalogue import all_datasets
from tests.alliance import Alliance, published

NIGHT_LAYERS = {dataset.address for dataset in all_datasets() if dataset.layer not in {"labels", "models"}}


def modified(lake: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in lake.glob("[!_]*/*/business_date=*/*")}


def test_a_night_publishes_every_dataset_of_it(closed: Alliance) -> None:
    by_night = published(closed.lake("forward"))
    for day in closed.days[1:]:
        assert {address for address, of in by_night if of == str(day)} == NIGHT_LAYERS


def test_t10_nights_built_backwards_and_in_another_layout_are_the_same_bytes(
    closed: Alliance, backward: Alliance
) -> None:
    nights = published(backward.lake("backward"))
    assert {of for _, of in nights} == {str(day) for day in backward.days}
    assert nights == published(closed.lake("forward"))


def test_a_night_run_again_rebuilds_only_what_was_lost_and_to_the_same_bytes(closed: Alliance) -> None:
    lake, day = closed.copy_lake("forward", "again"), closed.days[2]
    before, untouched = published(lake), modified(lake)
    lost = [lake / dataset / f"business_date={day}" for dataset in ("features/repayment", "captured/shop_orders")]
    for folder in lost:
        shutil.rmtree(folder)

    said = closed.succeed("again", "night", "--business-date", str(day))

    assert published(lake) == before
    assert "2 published" in said.splitlines()[-1]
    died_after_publishing = lake / "_staging" / f"captured.shop_orders.business_date={day}" / "attempt-of-ann"
    died_after_publishing.mkdir(parents=True)
    (died_after_publishing / "part-00000.parquet").write_bytes(b"staged")
    assert "spark" not in closed.succeed("again", "night", "--business-date", str(day)).lower()
    assert not died_after_publishing.parent.exists()
    elsewhere = {path: time for path, time in untouched.items() if path.parent not in lost}
    assert {path: time for path, time in modified(lake).items() if path.parent not in lost} == elsewhere


def test_the_manifest_of_a_capture_says_where_every_row_went(closed: Alliance) -> None:
    manifests = sorted(closed.lake("forward").glob("captured/*/business_date=*/_manifest.json"))
    assert manifests
    duplicates = 0
    for path in manifests:
        counts = json.loads(path.read_text(encoding="utf-8"))["counts"]
        assert counts["rows_in"] == counts["rows_out"] + counts["quarantined"] + counts["duplicates"], path
        duplicates += counts["duplicates"]
    assert duplicates, "the world repeats some rows: a count that is always 0 would prove nothing"
