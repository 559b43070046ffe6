"""How rows stand in the files of a table: by key, or by a moment first where readers want some of the days only."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.staging import ROWS_IN_FILE, VALUES_IN_MEMORY, write_rows
from jobs.windows import happened_by, in_last_days
from schemas.cleaned.browsing_events import BROWSING_EVENTS
from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.transactions import TRANSACTIONS
from schemas.edges.identifier_holders import IDENTIFIER_HOLDERS
from schemas.table import ContractError, Table
from tests.conftest import TableMaker

EVENTS = [
    {"event_id": name, "occurred_at": f"2026-03-{day:02d} 12:00:00"}
    for name, day in (("a", 9), ("b", 3), ("c", 9), ("d", 1), ("e", 2))
]
AS_OF = date(2026, 3, 31)


IN_MEMORY, IN_FILES = 5, VALUES_IN_MEMORY


def written(
    contract: Table, rows: DataFrame, folder: Path, *, rows_at_most: int = IN_MEMORY, rows_read: int = 5
) -> list[Path]:
    folder.mkdir()
    paths = write_rows(contract, rows, folder, rows_read=rows_read, rows_at_most=rows_at_most, when="now")
    assert sorted(folder.iterdir()) == paths
    return paths


@pytest.mark.parametrize("rows_at_most", [IN_MEMORY, IN_FILES], ids=["in memory", "in files"])
def test_t10_events_stand_in_the_order_of_their_moments_and_then_of_their_keys(
    table: TableMaker, tmp_path: Path, rows_at_most: int
) -> None:
    events = table(BROWSING_EVENTS, EVENTS)
    [one], [other] = (
        written(BROWSING_EVENTS, events.repartition(count), tmp_path / str(count), rows_at_most=rows_at_most)
        for count in (1, 3)
    )
    assert pq.read_table(one, columns=["event_id"])["event_id"].to_pylist() == ["d", "e", "b", "a", "c"]
    assert one.read_bytes() == other.read_bytes()


def test_t10_few_rows_that_are_sorted_in_memory_have_the_bytes_of_rows_that_spark_sorts(
    table: TableMaker, tmp_path: Path
) -> None:
    names = ["a", "B", "", "é", "z\u0301", "\U0001f600", "\uffee", "null"]
    holders = [
        {"identifier_type": kind, "identifier": name, "customer_id": customer, "holder_count": place}
        for place, (name, kind) in enumerate(product(names, ("device", "phone", "null")))
        for customer in ("mira", "jonas", "ada")
    ]
    as_a_broken_partner_sends_them = {
        name: F.nullif(F.col(name), F.lit("null")) for name in ("identifier_type", "identifier")
    }
    keyed = table(IDENTIFIER_HOLDERS, holders).withColumns(as_a_broken_partner_sends_them)
    timed, none = table(BROWSING_EVENTS, EVENTS), table(PURCHASES, [])
    for contract, rows in ((IDENTIFIER_HOLDERS, keyed), (BROWSING_EVENTS, timed), (PURCHASES, none)):
        [in_memory], [in_files] = (
            written(contract, rows, tmp_path / f"{contract.name}-{most}", rows_at_most=most)
            for most in (IN_MEMORY, IN_FILES)
        )
        assert pq.read_metadata(in_memory).num_rows == rows.count()
        assert in_memory.read_bytes() == in_files.read_bytes()


def test_rows_that_spark_spreads_over_several_files_all_come_out(table: TableMaker, tmp_path: Path) -> None:
    events = table(BROWSING_EVENTS, EVENTS)
    paths = written(BROWSING_EVENTS, events, tmp_path / "many", rows_read=2 * ROWS_IN_FILE)
    found = sorted(name for path in paths for name in pq.read_table(path, columns=["event_id"])["event_id"].to_pylist())
    assert found == ["a", "b", "c", "d", "e"]


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
