"""What purchase_outlook reads of its buyers, and its naive forecast, in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from tests.reference.answer import MACROS

QUERY = """
    WITH days AS (
        SELECT customer_id, days_ago_of(paid_at) AS ago, sum(net_cents) AS cents
        FROM purchases JOIN identities USING (source_record_id) WHERE days_ago_of(paid_at) >= 0 GROUP BY ALL
    ), states AS (
        SELECT customer_id, count(*) AS days_now, max(ago) AS first_now, min(ago) AS last_now, sum(cents) AS cents_now,
               arg_max(cents, ago) AS first_cents_now, count(*) FILTER (ago >= 90) AS days_then,
               max(ago - 90) FILTER (ago >= 90) AS first_then, min(ago - 90) FILTER (ago >= 90) AS last_then,
               sum(cents) FILTER (ago >= 90) AS cents_then, arg_max(cents, ago) FILTER (ago >= 90) AS first_cents_then
        FROM days GROUP BY customer_id
    ), rates AS (
        SELECT *, (days_now - 1) / (first_now + 1) AS rate,
               (cents_now - first_cents_now) / nullif(days_now - 1, 0) AS mean_cents
        FROM states
    )
    SELECT *, 30 * rate AS expected_purchase_day_count_next_30d, 90 * rate AS expected_purchase_day_count_next_90d,
           365 * rate AS expected_purchase_day_count_next_365d,
           CAST(round_even(365 / 12 * rate * mean_cents
                           * list_sum(list_transform(range(1, 13), lambda month: 1 / pow(1.01, month))), 0)
                AS BIGINT) AS lifetime_value_cents_next_365d
    FROM rates ORDER BY customer_id
"""
"""Everybody goes on as before: the days with a purchase after the first, over the days since the first, it included."""


def rows_of(parents: Mapping[str, pa.Table], as_of: date, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """The columns of every buyer, in the order of the customers."""
    with duckdb.connect() as database:
        database.execute(MACROS)
        database.execute(f"SET VARIABLE as_of = DATE '{as_of}'")
        for name, rows in parents.items():
            database.register(name, rows)
        found: list[tuple[Any, ...]] = database.execute(f"SELECT {', '.join(columns)} FROM ({QUERY})").fetchall()
        return found
