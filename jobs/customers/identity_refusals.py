"""Which automatic pairs of records were not followed, and why."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame

from jobs.arrow_frames import frame_of
from jobs.customers.clusters import OF_PAIRS, OF_RECORDS, find_clusters, with_customer_before
from jobs.customers.records import records


def build(
    shop_users: DataFrame,
    bank_customers: DataFrame,
    record_pairs: DataFrame,
    identities: DataFrame,
    *,
    as_of: date,  # noqa: ARG001 - who is who is knowledge, not a state of the day
) -> DataFrame:
    """One row per automatic pair whose records belong to two customers.

    The clusters are made once more from the same rows, so they are those of the identities.
    """
    people = records(shop_users, bank_customers).select(*OF_RECORDS).toArrow()
    known = identities.selectExpr("source_record_id", "previous_customer_id AS customer_id").toArrow()
    pairs = record_pairs.select(*OF_PAIRS).toArrow()
    refusals = find_clusters(with_customer_before(people, known), pairs).refusals
    refused = frame_of(identities.sparkSession, refusals)
    for side in ("left", "right"):
        of_record = identities.selectExpr(f"source_record_id AS {side}_record_id", f"customer_id AS {side}_customer_id")
        refused = of_record.join(refused, f"{side}_record_id", how="inner")
    return refused
