"""The tables of `make bench` say what they were measured on, and count only what both sides agree on."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import psutil
import pytest

from demo import bench, bench_hubs, bench_relations
from demo.bench import Cost, WorldCost, table_of_costs, table_of_worlds
from demo.machine import this_machine
from demo.world import World
from schemas.features.purchase_value import PURCHASE_VALUE
from tests.reference.race import Line, UnequalError, equal_values, head_of, sum_of
from tests.reference.spent import Spent

CUSTOMERS = 60
NIGHT = Cost("a night", 10.0, 2.0, "90 s")
TWICE = Cost("twice as much", 20.0, 3.0, "")


def test_t40_the_machine_is_told_by_its_cores_and_its_memory() -> None:
    cores, memory = re.fullmatch(r"(\d+) cores, (\d+) GiB", this_machine()).groups()  # type: ignore[union-attr]
    assert int(cores) == os.cpu_count()
    assert abs(int(memory) - psutil.virtual_memory().total / 2**30) <= 0.5


def test_t40_the_tables_of_worlds_nights_and_families_name_the_people_the_seed_and_the_machine() -> None:
    nights = table_of_costs([NIGHT, NIGHT, TWICE], 1_234, people=777, seed=42)
    assert nights[0] == f"777 people, seed 42, 1,234 captured rows in three days; {this_machine()}"
    assert nights[-1] == "| twice as much | 20.0 | 2.00 | 3.0 |  |"
    worlds = table_of_worlds([WorldCost(777, 5_000, 1_000, NIGHT)])
    assert worlds[0].endswith(f"seed {World.seed}, {this_machine()}")
    assert worlds[-1] == "| 777 | 5,000 | 1,000 | 10.0 | 500 | 2.0 | 90 s |"
    assert head_of(777, 42)[0].startswith("777 people, seed 42, 2026-03-31; 2 threads each, ")
    assert this_machine() in head_of(777, 42)[0]


def measured(_step: str, _wish: str, run: Callable[[], object]) -> Cost:
    run()
    return NIGHT


def took(_folder: Path, _world: str, seconds: list[dict[str, float]]) -> None:
    """As if a run had taken so long."""
    seconds.append({"all": 1.0, "of the processor, all": 2.0})


def test_t40_the_tables_of_hubs_and_relations_tell_how_many_customers_the_measured_files_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench_hubs, "_run", took)
    [hubs, *_] = bench_hubs.bench_hubs(tmp_path / "hubs", measured, customers=CUSTOMERS)
    [(written,)] = duckdb.sql(f"SELECT count(*) FROM '{tmp_path}/hubs/people.parquet'").fetchall()
    assert hubs.startswith(f"{written:,} customers")
    assert hubs.endswith(f"seed {bench_hubs.SEED}, {this_machine()}")

    monkeypatch.setattr(bench_relations, "_run", lambda *_: bench_relations.Cost(1.0, 2.0, 0.1))
    monkeypatch.setattr(bench_relations, "_output", lambda *_: '["components", 1.0]')
    head, *_ = bench_relations.bench_relations(tmp_path / "ties", customers=CUSTOMERS, edges=90, rounds=1)
    [(edges,)] = duckdb.sql(f"SELECT count(*) FROM '{tmp_path}/ties/edges.parquet'").fetchall()
    assert head.startswith(f"{CUSTOMERS} customers, {edges} edges")
    assert head.endswith(f"seed {bench_relations.SEED}, {this_machine()}")


def test_only_the_parts_that_are_asked_for_are_measured_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "bench_rings", lambda _: ["rings"])
    monkeypatch.setattr(bench, "bench_families", lambda _, people, seed: [f"families of {people} {seed}"])
    bench.bench(tmp_path / "bench", 5, 6, only=("families", "rings"))
    assert capsys.readouterr().out.split("\n") == ["", "families of 5 6", "", "rings", ""]


def written(folder: Path, spark: str, duck: str) -> Path:
    """What both sides wrote of a family: a customer's row each, given as SQL."""
    (folder / "spark").mkdir(parents=True)
    duckdb.sql(f"COPY (SELECT 'ann' AS customer_id, {spark}) TO '{folder}/spark/part.parquet'")
    duckdb.sql(f"COPY (SELECT 'ann' AS customer_id, {duck}) TO '{folder}/duckdb.parquet'")
    return folder


def test_the_race_takes_equal_values_for_equal_and_names_every_column_that_differs(tmp_path: Path) -> None:
    columns = ("customer_id", "purchase_count", "item_mean_365d", "refund_share_365d")
    told = "{} AS purchase_count, {} AS item_mean_365d, {} AS refund_share_365d"
    same = written(tmp_path / "same", told.format(7, "0.5::DOUBLE", "NULL"), told.format(7, "0.5000000000001", "NULL"))
    assert equal_values(same, PURCHASE_VALUE, columns) == len(columns)
    other = written(tmp_path / "other", told.format(7, "0.5", "NULL"), told.format(8, "0.500001", "0.0"))
    with pytest.raises(UnequalError, match=r"'purchase_count': 1, 'item_mean_365d': 1, 'refund_share_365d': 1"):
        equal_values(other, PURCHASE_VALUE, columns)


def test_the_ratios_of_the_race_are_those_of_its_seconds() -> None:
    one, other = Spent(2.0, 3.0), Spent(1.0, 2.0)
    lines = [Line("a", 10, one, other, 4, 100, 5), Line("b", 30, one, one, 1, 60, 6)]
    assert str(sum_of(lines)) == "| all | 40 | 4.00 | 3.00 | 1.33 | 6.00 | 5.00 | 1.20 | 5 | 4.0 | 11 |"
