"""How a customer keeps promises beside instalment plans: card statements, lines of credit, orders at the shop."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.windows import aggregates_of, days_before, happened_by
from schemas.features.promises import LINE_MEASURES, ORDER_MEASURES, STATEMENT_MEASURES

NONE_IS_ZERO = [measure.column.name for measure in (*STATEMENT_MEASURES, *ORDER_MEASURES) if measure.is_sum]


def build(
    statements: DataFrame, credit_accounts: DataFrame, ended_orders: DataFrame, identities: DataFrame, *, as_of: date
) -> DataFrame:
    """One row per customer with a card statement with a limit, a line of credit or an order that ended, by as_of.

    Of a customer without such a statement or order, what is counted of them is 0. Of one without a line, the limit is
    not 0: that is what a blocked line grants.
    """
    records = identities.select("source_record_id", "customer_id")
    return (
        describe_cards(statements, records, as_of)
        .join(describe_lines(credit_accounts, records, as_of), "customer_id", how="full")
        .join(describe_orders(ended_orders, records, as_of), "customer_id", how="full")
        .fillna(0, NONE_IS_ZERO)
    )


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
    """One row per customer with a line of instalment credit at the shop that was opened by as_of."""
    return (
        credit_accounts.where(happened_by("opened_at", as_of))
        .join(records, "source_record_id", how="inner")
        .withColumn("days_ago", days_before(as_of, "opened_at"))
        .groupBy("customer_id")
        .agg(*aggregates_of(*LINE_MEASURES))
    )


def describe_orders(ended_orders: DataFrame, records: DataFrame, as_of: date) -> DataFrame:
    """One row per customer with an order that was delivered, refused or cancelled by as_of."""
    return (
        ended_orders.where(happened_by("ended_at", as_of))
        .join(records, "source_record_id", how="inner")
        .withColumn("days_ago", days_before(as_of, "ended_at"))
        .groupBy("customer_id")
        .agg(*aggregates_of(*ORDER_MEASURES))
    )
