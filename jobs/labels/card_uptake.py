"""The three steps to the card: who applies, who of them is approved, and who of those uses it."""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.windows import local_date
from schemas.labels.card_uptake import ACTIVATES, APPLIES, IS_APPROVED


def build(
    applications: DataFrame, shop_users: DataFrame, bank_customers: DataFrame, identities: DataFrame, *, as_of: date
) -> DataFrame:
    """One row per matured observation date and customer known by then who had not applied by then.

    Who is asked depends on nothing later: neither on later applications nor on who has become a customer since. Of
    several applications within a window the first counts; two at the same moment are ordered by bank and id.
    """
    applied = first_application_of_each_window(applicants(applications, shop_users, bank_customers, identities), as_of)
    known_since = identities.groupBy("customer_id").agg(F.min(local_date("record_since")).alias("known_since_date"))
    dates = F.array(*map(F.lit, APPLIES.observation_dates(as_of)))
    asked = (
        known_since.withColumn("observation_date", F.explode(dates))
        .where(F.col("known_since_date") <= F.col("observation_date"))
        .join(applied, ["customer_id", "observation_date"], how="left")
        .where(~F.coalesce("had_applied", F.lit(False)))
    )
    return asked.select("observation_date", "customer_id", *_steps()).withColumn(
        "window_end_date", F.date_add("observation_date", ACTIVATES.window_days)
    )


def applicants(
    applications: DataFrame, shop_users: DataFrame, bank_customers: DataFrame, identities: DataFrame
) -> DataFrame:
    """One row per application whose customer is known for certain, with customer_id and the days of its steps.

    An application names its person by tokens only. A national id decides before a phone, and a token that several
    customers share names nobody: a step that another person took would teach the opposite of what is true.
    """
    tokens = ("source_record_id", "phone_token", "national_id_token")
    records = shop_users.select(*tokens).unionByName(bank_customers.select(*tokens))
    owners = (
        records.join(identities.select("source_record_id", "customer_id"), "source_record_id", how="inner")
        .select("customer_id", _ranked_tokens())
        .groupBy("token")
        .agg(F.min("customer_id").alias("customer_id"), F.max("customer_id").alias("last_customer_id"))
        .where(F.col("customer_id") == F.col("last_customer_id"))
    )
    application = ("bank_code", "application_id", "applied_at", "decision", "decided_at", "activated_at")
    named = applications.select(*application, _ranked_tokens()).join(owners, "token", how="inner")
    return (
        named.groupBy(*application)
        .agg(F.min_by("customer_id", "token").alias("customer_id"))
        .withColumns({step: local_date(moment) for step, moment in _MOMENT_OF.items()})
    )


def first_application_of_each_window(applied: DataFrame, as_of: date) -> DataFrame:
    """One row per customer and observation date with an application by the end of the window.

    had_applied: one lies on the observation date or before. first: the first one within the window, null for none.
    """
    dates = F.array(*map(F.lit, APPLIES.observation_dates(as_of)))
    order = F.struct("applied_at", "bank_code", "application_id", "decision", *_MOMENT_OF)
    since = F.datediff("applied_date", "observation_date")
    return (
        applied.withColumn("observation_date", F.explode(dates))
        .groupBy("customer_id", "observation_date")
        .agg(
            F.max(since <= 0).alias("had_applied"),
            F.min(F.when(since.between(1, APPLIES.window_days), order)).alias("first"),
        )
    )


def _steps() -> list[Column]:
    """applies, is_approved, is_reject and activates from the first application within the window."""
    decided_by = F.date_add("observation_date", IS_APPROVED.window_days)
    is_decided = F.col("first.decision").isNotNull() & (F.col("first.decided_date") <= decided_by)
    is_approved = F.when(is_decided, F.col("first.decision") == "approved")
    is_used = F.col("first.activated_date") <= F.date_add("observation_date", ACTIVATES.window_days)
    return [
        F.col("first").isNotNull().alias("applies"),
        is_approved.alias("is_approved"),
        F.coalesce(~is_approved, F.lit(False)).alias("is_reject"),
        F.when(is_approved, F.coalesce(is_used, F.lit(False))).alias("activates"),
    ]


def _ranked_tokens() -> Column:
    """One row for each token that is given, as rank and token: 1 for a national id, 2 for a phone."""
    ranked = F.array(
        *(
            F.when(F.col(name).isNotNull(), F.struct(F.lit(rank).alias("rank"), F.col(name).alias("value")))
            for rank, name in ((1, "national_id_token"), (2, "phone_token"))
        )
    )
    return F.explode(F.array_compact(ranked)).alias("token")


_MOMENT_OF = {"applied_date": "applied_at", "decided_date": "decided_at", "activated_date": "activated_at"}
