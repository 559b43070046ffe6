"""Any edge table, whatever holds it and whatever its columns are called, is measured alike above and below a budget."""

from __future__ import annotations

import logging
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.relations import any_table
from jobs.relations.any_table import edge_table
from jobs.relations.graph import EdgeTableError

EDGES = pd.DataFrame(
    [("ann", "bob", 3), ("bob", "cem", 1), ("cem", "ann", 2), ("cem", "dia", 5), ("cem", "dia", 1), ("fay", "fay", 9)],
    columns=["payer", "payee", "cents"],
)
NAMED = {"source": "payer", "target": "payee", "weight": "cents", "customers": ["gus", "ann"]}
BAD = ["dia", "nobody"]
DISTANCES = {"ann": 2, "bob": 2, "cem": 1, "dia": 0, "fay": 0, "gus": 0}


def told(result: pa.Table | DataFrame) -> list[dict[str, Any]]:
    table = result.toArrow() if isinstance(result, DataFrame) else result
    return sorted(table.select(sorted(table.column_names)).to_pylist(), key=lambda row: str(row["customer_id"]))


def test_t17_a_measure_says_the_same_on_both_sides_of_the_budget_and_the_log_says_which_side(
    spark: SparkSession, caplog: pytest.LogCaptureFixture
) -> None:
    """The other measures are compared in test_distributed, by the same functions."""
    caplog.set_level(logging.INFO, "nightledger")
    for edges_in_memory in (len(EDGES), len(EDGES) - 1):
        ties = edge_table(EDGES, **NAMED, edges_in_memory=edges_in_memory, session=spark)  # type: ignore[arg-type]
        found = told(any_table.distance_to_known_bad(ties, BAD))
        assert {row["customer_id"]: row["distance"] for row in found} == DISTANCES
    assert caplog.messages == [f"distance to known defaults: {way}" for way in ("6 edges, in one process", "on Spark")]


def test_pandas_arrow_and_spark_are_read_alike(spark: SparkSession) -> None:
    expected = told(any_table.degrees(edge_table(EDGES, **NAMED)))  # type: ignore[arg-type]
    for edges in (pa.Table.from_pandas(EDGES), spark.createDataFrame(EDGES)):
        assert told(any_table.degrees(edge_table(edges, **NAMED))) == expected  # type: ignore[arg-type]
    numbered = pd.DataFrame({"source_id": [10, 2], "target_id": [2, 30]})
    assert told(any_table.components(edge_table(numbered)))[0]["component_id"] == 2, "2 is smaller than 10"


def test_what_fits_nowhere_is_refused_in_one_line() -> None:
    with pytest.raises(EdgeTableError, match="give a session"):
        edge_table(EDGES, source="payer", target="payee", edges_in_memory=2)
    with pytest.raises(EdgeTableError, match="no column source_id"):
        edge_table(EDGES)
