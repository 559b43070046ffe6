"""Money paid towards instalments; a reversal is a negative payment at the moment of the reversal."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.cleaned.owners import plan_owners
from jobs.versions import keep_newest_delivery


def build(
    shop_credit_repayments: DataFrame, shop_credit_plans: DataFrame, shop_credit_accounts: DataFrame, *, as_of: date
) -> DataFrame:
    """One row per payment or reversal; whose it is stays null until its plan and line of credit arrive."""
    owners = plan_owners(shop_credit_plans, shop_credit_accounts, as_of).select("plan_id", "source_record_id")
    repayments = keep_newest_delivery(shop_credit_repayments, "repayment_id")
    is_reversal = F.col("reverses_repayment_id").isNotNull()
    return repayments.join(owners, "plan_id", how="left").withColumns(
        {
            "is_reversal": is_reversal,
            "amount_cents": F.when(is_reversal, -F.col("amount_cents")).otherwise(F.col("amount_cents")),
        }
    )
