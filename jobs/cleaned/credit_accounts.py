"""The shop's lines of instalment credit as they were on the day."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame

from jobs.cleaned.owners import shop_record_id
from jobs.versions import keep_version_in_force
from jobs.windows import happened_by


def build(shop_credit_accounts: DataFrame, *, as_of: date) -> DataFrame:
    """One row per line of credit opened by as_of, in the version in force then.

    shop_credit_accounts: one row per delivered version of a line.
    """
    opened = shop_credit_accounts.where(happened_by("opened_at", as_of))
    lines = keep_version_in_force(opened, "credit_account_id", as_of=as_of)
    return lines.withColumn("source_record_id", shop_record_id())
