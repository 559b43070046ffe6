"""Whose a row is: the source record behind a shop user, a bank's customer, an account or an instalment plan."""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.versions import keep_newest_delivery, keep_version_in_force
from schemas.cleaned.shop_users import SHOP


def shop_record_id(shop_user_id: str = "shop_user_id") -> Column:
    """The source record of a shop user; null where the id is null."""
    return F.concat(F.lit(f"{SHOP}:"), F.col(shop_user_id))


def bank_record_id() -> Column:
    """The source record of a bank's customer, from bank_code and bank_customer_id; ids are unique per bank only."""
    return F.concat_ws(":", "bank_code", "bank_customer_id")


def account_owners(bank_accounts: DataFrame, as_of: date) -> DataFrame:
    """One row per bank account: bank_code, account_id, source_record_id and account_type as known on as_of."""
    return keep_version_in_force(bank_accounts, "bank_code", "account_id", as_of=as_of).select(
        "bank_code", "account_id", bank_record_id().alias("source_record_id"), "account_type"
    )


def plan_owners(shop_credit_plans: DataFrame, shop_credit_accounts: DataFrame, as_of: date) -> DataFrame:
    """One row per instalment plan, with its terms and source_record_id.

    The owner is null while the line of credit that the plan draws on has not been delivered.
    """
    accounts = keep_version_in_force(shop_credit_accounts, "credit_account_id", as_of=as_of).select(
        "credit_account_id", shop_record_id().alias("source_record_id")
    )
    plans = keep_newest_delivery(shop_credit_plans, "plan_id")
    return plans.join(accounts, "credit_account_id", how="left").select(
        *("plan_id", "source_record_id", F.col("opened_at").alias("plan_opened_at")),
        *("instalment_count", "annual_rate", "order_id"),
    )
