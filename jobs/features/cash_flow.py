"""What comes in, what goes out, and what stays on a customer's bank accounts."""

from __future__ import annotations

from datetime import date
from typing import Final

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.windows import aggregates_of, days_before, happened_by, in_last_days
from schemas.features.cash_flow import HALF_YEAR_DAYS, MARKS, MOVEMENT_MEASURES, PAYEE_MEASURES, periods_with
from schemas.windows import MONTH_DAYS, YEAR_DAYS

LONGEST_DAYS: Final = YEAR_DAYS + MONTH_DAYS  # the same 30 days a year earlier


def build(transactions: DataFrame, identities: DataFrame, *, as_of: date) -> DataFrame:
    """One row per customer with a movement in the last 180 days.

    Current and savings accounts hold what a customer has; what moves between two of a customer's own is neither inflow
    nor outflow. A payment towards the own credit card is outflow: the money leaves with the purchases it pays for.
    """
    known = transactions.where(happened_by("booked_at", as_of)).withColumn("is_deposit", is_deposit())
    records = identities.select("source_record_id", "customer_id")
    movements = known.join(records, "source_record_id", how="inner").withColumn(
        "days_ago", days_before(as_of, "booked_at")
    )
    recent = movements.where(in_last_days("booked_at", LONGEST_DAYS, as_of))
    told = recent.join(describe_deposits(known, records), "customer_id", how="left").withColumn("is_own", is_own())
    return (
        told.withColumns({mark: F.expr(condition) for mark, condition in MARKS.items()})
        .groupBy("customer_id")
        .agg(*aggregates_of(*MOVEMENT_MEASURES), F.min("days_ago").alias("newest_days_ago"))
        .where(F.col("newest_days_ago") < HALF_YEAR_DAYS)
        .join(describe_payees(told, as_of), "customer_id", how="left")
        .fillna(0, [feature.column.name for feature in PAYEE_MEASURES])
    )


def is_deposit() -> Column:
    """Whether the movement is one of a current or savings account."""
    return F.coalesce(F.col("account_type").isin("current", "savings"), F.lit(False))


def is_own() -> Column:
    """Whether the other account of a movement is a current or savings account of the same customer.

    A movement does not name the other account's bank, and ids are unique per bank only: it is the account at the same
    bank, else the one at the only other bank with such an id, as in cleaned/transfers.
    """
    other = F.col("counterparty_account_id")
    is_at_same_bank = (F.size("shared_ids_by_bank") > 0) & F.array_contains(
        "shared_ids_by_bank", F.concat_ws(":", "bank_code", other)
    )
    return F.coalesce(F.array_contains("deposit_account_ids", other) | is_at_same_bank, F.lit(False))


def describe_deposits(known: DataFrame, records: DataFrame) -> DataFrame:
    """One row per customer with a current or savings account: which, and the sum of their newest known balances.

    An account is known by its movements, however old. Of two at the same moment the one with the larger id is newer.
    An id that accounts at several banks have stands beside the bank's code, apart from the others.
    """
    of_id = Window.partitionBy("account_id")
    has_balance = F.col("balance_after_cents").isNotNull()
    moment_first = F.struct("booked_at", "transaction_id", "balance_after_cents")
    accounts = (
        known.where("is_deposit")
        .groupBy("source_record_id", "account_id", "bank_code")
        .agg(F.max(F.when(has_balance, moment_first)).alias("newest"))
        .withColumn("is_shared", F.min("bank_code").over(of_id) < F.max("bank_code").over(of_id))
    )
    shared_id = F.concat_ws(":", "bank_code", "account_id")
    return (
        accounts.join(records, "source_record_id", how="inner")
        .groupBy("customer_id")
        .agg(
            # sets are only searched, so their order cannot show
            F.collect_set(F.when(~F.col("is_shared"), F.col("account_id"))).alias("deposit_account_ids"),
            F.collect_set(F.when(F.col("is_shared"), shared_id)).alias("shared_ids_by_bank"),
            F.sum("newest.balance_after_cents").alias("deposits_cents"),
        )
    )


def describe_payees(movements: DataFrame, as_of: date) -> DataFrame:
    """One row per customer who paid somebody in the last 180 days; payments from any account, by card or transfer.

    What is put aside on the own current or savings account every month is owed to nobody.
    """
    payee = F.coalesce("merchant_id", "counterparty_account_id")
    is_recent = in_last_days("booked_at", HALF_YEAR_DAYS, as_of)
    payments = movements.where(is_recent & ~F.col("is_own") & (F.col("amount_cents") < 0) & payee.isNotNull())
    payee_bank = F.when(F.col("merchant_id").isNotNull(), F.col("bank_code"))  # ids of merchants are a bank's own
    return (
        payments.groupBy("customer_id", payee_bank.alias("payee_bank"), payee.alias("payee"))
        .agg(F.expr(periods_with("true")).alias("period_count"), (-F.sum("amount_cents")).alias("paid_cents"))
        .withColumn("days_ago", F.lit(0))
        .groupBy("customer_id")
        .agg(*aggregates_of(*PAYEE_MEASURES))
    )
