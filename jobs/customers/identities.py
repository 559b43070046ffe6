"""Which record of which partner belongs to which person, with an id that stays from night to night."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame

from jobs.arrow_frames import frame_of
from jobs.customers.clusters import OF_PAIRS, OF_RECORDS, find_clusters, with_customer_before
from jobs.customers.naming import LAST_NIGHT, name_customers
from jobs.customers.records import records
from jobs.erasures import without_erased


def build(
    shop_users: DataFrame,
    bank_customers: DataFrame,
    record_pairs: DataFrame,
    erasure_requests: DataFrame,
    *,
    previous: DataFrame | None = None,
    as_of: date,
) -> DataFrame:
    """One row per source record ever known whose person did not ask to be forgotten, with its customer.

    previous: last night's identities, None on the first night. A record that no partner shows any more keeps its row
    and its customer, and goes with it into a merge.
    """
    people = records(shop_users, bank_customers).select(*OF_RECORDS, "record_since").toArrow()
    last_night = None
    if previous is not None:
        last_night = without_erased(previous.select(*LAST_NIGHT.names), erasure_requests).toArrow()
        people = with_customer_before(people, last_night)
    clusters = find_clusters(people, record_pairs.select(*OF_PAIRS).toArrow()).members
    return frame_of(shop_users.sparkSession, name_customers(clusters, last_night, as_of=as_of))
