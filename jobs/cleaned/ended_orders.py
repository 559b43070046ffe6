"""Orders that came to an end: delivered, refused at the door, or cancelled."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.cleaned.owners import shop_record_id
from jobs.versions import keep_version_in_force
from jobs.windows import happened_by
from schemas.cleaned.ended_orders import ENDINGS


def build(shop_orders: DataFrame, *, as_of: date) -> DataFrame:
    """One row per order that was delivered, refused or cancelled by as_of.

    The version in force decides: an order that was called refused by mistake and delivered after all was delivered. It
    ended when a version first said so: what is corrected later, a discount or an address, ends it no later.
    """
    ended = shop_orders.where(F.col("order_status").isin(*ENDINGS) & happened_by("updated_at", as_of))
    first_told = ended.groupBy("order_id", "order_status").agg(F.min("updated_at").alias("ended_at"))
    orders = keep_version_in_force(shop_orders, "order_id", as_of=as_of)
    return orders.join(first_told, ["order_id", "order_status"], how="inner").select(
        "order_id",
        shop_record_id().alias("source_record_id"),
        "ended_at",
        F.col("order_status").alias("ending"),
        "payment_method",
        F.col("paid_at").isNotNull().alias("is_paid"),
        "net_cents",
    )
