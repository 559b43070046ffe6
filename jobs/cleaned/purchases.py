"""What people bought: paid orders that were neither cancelled nor refused by the day."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.cleaned.owners import shop_record_id
from jobs.scenes import OTHER, scene_of_category
from jobs.versions import keep_newest_delivery, keep_version_in_force
from jobs.windows import happened_by, local_date

BOUGHT = ("paid", "delivered")


def build(shop_orders: DataFrame, shop_order_items: DataFrame, *, as_of: date) -> DataFrame:
    """One row per order paid by as_of and not cancelled or refused by then.

    An order without lines yet is kept: a late file must not hide money. Its scene is `other` until they arrive. A
    purchase changes when another version of its order counts, when a line of it is delivered, and when it was paid.
    """
    orders = _keep_purchases(keep_version_in_force(shop_orders, "order_id", as_of=as_of), as_of)
    return orders.join(_describe_lines(shop_order_items), "order_id", how="left").withColumns(
        {
            "source_record_id": shop_record_id(),
            "is_offline": F.col("sales_channel") == "offline_code",
            "scene": F.coalesce("scene", F.lit(OTHER)),
            "changed_date": F.greatest("in_force_date", "lines_date", local_date("paid_at")),
        }
    )


def _keep_purchases(orders: DataFrame, as_of: date) -> DataFrame:
    """Orders paid by as_of whose purchase still stood on as_of.

    Of an order known only from a later version (a first delivery holds newest versions only) the payment tells what
    had happened by as_of; whether it was delivered, cancelled or refused lies later.
    """
    is_known_from_later = ~happened_by("updated_at", as_of)
    is_standing = F.col("order_status").isin(*BOUGHT) | is_known_from_later
    status = F.when(is_known_from_later, F.lit("paid")).otherwise(F.col("order_status"))
    return orders.where(happened_by("paid_at", as_of) & is_standing).withColumn("order_status", status)


def _describe_lines(shop_order_items: DataFrame) -> DataFrame:
    """One row per order: its lines, its pieces, and the scene most of its value before discount belongs to."""
    # one shuffle for everything below
    lines = keep_newest_delivery(shop_order_items, "order_id", "line_number", together_by=("order_id",))
    values = lines.groupBy("order_id", scene_of_category(F.col("category_code")).alias("scene")).agg(
        F.sum(F.col("quantity") * F.col("unit_price_cents")).alias("value_cents"),
        F.count("*").alias("line_count"),
        F.sum("quantity").alias("piece_count"),
        F.max("captured_date").alias("lines_date"),
    )
    most_value_first = F.struct(-F.col("value_cents"), F.col("scene"))  # of equal values the first by alphabet
    return values.groupBy("order_id").agg(
        F.min_by("scene", most_value_first).alias("scene"),
        F.sum("line_count").alias("item_count"),
        F.sum("piece_count").alias("piece_count"),
        F.max("lines_date").alias("lines_date"),
    )
