"""Credit-card statements, and what had been paid towards them by the day."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.cleaned.owners import account_owners
from jobs.versions import keep_newest_delivery
from jobs.windows import happened_by, local_date


def build(
    bank_card_statements: DataFrame, bank_card_payments: DataFrame, bank_accounts: DataFrame, *, as_of: date
) -> DataFrame:
    """One row per statement published by as_of, with what was paid after its date, up to its due date or as_of.

    Whose it is, and its limit, stay null until its account arrives; a statement nothing was paid towards has paid_cents
    0.
    """
    published = bank_card_statements.where(happened_by("published_at", as_of))
    statements = keep_newest_delivery(published, "bank_code", "statement_id").drop("captured_date")
    paid = _paid_towards(statements, _payments_by_day(bank_card_payments, as_of))
    owners = account_owners(bank_accounts, as_of).drop("account_type")
    return (
        statements.join(paid, ["bank_code", "statement_id"], how="left")
        .withColumn("paid_cents", F.coalesce("paid_cents", F.lit(0).cast("bigint")))
        .join(owners, ["bank_code", "account_id"], how="left")
        .join(_limits_at_closing(statements, bank_accounts), ["bank_code", "statement_id"], how="left")
    )


def _limits_at_closing(statements: DataFrame, bank_accounts: DataFrame) -> DataFrame:
    """One row per statement whose account is known: the limit in force when it closed, else the oldest known later one.

    The order is that of `keep_version_in_force`, on each statement's own day.
    """
    versions = bank_accounts.select("bank_code", "account_id", "credit_limit_cents", "updated_at", "captured_date")
    is_by_closing = F.coalesce(local_date("updated_at") <= F.col("statement_date"), F.lit(False))
    changed = F.unix_micros("updated_at")
    order = F.struct(
        is_by_closing, F.when(is_by_closing, changed).otherwise(-changed), "captured_date", "credit_limit_cents"
    )
    return (
        statements.select("bank_code", "account_id", "statement_id", "statement_date")
        .join(versions, ["bank_code", "account_id"], how="inner")
        .groupBy("bank_code", "statement_id")
        .agg(F.max(order).getField("credit_limit_cents").alias("credit_limit_cents"))
    )


def _payments_by_day(bank_card_payments: DataFrame, as_of: date) -> DataFrame:
    """One row per payment by as_of, with the local day and the first of its month."""
    made = bank_card_payments.where(happened_by("paid_at", as_of))
    payments = keep_newest_delivery(made, "bank_code", "payment_id")
    return payments.select(
        "bank_code", "account_id", "amount_cents", local_date("paid_at").alias("paid_date")
    ).withColumn("month", F.trunc("paid_date", "month"))


def _paid_towards(statements: DataFrame, payments: DataFrame) -> DataFrame:
    """One row per statement with a payment in its time.

    Joined by month, so that the work grows with the payments and not with payments times statements of an account.
    """
    last_month = F.greatest(F.trunc("due_date", "month"), F.trunc("statement_date", "month"))
    months = F.sequence(F.trunc("statement_date", "month"), last_month, F.expr("interval 1 month"))
    is_in_time = (F.col("paid_date") > F.col("statement_date")) & (F.col("paid_date") <= F.col("due_date"))
    return (
        statements.select("bank_code", "account_id", "statement_id", "statement_date", "due_date")
        .withColumn("month", F.explode(months))
        .join(payments, ["bank_code", "account_id", "month"], how="inner")
        .where(is_in_time)
        .groupBy("bank_code", "statement_id")
        .agg(F.sum("amount_cents").alias("paid_cents"))
    )
