"""What purchase_outlook reads of its buyers, and its naive forecast, in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from tests.reference.answer import MACROS

QUERY = """
    WITH points AS (
        SELECT unnest(['now', 'then']) AS point, unnest([0, 90]) AS back
    ), orders AS (
        SELECT point, back, customer_id, days_ago_of(paid_at) - back AS ago, net_cents,
               (SELECT sum(amount_cents) FROM refunds
                WHERE refunds.order_id = purchases.order_id AND days_ago_of(refunded_at) >= back) AS given_back
        FROM points, purchases JOIN identities USING (source_record_id)
    ), days AS (
        SELECT point, customer_id, ago, sum(net_cents - coalesce(given_back, 0)) AS cents
        FROM orders WHERE ago >= 0 AND NOT coalesce(given_back >= net_cents, false) GROUP BY ALL
    ), at_a_point AS (
        SELECT point, customer_id, count(*) AS days, max(ago) AS first, min(ago) AS last, sum(cents) AS cents,
               arg_max(cents, ago) AS first_cents, count(*) FILTER (ago < 90) AS newest_days
        FROM days GROUP BY ALL
    ), states AS (
        SELECT customer_id, coalesce(n.days, 0) AS days_now, n.first AS first_now, n.last AS last_now,
               n.cents AS cents_now, n.first_cents AS first_cents_now, coalesce(t.days, 0) AS days_then,
               t.first AS first_then, t.last AS last_then, t.cents AS cents_then, t.first_cents AS first_cents_then,
               coalesce(n.newest_days, 0) AS days_after
        FROM (FROM at_a_point WHERE point = 'now') n FULL JOIN (FROM at_a_point WHERE point = 'then') t
             USING (customer_id)
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
"""Everybody goes on as before: the days with a purchase after the first, over the days since the first, it included.

What a customer looked like at two points in time, each with the refunds given by then: an order of which all was given
back is no purchase, any other is worth what is left of it.
"""


def rows_of(parents: Mapping[str, pa.Table], as_of: date, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """The columns of every buyer, in the order of the customers."""
    with duckdb.connect() as database:
        database.execute(MACROS)
        database.execute(f"SET VARIABLE as_of = DATE '{as_of}'")
        for name, rows in parents.items():
            database.register(name, rows)
        found: list[tuple[Any, ...]] = database.execute(f"SELECT {', '.join(columns)} FROM ({QUERY})").fetchall()
        return found
