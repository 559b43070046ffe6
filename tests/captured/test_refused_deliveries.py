"""What the shop may not deliver stops the command line in one line, and nothing is published; a row of it does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from demo.servers import Partners
from demo.world import World
from jobs.run import main
from schemas.captured.shop_referrals import SHOP_REFERRALS
from tests.captured.conftest import told
from tests.captured.deliveries import DAY, Shop, as_csv, gzipped

PART = "part-00000.csv.gz"
CAPTURE = ("captured/shop_referrals", "--business-date", str(DAY))
ROWS = as_csv(SHOP_REFERRALS, [{"referral_id": name} for name in ("ann", "bob", "cyd")])
HEADER, ANN, BOB, CYD = ROWS.splitlines(keepends=True)


def deliver(content: bytes, rows: int = 3) -> Callable[[Shop], None]:
    return lambda shop: shop.deliver(SHOP_REFERRALS, {PART: content}, rows)


def deliver_another_file_than_was_announced(shop: Shop) -> None:
    announced = gzipped(ROWS)
    shop.deliver(SHOP_REFERRALS, {PART: announced}, 3)
    shop.put(SHOP_REFERRALS, PART, announced[:4] + b"\x01" + announced[5:])  # the same rows, packed a second later


REFUSED: dict[str, tuple[Callable[[Shop], None], str]] = {
    "a truncated gzip": (deliver(gzipped(ROWS * 100)[:-40], 300), PART),
    "a wrong hash": (deliver_another_file_than_was_announced, "sha256 differs from the manifest"),
    "a wrong count of rows": (deliver(gzipped(ROWS), 4), "the manifest says 4"),
    "a renamed column": (deliver(gzipped(ROWS.replace(b"referral_id", b"reference", 1))), "reference"),
    "an unknown column": (deliver(gzipped(b"colour," + HEADER + b"red," + ANN), 1), "colour"),
    "no delivery at all": (lambda _: None, "the day is not delivered"),
}
QUARANTINED: dict[str, bytes] = {
    "a file that is cut in a row": ROWS[:-30],
    "a quote that is never closed": HEADER + ANN + BOB + b'"' + CYD,
    "a day that is none": HEADER + ANN + BOB + CYD.replace(b"2026-04-01", b"2026-02-30"),
    "bytes that are no text": HEADER + ANN + BOB + CYD.replace(b"cyd", b"\xff\xfe"),
}


@pytest.fixture
def lake(shop: Shop, servers: Partners, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command line publishes what that shop delivers."""
    found = servers.environment(World(people=100), str(tmp_path / "lake"), fixed_keys="tests")
    own = {"NIGHTLEDGER_SHOP_DROP": shop.settings.shop_drop, "NIGHTLEDGER_SCRATCH": str(tmp_path / "scratch")}
    for name, value in {**found, **own}.items():
        monkeypatch.setenv(name, value)
    return tmp_path / "lake"


@pytest.mark.parametrize("flaw", REFUSED)
def test_a_delivery_that_cannot_be_believed_is_refused_in_one_line_and_nothing_is_published(
    flaw: str, lake: Path, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    send, says = REFUSED[flaw]
    send(shop)
    assert main(CAPTURE) == 2
    (line,) = told(caplog)
    assert line.startswith(f"captured/shop_referrals {DAY}: ")
    assert says in line
    assert "\n" not in line
    assert not list(lake.rglob("_manifest.json"))
    assert not list(lake.rglob("*.parquet"))


@pytest.mark.parametrize("flaw", QUARANTINED)
def test_a_row_that_cannot_be_read_is_put_aside_with_its_reason_and_the_others_are_published(
    flaw: str, lake: Path, shop: Shop
) -> None:
    shop.deliver(SHOP_REFERRALS, {PART: gzipped(QUARANTINED[flaw])}, 3)
    assert main(CAPTURE) == 0
    (manifest,) = lake.rglob("_manifest.json")
    counts = json.loads(manifest.read_text(encoding="utf-8"))["counts"]
    assert (counts["rows_in"], counts["rows_out"], counts["quarantined"]) == (3, 2, 1)
    (refused,) = (lake / "_quarantine").rglob("*.parquet")
    (row,) = pq.read_table(refused, partitioning=None).to_pylist()
    assert (row["file"], row["line"]) == (PART, 4)
    assert row["reason"]
