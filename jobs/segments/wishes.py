"""What a person agreed to, over all of their records: a no on any record outweighs a yes on another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.windows import happened_by
from schemas.columns import CONTACT_CHANNELS


def sharing_agreed(consents: DataFrame, identities: DataFrame, *, banks: Sequence[str], as_of: date) -> DataFrame:
    """One row per customer and bank that the customer may be shared with."""
    wishes = consents.where(F.col("purpose") == "partner_sharing")
    return agreed_by_customer(wishes, identities, about="bank_code", values=banks, as_of=as_of)


def channels_agreed(consents: DataFrame, identities: DataFrame, *, as_of: date) -> DataFrame:
    """One row per customer and channel that the customer agreed to hear from the alliance on."""
    # A yes to one bank's marketing is no yes to the alliance's; a no to one bank is heard as a no to us.
    is_ours = F.isnull("bank_code") | (F.col("consent_status") != "granted")
    wishes = consents.where((F.col("purpose") == "marketing") & is_ours)
    return agreed_by_customer(wishes, identities, about="contact_channel", values=CONTACT_CHANNELS, as_of=as_of)


def agreed_by_customer(
    wishes: DataFrame, identities: DataFrame, *, about: str, values: Sequence[str], as_of: date
) -> DataFrame:
    """One row per customer and value of `about` that the customer agreed to by as_of; no row is a no.

    wishes: one row per wish and source record. about: the column that narrows a wish; null there means all `values`.
    Of the wishes of one record about one value the newest counts, and of wishes in the same moment a no. A customer
    agreed when at least one record says yes and none says no, so merging records never widens a permission.
    """
    every_value = F.array(*map(F.lit, values)).cast("array<string>")
    concerned = F.when(F.col(about).isNull(), every_value).otherwise(F.array(about))
    is_refused = F.col("consent_status") != "granted"
    expressed = wishes.where(happened_by("occurred_at", as_of)).select(
        "source_record_id",
        F.explode(concerned).alias(about),
        F.struct("occurred_at", is_refused.alias("is_refused")).alias("wish"),
    )
    in_force = expressed.groupBy("source_record_id", about).agg(F.max("wish").alias("wish"))
    # Many records to one customer; a record that identities does not know belongs to nobody yet.
    of_customers = in_force.join(identities.select("source_record_id", "customer_id"), "source_record_id", how="inner")
    answers = of_customers.groupBy("customer_id", about).agg(F.max("wish.is_refused").alias("is_refused"))
    return answers.where(~F.col("is_refused")).drop("is_refused")
