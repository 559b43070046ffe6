"""The plans of what is computed on Spark in many steps, each of which ends with a checkpoint."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyspark.sql import DataFrame
from pyspark.sql.classic.dataframe import DataFrame as EmbeddedDataFrame

from tests.features.test_plans import EVERYBODY_WITH_EVERYBODY, ROW_BY_ROW, told


@pytest.fixture(name="plans_stay_in_the_engine")
def plans_that_stay_in_the_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Of every step of the test: no Python in the rows, and nothing joined with everybody but a single row."""
    plans: list[str] = []
    keep = EmbeddedDataFrame.localCheckpoint

    def read_and_keep(frame: DataFrame, *given: bool) -> DataFrame:
        plans.append(told(frame, "simple"))
        return keep(frame, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(EmbeddedDataFrame, "localCheckpoint", read_and_keep)
    yield
    assert plans, "nothing went the way of many steps"
    assert [word for plan in plans for word in (*ROW_BY_ROW, "CartesianProduct") if word in plan] == []
    assert [plan for plan in plans if not adds_single_rows_only(plan)] == []


def adds_single_rows_only(plan: str) -> bool:
    """A total is a single row, which everybody's row may be joined with: an aggregate without a key stands below it."""
    return plan.count(EVERYBODY_WITH_EVERYBODY[1]) <= plan.count("keys=[],") // 2
