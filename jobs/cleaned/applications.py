"""Applications for the co-branded card as they stood on the day."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.versions import keep_version_in_force, known_by_moment
from jobs.windows import happened_by


def build(bank_card_applications: DataFrame, *, as_of: date) -> DataFrame:
    """One row per application made by as_of; a decision or activation that came later is not known yet.

    bank_card_applications: one row per delivered version of an application.
    """
    made = bank_card_applications.where(happened_by("applied_at", as_of))
    applications = keep_version_in_force(made, "bank_code", "application_id", as_of=as_of)
    is_decided = happened_by("decided_at", as_of)
    return applications.withColumns(
        {
            "decision": F.when(is_decided, F.col("decision")),
            "decided_at": known_by_moment("decided_at", as_of),
            "approved_limit_cents": F.when(is_decided, F.col("approved_limit_cents")),
            "activated_at": known_by_moment("activated_at", as_of),
        }
    )
