"""What comes in, what goes out, and what stays on a customer's bank accounts."""

from __future__ import annotations

from datetime import date
from functools import reduce
from operator import add
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.windows import count_where, days_before, happened_by, share_of, sum_where

HALF_YEAR_DAYS: Final = 180
SEASON_DAYS: Final = 90
PERIOD_DAYS: Final = 30  # not calendar months: every period is as long as the next, whatever the day of the month
PERIODS: Final = range(HALF_YEAR_DAYS // PERIOD_DAYS)


def build(transactions: DataFrame, identities: DataFrame, *, as_of: date) -> DataFrame:
    """One row per customer with a movement in the last 180 days.

    Current and savings accounts hold what a customer has; what moves between two of a customer's own is neither inflow
    nor outflow. A payment towards the own credit card is outflow: the money leaves with the purchases it pays for.
    """
    movements = (
        transactions.where(happened_by("booked_at", as_of))
        .join(identities.select("source_record_id", "customer_id"), "source_record_id", how="inner")
        .withColumn("days_ago", days_before(as_of, "booked_at"))
        .withColumn("is_deposit", F.col("account_type").isin("current", "savings"))
    )
    recent = movements.where(F.col("days_ago") < HALF_YEAR_DAYS)
    is_own = F.coalesce(F.array_contains("deposit_account_ids", F.col("counterparty_account_id")), F.lit(False))
    return (
        recent.join(describe_deposits(movements), "customer_id", how="left")
        .withColumn("is_own", is_own)
        .groupBy("customer_id")
        .agg(*sum_flows())
        .withColumn("inflow_variation_180d", variation_of_inflow())
    )


def describe_deposits(movements: DataFrame) -> DataFrame:
    """One row per customer with a current or savings account: which, and the sum of their newest known balances.

    An account is known by its movements, however old. Of two at the same moment the one with the larger id is newer.
    """
    has_balance = F.col("balance_after_cents").isNotNull()
    moment_first = F.struct("booked_at", "transaction_id", "balance_after_cents")
    return (
        movements.where("is_deposit")
        .groupBy("customer_id", "account_id", "bank_code")
        .agg(F.max(F.when(has_balance, moment_first)).alias("newest"))
        .groupBy("customer_id")
        .agg(
            F.collect_set("account_id").alias("deposit_account_ids"),  # only searched, so its order cannot show
            F.sum("newest.balance_after_cents").alias("deposits_cents"),
        )
    )


def sum_flows() -> list[Column]:
    """The aggregates over a customer's movements of the last 180 days."""
    in_season = F.col("days_ago") < SEASON_DAYS
    is_inflow = F.col("is_deposit") & ~F.col("is_own") & (F.col("amount_cents") > 0)
    is_outflow = F.col("is_deposit") & ~F.col("is_own") & (F.col("amount_cents") < 0)
    is_salary = is_inflow & (F.col("transaction_type") == "salary")
    is_card = F.col("transaction_type").isin("pos", "online")
    is_card_payment = in_season & is_card & (F.col("amount_cents") < 0)
    spent = -F.col("amount_cents")
    outflow = sum_where(in_season & is_outflow, spent)
    withdrawn = sum_where(in_season & is_outflow & (F.col("transaction_type") == "cash"), spent)
    salary_periods = [F.max((is_salary & in_period(period)).cast("bigint")) for period in PERIODS]
    return [
        sum_where(in_season & is_inflow, "amount_cents").alias("inflow_cents_sum_90d"),
        outflow.alias("outflow_cents_sum_90d"),
        sum_where(in_season & is_salary, "amount_cents").alias("salary_cents_sum_90d"),
        reduce(add, salary_periods).alias("salary_month_count_180d"),
        *(sum_where(is_inflow & in_period(period), "amount_cents").alias(inflow_of(period)) for period in PERIODS),
        F.max("deposits_cents").alias("balance_cents_last"),
        F.min(F.when(in_season & F.col("is_deposit"), F.col("balance_after_cents"))).alias("balance_cents_min_90d"),
        share_of(withdrawn, outflow).alias("cash_share_90d"),
        share_of(count_where(is_card_payment & F.col("is_offline")), count_where(is_card_payment)).alias(
            "offline_share_90d"
        ),
        sum_where(in_season & is_card, spent).alias("spend_cents_sum_90d"),
        count_where((F.col("transaction_type") == "fee") & (F.col("amount_cents") < 0)).alias("fee_count_180d"),
    ]


def variation_of_inflow() -> Column:
    """Standard deviation (of the whole, not of a sample) over mean of the inflow per period; null without inflow.

    Computed within the row from exact sums in a fixed order: an aggregate over doubles would depend on the rows' order.
    """
    inflows = [F.col(inflow_of(period)).cast("double") for period in PERIODS]
    mean = reduce(add, inflows) / len(PERIODS)
    variance = reduce(add, [(inflow - mean) * (inflow - mean) for inflow in inflows]) / len(PERIODS)
    return F.when(mean > 0, F.sqrt(variance) / mean)


def in_period(period: int) -> Column:
    """Whether the movement lies in a period of 30 days; period 0 ends on as_of."""
    return F.col("days_ago").between(period * PERIOD_DAYS, (period + 1) * PERIOD_DAYS - 1)


def inflow_of(period: int) -> str:
    """The column that holds the inflow of a period."""
    return f"inflow_cents_period_{period}"
