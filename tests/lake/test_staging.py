"""How rows stand in the files of a table: by key, or by a moment first where readers want some of the days only."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from jobs.staging import write_rows
from jobs.windows import happened_by, in_last_days
from schemas.cleaned.browsing_events import BROWSING_EVENTS
from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.transactions import TRANSACTIONS
from schemas.table import ContractError, Table
from tests.conftest import TableMaker

EVENTS = [
    {"event_id": name, "occurred_at": f"2026-03-{day:02d} 12:00:00"}
    for name, day in (("a", 9), ("b", 3), ("c", 9), ("d", 1), ("e", 2))
]
AS_OF = date(2026, 3, 31)


def test_t10_events_stand_in_the_order_of_their_moments_and_then_of_their_keys(
    table: TableMaker, tmp_path: Path
) -> None:
    def written(name: str, partitions: int) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        [path] = write_rows(
            BROWSING_EVENTS, table(BROWSING_EVENTS, EVENTS).repartition(partitions), folder, rows_read=5, when="now"
        )
        return path

    one, other = written("one", 1), written("other", 3)
    assert pq.read_table(one, columns=["event_id"])["event_id"].to_pylist() == ["d", "e", "b", "a", "c"]
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("contract", [TRANSACTIONS, PURCHASES, BROWSING_EVENTS], ids=lambda contract: contract.name)
def test_a_reader_of_some_days_skips_what_lies_outside_them(
    spark: SparkSession, table: TableMaker, tmp_path: Path, contract: Table
) -> None:
    moment = contract.arranged_by
    folder = tmp_path / "rows"
    table(contract, []).write.parquet(str(folder))
    rows = spark.read.parquet(str(folder))
    for wanted, bounds in (
        (happened_by(moment, AS_OF), {"LessThan"}),
        (in_last_days(moment, 90, AS_OF), {"LessThan", "GreaterThanOrEqual"}),
    ):
        plan = rows.where(wanted)._jdf.queryExecution().executedPlan().toString()
        pushed = plan.split("PushedFilters: [")[1].split("]")[0]
        assert all(f"{bound}({moment[:5]}" in pushed for bound in bounds), pushed


def test_a_table_is_arranged_by_a_moment_of_its_own_or_not_at_all() -> None:
    for name in ("event_id", "paid_at"):
        with pytest.raises(ContractError, match=f"arranged by what is no moment of the table: {name}"):
            replace(BROWSING_EVENTS, arranged_by=name)
