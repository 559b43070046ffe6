"""Bank accounts as they were on the day."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame

from jobs.cleaned.owners import bank_record_id
from jobs.versions import keep_version_in_force, known_by_moment
from jobs.windows import happened_by


def build(bank_accounts: DataFrame, *, as_of: date) -> DataFrame:
    """One row per account opened by as_of, in the version in force then; closed only if it was closed by then.

    bank_accounts: one row per delivered version of an account.
    """
    opened = bank_accounts.where(happened_by("opened_at", as_of))
    accounts = keep_version_in_force(opened, "bank_code", "account_id", as_of=as_of)
    return accounts.withColumns(
        {"source_record_id": bank_record_id(), "closed_at": known_by_moment("closed_at", as_of)}
    )
