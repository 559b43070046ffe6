"""Orders to be paid at the door, and whether the door stayed shut."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.cleaned.owners import shop_record_id
from jobs.versions import keep_version_in_force
from jobs.windows import happened_by

ENDED = ("delivered", "refused")


def build(shop_orders: DataFrame, *, as_of: date) -> DataFrame:
    """One row per order to be paid on delivery that was delivered or refused by as_of.

    The version in force decides: an order that was called refused by mistake and delivered after all was delivered.
    Versions that are paid another way tell of another promise and are left out.
    """
    to_be_paid_at_the_door = shop_orders.where(F.col("payment_method") == "cash_on_delivery")
    orders = keep_version_in_force(to_be_paid_at_the_door, "order_id", as_of=as_of)
    has_ended = F.col("order_status").isin(*ENDED) & happened_by("updated_at", as_of)
    return orders.where(has_ended).select(
        "order_id",
        shop_record_id().alias("source_record_id"),
        F.col("updated_at").alias("ended_at"),
        (F.col("order_status") == "refused").alias("is_refused"),
        "net_cents",
    )
