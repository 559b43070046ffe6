"""Movements booked by the banks, with scene and whom they belong to."""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.cleaned.owners import account_owners
from jobs.scenes import OTHER, scene_of_merchant_code
from jobs.versions import keep_newest_of_repeated


def build(
    bank_transactions: DataFrame, bank_accounts: DataFrame, bank_merchants: DataFrame, *, as_of: date
) -> DataFrame:
    """One row per movement; whose it is stays null until its account arrives.

    The movement's own merchant category code counts; where it has none, the merchant's at the time of the booking.
    """
    movements = keep_newest_of_repeated(bank_transactions, "bank_code", "transaction_id").drop("captured_date")
    merchants = F.broadcast(_code_history(bank_merchants))  # one short row per merchant: small beside the movements
    has_merchant = F.col("merchant_id").isNotNull()
    return (
        movements.join(account_owners(bank_accounts, as_of), ["bank_code", "account_id"], how="left")
        .join(merchants, ["bank_code", "merchant_id"], how="left")
        .withColumn("mcc", F.coalesce("mcc", _code_when_booked()))
        .withColumn("scene", F.coalesce(scene_of_merchant_code(F.col("mcc")), F.when(has_merchant, F.lit(OTHER))))
    )


def _code_history(bank_merchants: DataFrame) -> DataFrame:
    """One row per merchant: its codes with the moments they were set, oldest first."""
    versions = F.sort_array(F.collect_set(F.struct("updated_at", "captured_date", "mcc")))
    return bank_merchants.groupBy("bank_code", "merchant_id").agg(versions.alias("codes"))


def _code_when_booked() -> Column:
    """The last code set by the booking, and where all were set later, the first."""
    set_by_then = F.filter("codes", lambda code: code["updated_at"] <= F.col("booked_at"))
    return F.coalesce(F.try_element_at(set_by_then, F.lit(-1)), F.try_element_at("codes", F.lit(1)))["mcc"]
