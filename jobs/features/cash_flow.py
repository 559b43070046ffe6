"""What comes in, what goes out, and what stays on a customer's bank accounts."""

from __future__ import annotations

from datetime import date
from functools import reduce
from operator import add
from typing import Final

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.windows import aggregates_of, days_before, happened_by, in_last_days
from schemas.features.cash_flow import (
    HALF_YEAR_DAYS,
    LONGEST_DAYS,
    LOW_BALANCE_CENTS,
    MARKS,
    MOVEMENT_MEASURES,
    PAYEE_MEASURES,
    periods_with,
)
from schemas.measures import BITS, bits_from

ACCOUNT: Final = ("source_record_id", "account_id", "bank_code")
LOW_BALANCE_DAYS: Final = 90
SETS: Final = range(0, LOW_BALANCE_DAYS, BITS)


def build(transactions: DataFrame, identities: DataFrame, *, as_of: date) -> DataFrame:
    """One row per customer with a movement in the last 180 days.

    Current and savings accounts hold what a customer has; what moves between two of a customer's own is neither inflow
    nor outflow. A payment towards the own credit card is outflow: the money leaves with the purchases it pays for. What
    is drawn from that card is borrowed and no inflow, and what a merchant gives back lowers the outflow.
    """
    known = transactions.where(happened_by("booked_at", as_of)).withColumn("is_deposit", is_deposit())
    records = identities.select("source_record_id", "customer_id")
    movements = known.join(records, "source_record_id", how="inner").withColumn(
        "days_ago", days_before(as_of, "booked_at")
    )
    recent = movements.where(in_last_days("booked_at", LONGEST_DAYS, as_of))
    told = recent.join(describe_own_accounts(known, records, as_of), "customer_id", how="left").withColumns(
        {"is_own": is_one_of("deposit_ids"), "is_own_card": is_one_of("card_ids")}
    )
    marked = told.withColumns({mark: F.expr(condition) for mark, condition in MARKS.items()})
    return (
        marked.groupBy("customer_id")
        .agg(*aggregates_of(*MOVEMENT_MEASURES), F.min("days_ago").alias("newest_days_ago"))
        .where(F.col("newest_days_ago") < HALF_YEAR_DAYS)
        .join(describe_payees(marked, as_of), "customer_id", how="left")
        .fillna(0, [feature.column.name for feature in PAYEE_MEASURES])
    )


def is_deposit() -> Column:
    """Whether the movement is one of a current or savings account."""
    return F.coalesce(F.col("account_type").isin("current", "savings"), F.lit(False))


def is_one_of(own_ids: str) -> Column:
    """Whether the other account of a movement is one of these accounts of the same customer.

    A movement does not name the other account's bank, and ids are unique per bank only: it is the account at the same
    bank, else the one at the only other bank with such an id, as in cleaned/transfers.
    """
    other = F.col("counterparty_account_id")
    is_at_same_bank = (F.size(f"shared_{own_ids}") > 0) & F.array_contains(
        f"shared_{own_ids}", F.concat_ws(":", "bank_code", other)
    )
    return F.coalesce(F.array_contains(own_ids, other) | is_at_same_bank, F.lit(False))


def describe_own_accounts(known: DataFrame, records: DataFrame, as_of: date) -> DataFrame:
    """One row per customer with a bank account.

    Tells which these are, what the current and savings accounts hold now, and the days of little on one of them. An
    account is known by its movements, however old. Of two at the same moment the one with the larger id is newer. An id
    that accounts at several banks have stands beside the bank's code, apart from the others.
    """
    of_id = Window.partitionBy("account_id")
    accounts = (
        tell_balances(known, as_of)
        .groupBy(*ACCOUNT, "is_deposit", "is_card")
        .agg(F.max("newest").alias("newest"), *(F.bit_or(f"low_{first}").alias(f"low_{first}") for first in SETS))
        .withColumn("is_shared", F.min("bank_code").over(of_id) < F.max("bank_code").over(of_id))
    )
    shared_id = F.concat_ws(":", "bank_code", "account_id")
    kinds = (("deposit_ids", F.col("is_deposit")), ("card_ids", F.col("is_card")))
    return (
        accounts.join(records, "source_record_id", how="inner")
        .groupBy("customer_id")
        .agg(
            # sets are only searched, so their order cannot show
            *(
                F.collect_set(F.when(meant & ~F.col("is_shared"), F.col("account_id"))).alias(ids)
                for ids, meant in kinds
            ),
            *(
                F.collect_set(F.when(meant & F.col("is_shared"), shared_id)).alias(f"shared_{ids}")
                for ids, meant in kinds
            ),
            F.sum("newest.balance_after_cents").alias("deposits_cents"),
            reduce(add, [F.bit_count(F.bit_or(f"low_{first}")) for first in SETS]).alias("low_balance_days"),
        )
    )


def tell_balances(known: DataFrame, as_of: date) -> DataFrame:
    """One row per current or savings account and day of the last 90 with a movement, and one for all days before.

    newest: the last known balance of the day, which stands until the next day that has one. low_0, low_60: the days on
    which it stood and was low. Any other account has one row, without a balance: what it is debited is owed and not
    held. A hash leads the key: the newest is found by sorting, and ids begin alike.
    """
    has_balance = F.col("is_deposit") & F.col("balance_after_cents").isNotNull()
    moment_first = F.struct("booked_at", "transaction_id", "balance_after_cents")
    day_of_deposit = F.least(days_before(as_of, "booked_at"), F.lit(LOW_BALANCE_DAYS))
    day = F.when(F.col("is_deposit"), day_of_deposit).otherwise(F.lit(LOW_BALANCE_DAYS))
    is_card = F.coalesce(F.col("account_type") == "credit_card", F.lit(False))
    ends = (
        known.withColumns({"account_hash": F.xxhash64(*ACCOUNT), "is_card": is_card, "day": day})
        .groupBy("account_hash", *ACCOUNT, "is_deposit", "is_card", "day")
        .agg(F.max(F.when(has_balance, moment_first)).alias("newest"))
        .drop("account_hash")
    )
    newer = Window.partitionBy(*ACCOUNT).orderBy("day").rowsBetween(Window.unboundedPreceding, -1)
    next_day = F.last(F.when(F.col("newest").isNotNull(), F.col("day")), ignorenulls=True).over(newer)
    is_low = F.col("newest.balance_after_cents") < LOW_BALANCE_CENTS
    stood = ends.withColumns({"until": F.coalesce(next_day + 1, F.lit(0)), "is_low": is_low})
    oldest = f"least(day, {LOW_BALANCE_DAYS - 1})"
    return stood.withColumns(
        {f"low_{first}": F.when(F.col("is_low"), F.expr(bits_from("until", oldest, first))) for first in SETS}
    )


def describe_payees(movements: DataFrame, as_of: date) -> DataFrame:
    """One row per customer who paid somebody in the last 180 days, from any account, by card or transfer, or was paid.

    What is put aside on the own current or savings account every month is owed to nobody, and what is paid to the own
    credit card has been counted when the card paid. A payer is an account that pays into a current or savings account.
    """
    payee = F.coalesce("merchant_id", "counterparty_account_id")
    is_recent = in_last_days("booked_at", HALF_YEAR_DAYS, as_of)
    is_among_own = F.col("is_own") | F.col("is_own_card")
    is_payment = (F.col("amount_cents") < 0) | F.col("is_inflow")
    payments = movements.where(is_recent & ~is_among_own & is_payment & payee.isNotNull())
    amount = F.abs("amount_cents")
    payee_bank = F.when(F.col("merchant_id").isNotNull(), F.col("bank_code"))  # ids of merchants are a bank's own
    return (
        payments.groupBy(
            "customer_id",
            payee_bank.alias("payee_bank"),
            payee.alias("payee"),
            (F.col("amount_cents") > 0).alias("is_credit"),
        )
        .agg(
            F.expr(periods_with("true")).alias("period_count"),
            F.sum(amount).alias("paid_cents"),
            F.min(amount).alias("smallest_cents"),
            F.max(amount).alias("largest_cents"),
        )
        .withColumn("days_ago", F.lit(0))
        .groupBy("customer_id")
        .agg(*aggregates_of(*PAYEE_MEASURES))
    )
