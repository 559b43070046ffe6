"""Customers who must not be contacted about the card: they hold one, asked for one, or heard from us too often.

Each function returns one row per customer concerned with a boolean that is always true, ready for a left join.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.windows import happened_by, in_last_days

COOL_OFF_DAYS = 90  # after an application or a refusal, as banks commonly do; a guess
CONTACT_WINDOW_DAYS = 30
MOST_CONTACTS = 3  # the fourth message in a month annoys; a guess until the uplift of frequency is measured


def card_holders(
    accounts: DataFrame, applications: DataFrame, identities: DataFrame, records: DataFrame, as_of: date
) -> DataFrame:
    """Customers with an open credit-card account at any partner bank, or a co-branded card that was activated."""
    is_open = happened_by("opened_at", as_of) & ~happened_by("closed_at", as_of)
    cards = accounts.where((F.col("account_type") == "credit_card") & is_open).select("source_record_id")
    owners = cards.join(identities, "source_record_id", how="inner").select("customer_id")
    activated = _applicants(applications.where(happened_by("activated_at", as_of)), records)
    return owners.unionByName(activated).distinct().withColumn("holds_card", F.lit(True))


def recent_applicants(applications: DataFrame, records: DataFrame, as_of: date) -> DataFrame:
    """Customers who applied, or were declined, within the cool-off."""
    applied = in_last_days("applied_at", COOL_OFF_DAYS, as_of)
    declined = (F.col("decision") == "declined") & in_last_days("decided_at", COOL_OFF_DAYS, as_of)
    recent = applications.where(applied | F.coalesce(declined, F.lit(False)))
    return _applicants(recent, records).distinct().withColumn("applied_recently", F.lit(True))


def often_contacted(contacts: DataFrame, identities: DataFrame, as_of: date) -> DataFrame:
    """Customers who received more than MOST_CONTACTS messages lately, over all records; a withheld one is none."""
    received = contacts.where(~F.col("is_control") & in_last_days("sent_at", CONTACT_WINDOW_DAYS, as_of))
    of_customers = received.join(identities.select("source_record_id", "customer_id"), "source_record_id", how="inner")
    often = of_customers.groupBy("customer_id").agg(F.count("contact_id").alias("messages"))
    return often.where(F.col("messages") > MOST_CONTACTS).select("customer_id", F.lit(True).alias("contacted_often"))


def _applicants(applications: DataFrame, records: DataFrame) -> DataFrame:
    """The customers behind applications, who are known by token only; may repeat.

    By either token: wrongly leaving someone out costs one message, wrongly writing to a card holder costs trust.
    """
    found = [
        applications.select(token).join(records.select(token, "customer_id"), token, how="inner").select("customer_id")
        for token in ("national_id_token", "phone_token")
    ]
    return found[0].unionByName(found[1])
