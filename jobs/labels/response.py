"""What came of each message, those that were withheld as a control among them."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.windows import local_date
from schemas.labels.credit_default import observation_dates
from schemas.labels.response import OLDEST_OBSERVATION_DAYS, RESPONDS


def build(contacts: DataFrame, identities: DataFrame, *, as_of: date) -> DataFrame:
    """One row per matured message to one customer, with the newest observation date before it.

    Features are built on few dates, so a message meets what was visible some time before it, and never what came later:
    not even on the day on which it was sent.
    """
    dates = F.array(*map(F.lit, observation_dates(as_of)))
    sent = F.col("sent_date")
    one_customer = (
        contacts.join(identities.select("source_record_id", "customer_id"), "source_record_id", how="inner")
        .groupBy("contact_id", "contact_channel", "is_control", "sent_at", "applied_at")
        .agg(F.min("customer_id").alias("customer_id"), F.max("customer_id").alias("last_customer_id"))
        .where(F.col("customer_id") == F.col("last_customer_id"))
        .withColumn("sent_date", local_date("sent_at"))
    )
    matured = F.date_add(sent, RESPONDS.window_days + RESPONDS.settle_days) <= F.lit(as_of)
    responds = F.datediff(local_date("applied_at"), sent).between(0, RESPONDS.window_days)
    return (
        one_customer.where(matured)
        .withColumns(
            {
                "observation_date": F.array_max(F.filter(dates, lambda day: day < sent)),
                "responds": F.coalesce(responds, F.lit(False)),
                "window_end_date": F.date_add(sent, RESPONDS.window_days),
            }
        )
        .where(F.datediff(sent, "observation_date") <= OLDEST_OBSERVATION_DAYS)  # null where none is before
    )
