"""Promises to pay beside instalment plans: card statements, lines of credit at the shop, cash at the door."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.windows import aggregates_of, days_before, happened_by
from schemas.measures_of_promises import DELIVERY_MEASURES, LINE_MEASURES, STATEMENT_MEASURES


def describe_cards(statements: DataFrame, records: DataFrame, as_of: date) -> DataFrame:
    """One row per customer with a card statement that was published by as_of, of a card that had a limit then."""
    newest_first = Window.partitionBy("customer_id", "bank_code", "account_id").orderBy(
        F.col("statement_date").desc(), F.col("statement_id").desc()
    )
    return (
        statements.where(happened_by("published_at", as_of) & (F.col("statement_date") <= F.lit(as_of)))
        .where("credit_limit_cents > 0")
        .join(records, "source_record_id", how="inner")
        .withColumns(
            {
                "days_ago": F.datediff(F.lit(as_of), "statement_date"),
                "is_due": F.col("due_date") <= F.lit(as_of),
                "statements_ago": F.row_number().over(newest_first) - 1,
            }
        )
        .groupBy("customer_id")
        .agg(*aggregates_of(*STATEMENT_MEASURES))
    )


def describe_lines(credit_accounts: DataFrame, records: DataFrame, as_of: date) -> DataFrame:
    """One row per customer with a line of instalment credit at the shop."""
    return (
        credit_accounts.join(records, "source_record_id", how="inner")
        .withColumn("days_ago", days_before(as_of, "opened_at"))
        .groupBy("customer_id")
        .agg(*aggregates_of(*LINE_MEASURES))
    )


def describe_deliveries(cash_on_delivery_orders: DataFrame, records: DataFrame, as_of: date) -> DataFrame:
    """One row per customer to whom an order to be paid on delivery was brought by as_of."""
    return (
        cash_on_delivery_orders.where(happened_by("ended_at", as_of))
        .join(records, "source_record_id", how="inner")
        .withColumn("days_ago", days_before(as_of, "ended_at"))
        .groupBy("customer_id")
        .agg(*aggregates_of(*DELIVERY_MEASURES))
    )
