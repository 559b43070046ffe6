"""The plans of every family: no Python in the rows, no join of everybody with everybody, nothing left uncompiled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module

import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.features import purchase_value
from jobs.features.purchase_outlook import describe_buyers
from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.refunds import REFUNDS
from schemas.customers.identities import IDENTITIES
from schemas.families import FAMILIES
from schemas.features.purchase_outlook import PURCHASE_OUTLOOK
from schemas.features.purchase_value import PURCHASE_VALUE
from schemas.table import Table
from tests.conftest import TableMaker
from tests.features.random_rows import AS_OF

ROW_BY_ROW = ("BatchEvalPython", "ArrowEvalPython", "MapInPandas", "FlatMapGroups")
EVERYBODY_WITH_EVERYBODY = ("CartesianProduct", "BroadcastNestedLoopJoin")
FINISHED_ROWS = {"default_influence", "money_flows", "network_position", "purchase_outlook"}
"""Families that hand rows computed in this process to Spark. Of the outlook, what it reads is planned; of the others
the way on Spark, for more edges than one process may hold, is planned where they are tested."""
FINISHED_NODES = {"LocalTableScan", "Scan", "Project"}
"""What a plan of rows that are there already is made of; those of a table without rows come as an empty RDD."""
HUGE_METHOD_BYTES = 65_535
"""Spark falls back to interpreting a stage of which a method is larger (spark.sql.codegen.hugeMethodLimit)."""


@pytest.fixture
def plans_in_full(compiling: SparkSession) -> Iterator[None]:
    """An adaptive plan shows its stages only while it runs."""
    compiling.conf.set("spark.sql.adaptive.enabled", "false")
    yield
    compiling.conf.set("spark.sql.adaptive.enabled", "true")


@pytest.mark.usefixtures("plans_in_full")
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_family_is_compiled_and_never_leaves_the_engine(compiled_table: TableMaker, family: Table) -> None:
    build = import_module(f"jobs.features.{family.name}").build
    parents = [compiled_table(parent, []) for parent in family.built_from]  # type: ignore[arg-type]
    built = build(*parents, as_of=AS_OF)
    is_finished = set(re.findall(r"^[-+: *()\d]*([A-Z]\w+)", told(built, "simple"), re.M)) <= FINISHED_NODES
    assert is_finished == (family.name in FINISHED_ROWS)
    if is_finished and family is not PURCHASE_OUTLOOK:
        return
    if family is PURCHASE_OUTLOOK:
        built = describe_buyers(*parents, as_of=AS_OF)
    plan, generated = told(built, "simple"), told(built, "codegen")
    assert re.search(r"\*\(\d+\) (Hash|Sort)Aggregate\(", plan), "compiled: rows that are sorted already need no hash"
    assert [word for word in (*ROW_BY_ROW, *EVERYBODY_WITH_EVERYBODY) if word in plan] == []
    # A largest or smallest struct is sorted, not hashed; it follows a first grouping, so that few rows are left.
    not_compiled = [line for line in plan.splitlines() if re.search(r"[-: ] HashAggregate\(", line)]
    assert not_compiled == []
    sizes = [int(size) for size in re.findall(r"maxMethodCodeSize:(-?\d+)", generated)]
    assert sizes
    assert min(sizes) > 0
    assert max(sizes) < HUGE_METHOD_BYTES


@pytest.mark.usefixtures("plans_in_full")
def test_the_rows_of_a_buyer_are_shuffled_once_by_customer(compiled_table: TableMaker) -> None:
    purchases, refunds, identities = (compiled_table(parent, []) for parent in (PURCHASES, REFUNDS, IDENTITIES))
    records = identities.select("source_record_id", "customer_id")
    plan = told(purchase_value.describe_buyers(purchases, refunds, records, AS_OF), "simple")
    assert plan.count("Window") >= 4
    assert len(re.findall(r"Exchange hashpartitioning\(customer_id", plan)) == 1


@pytest.mark.usefixtures("plans_in_full")
def test_a_family_that_goes_on_from_the_night_before_is_compiled_too(compiled_table: TableMaker) -> None:
    parents = [compiled_table(parent, []) for parent in PURCHASE_VALUE.built_from]  # type: ignore[arg-type]
    before = {
        "previous": compiled_table(PURCHASE_VALUE, []),
        **{f"previous_{parent.name}": compiled_table(parent, []) for parent in (PURCHASES, IDENTITIES)},
    }
    built = purchase_value.build(*parents, as_of=AS_OF, **before)
    plan, generated = told(built, "simple"), told(built, "codegen")
    assert [word for word in (*ROW_BY_ROW, *EVERYBODY_WITH_EVERYBODY) if word in plan] == []
    assert [line for line in plan.splitlines() if re.search(r"[-: ] HashAggregate\(", line)] == []
    assert max(int(size) for size in re.findall(r"maxMethodCodeSize:(-?\d+)", generated)) < HUGE_METHOD_BYTES


def told(frame: DataFrame, mode: str) -> str:
    """What `explain` prints; only the embedded session can tell."""
    jvm = frame.sparkSession._jvm
    assert jvm is not None
    return str(jvm.PythonSQLUtils.explainString(frame._jdf.queryExecution(), mode))
