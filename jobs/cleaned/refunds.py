"""Money the shop gave back, with whom it went to."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.cleaned.owners import shop_record_id
from jobs.versions import keep_newest_delivery, keep_version_in_force


def build(shop_refunds: DataFrame, shop_orders: DataFrame, *, as_of: date) -> DataFrame:
    """One row per refund; whose it is stays null until its order arrives.

    Refunds of cancelled orders are here too: who takes refunds off purchases matches them by order. A refund changes
    when it is delivered, and when an order that was not there arrives.
    """
    refunds = keep_newest_delivery(shop_refunds, "refund_id")
    refunded_orders = shop_orders.join(refunds.select("order_id").distinct(), "order_id", how="left_semi")
    orders = keep_version_in_force(refunded_orders, "order_id", as_of=as_of)
    buyers = orders.select("order_id", shop_record_id().alias("source_record_id"), "in_force_date")
    changed = F.greatest("captured_date", "in_force_date").alias("changed_date")
    return refunds.join(buyers, "order_id", how="left").select("*", changed)
