"""What exactly people bought: the lines of the orders that are purchases."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame

from jobs.versions import keep_newest_delivery


def build(purchases: DataFrame, shop_order_items: DataFrame, *, as_of: date) -> DataFrame:  # noqa: ARG001 - purchases know
    """One row per line of an order that is a purchase on as_of; a line without its order waits for it."""
    orders = purchases.select("order_id", "source_record_id", "paid_at")
    lines = keep_newest_delivery(shop_order_items, "order_id", "line_number", together_by=("order_id",))
    return lines.join(orders, "order_id", how="inner")
