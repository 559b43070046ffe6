"""Of which customers nothing is known today that was not known yesterday: told by digests of their source rows.

A late purchase, a corrected one, a cancelled one, a refund, a record that came to another customer: each changes the
exclusive or of 64-bit hashes of a customer's rows, whatever day it is about. That a change goes unseen has a chance of
one in 2^64 for each customer that changes.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.windows import days_before, happened_by, in_last_days
from schemas.features.purchase_value import CHANGES
from schemas.windows import YEAR_DAYS

PAYMENT = ("order_id", "paid_at", "net_cents", "gross_cents", "discount_cents", "payment_method", "scene", "item_count")
REFUND = ("refund_id", "order_id", "refunded_at", "amount_cents")
NEW_DAY = 0
TOGETHER = (("digest", "bit_xor"), ("is_moving", "bool_or"), ("paid_at", "max"))
"""How what is told of rows becomes what is told of their record, and of records, of their customer."""


def digest_of_payment() -> Column:
    """A hash of all that is read of a purchase."""
    return F.xxhash64(*PAYMENT)


def digests_of_refunds(refunds: DataFrame, records: DataFrame, as_of: date) -> DataFrame:
    """One row per customer with a refund by as_of, of purchases or not; a refund has the record of its order."""
    by_record = (
        refunds.where(happened_by("refunded_at", as_of))
        .groupBy("source_record_id")
        .agg(F.bit_xor(F.xxhash64(*REFUND)).alias("digest"))
    )
    by_customer = by_record.join(records, "source_record_id", how="inner").groupBy("customer_id")
    return by_customer.agg(F.bit_xor("digest").alias("refunds_digest"))


def find_unchanged(
    purchases: DataFrame, refunds: DataFrame, records: DataFrame, previous: DataFrame, as_of: date
) -> DataFrame:
    """One row per customer with a purchase in the last 365 days: whether yesterday's row can be carried on.

    It can where the digest is yesterday's and no row lies today, or on a day that changes what no sum can tell.
    """
    told = (
        tell_digests(purchases, "paid_at", digest_of_payment(), as_of)
        .withColumn("paid_at", F.col("at"))
        .unionByName(tell_digests(refunds, "refunded_at", F.xxhash64(*REFUND), as_of), allowMissingColumns=True)
    )
    by_record = told.groupBy("source_record_id").agg(*(F.expr(f"{how}({name}) AS {name}") for name, how in TOGETHER))
    by_customer = (
        by_record.join(records, "source_record_id", how="inner")
        .groupBy("customer_id")
        .agg(*(F.expr(f"{how}({name}) AS {name}") for name, how in TOGETHER))
    )
    before = previous.select("customer_id", F.col("purchase_rows_digest").alias("digest_before"))
    is_unchanged = (F.col("digest") == F.col("digest_before")) & ~F.col("is_moving")
    return (
        by_customer.where(in_last_days("paid_at", YEAR_DAYS, as_of))
        .join(before, "customer_id", how="left")
        .select("customer_id", F.coalesce(is_unchanged, F.lit(False)).alias("is_unchanged"))
        .localCheckpoint()  # read twice: for those who are described anew, and for those who are not
    )


def tell_digests(happened: DataFrame, moment: str, digest: Column, as_of: date) -> DataFrame:
    """One row per purchase or refund by as_of, with its hash."""
    is_moving = days_before(as_of, moment).isin(NEW_DAY, *CHANGES.days_to_describe_anew)
    return happened.where(happened_by(moment, as_of)).select(
        "source_record_id", digest.alias("digest"), F.col(moment).alias("at"), is_moving.alias("is_moving")
    )
