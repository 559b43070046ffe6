"""A raced world laid beside itself: other people with the same habits, in minutes where generating takes an hour.

Ids of people and of what belongs to one of them get the number of the copy; merchants and articles are the same for
all. Rows keep their order and files their size, so that a reader skips as much as in a world that was generated.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb

from jobs.spark import ROWS_IN_ROW_GROUP
from jobs.staging import ROWS_IN_FILE

OF_EVERYBODY: Final = {"merchant_id", "sku_id"}
OF_A_PERSON: Final = ("_id", "_token")


def lay_side_by_side(tables: Path, copies: int, out: Path) -> None:
    """Every file under `tables`, at the same place under `out`, with each row as often as there are copies."""
    for source in sorted(tables.rglob("*.parquet")):
        place = out / source.parent.relative_to(tables)
        place.mkdir(parents=True, exist_ok=True)
        [(rows,)] = duckdb.sql(f"SELECT count(*) FROM read_parquet('{source}')").fetchall()
        in_file = max(1, ROWS_IN_FILE // max(int(rows), 1))
        for first in range(0, copies, in_file):
            copied = f"SELECT *, unnest(range({first}, {min(first + in_file, copies)})) AS copy FROM '{source}'"
            duckdb.sql(
                f"COPY (SELECT {_told_apart(source)} FROM ({copied})) TO '{place / source.stem}-{first:03}.parquet'"
                f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROWS_IN_ROW_GROUP})"
            )


def _told_apart(source: Path) -> str:
    described: Sequence[tuple[str, ...]] = duckdb.sql(f"DESCRIBE SELECT * FROM '{source}'").fetchall()
    return ", ".join(
        f"{name} || '-' || copy AS {name}"
        if kind == "VARCHAR" and name.endswith(OF_A_PERSON) and name not in OF_EVERYBODY
        else name
        for name, kind, *_ in described
    )
