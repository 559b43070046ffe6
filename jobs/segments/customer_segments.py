"""What should be done with each customer, whom we may contact about the card, and who is held out."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.segments.hold_out import is_hold_out
from jobs.segments.segment_rules import ineligible_reason, segment_and_reason
from jobs.segments.suppression import suppressed
from jobs.segments.wishes import channels_agreed

CHANNELS_BY_PREFERENCE = ("push", "sms", "email", "phone")  # the cheapest and least intrusive first


def build(  # noqa: PLR0917 - one argument for each parent
    customer_profiles: DataFrame,
    customer_scores: DataFrame,
    consents: DataFrame,
    contacts: DataFrame,
    applications: DataFrame,
    accounts: DataFrame,
    shop_users: DataFrame,
    bank_customers: DataFrame,
    identities: DataFrame,
    *,
    as_of: date,
) -> DataFrame:
    """One row per customer with a score.

    Wishes, cards, applications and messages are looked up over all records of the customer.
    """
    obstacles = suppressed(contacts, applications, accounts, shop_users, bank_customers, identities, as_of)
    scores = customer_scores.select("customer_id", "grade", "is_thin_file")
    described = (  # every table joined here has at most one row per customer
        customer_profiles.join(scores, "customer_id", how="inner")
        .join(_preferred_channel(consents, identities, as_of), "customer_id", how="left")
        .join(obstacles, "customer_id", how="left")
    )
    decided = described.withColumn("rule", segment_and_reason()).withColumn("why_not", ineligible_reason(as_of))
    return decided.select(
        "customer_id",
        F.col("rule.segment").alias("segment"),
        F.col("rule.reason").alias("segment_reason"),
        F.isnull("why_not").alias("is_eligible"),
        F.col("why_not").alias("ineligible_reason"),
        is_hold_out("customer_id", as_of).alias("is_hold_out"),
        "contact_channel",
    )


def _preferred_channel(consents: DataFrame, identities: DataFrame, as_of: date) -> DataFrame:
    """One row per customer who agreed to marketing on some channel: the one we prefer."""
    agreed = channels_agreed(consents, identities, as_of=as_of)
    preference = F.array_position(F.array(*map(F.lit, CHANNELS_BY_PREFERENCE)), F.col("contact_channel"))
    return agreed.groupBy("customer_id").agg(F.min_by("contact_channel", preference).alias("contact_channel"))
