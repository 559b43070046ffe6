"""A world laid beside itself: the same habits, other people."""

from pathlib import Path

import duckdb

from tests.reference.copied_world import lay_side_by_side

PURCHASES = """
    (VALUES ('ann', 'o1', 'm1', 'retail', 100), ('bob', 'o2', NULL, 'travel', 250))
    AS purchases(customer_id, order_id, merchant_id, scene, net_cents)
"""


def test_copies_share_merchants_and_nothing_else_and_keep_the_order_of_rows(tmp_path: Path) -> None:
    place = tmp_path / "tables" / "cleaned" / "purchases" / "2026-03-31"
    place.mkdir(parents=True)
    duckdb.sql(f"COPY (SELECT * FROM {PURCHASES}) TO '{place}/part-00000.parquet' (FORMAT parquet)")
    lay_side_by_side(tmp_path / "tables", 2, tmp_path / "out")
    copied = f"{tmp_path}/out/cleaned/purchases/2026-03-31/*.parquet"
    assert duckdb.sql(f"SELECT * FROM read_parquet('{copied}')").fetchall() == [
        ("ann-0", "o1-0", "m1", "retail", 100),
        ("ann-1", "o1-1", "m1", "retail", 100),
        ("bob-0", "o2-0", None, "travel", 250),
        ("bob-1", "o2-1", None, "travel", 250),
    ]
