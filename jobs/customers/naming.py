"""Which customer a cluster of records is tonight: the earlier one that holds most of it, or a new one.

    named = name_customers(clusters, last_night, as_of=night)       Arrow tables, of any record set

Runs in DuckDB, in this process, like the clusters themselves; every choice is by total order.
"""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa

from schemas.customers.identities import ALONE

ID_DIGITS = 24
"""Of a SHA-256 in hexadecimal: with 96 bits, any two of a thousand million ids are equal with a chance of 10^-11."""

MOMENT = pa.timestamp("us", tz="UTC")
LAST_NIGHT = pa.schema(
    [
        pa.field("source_record_id", pa.string()),
        pa.field("customer_id", pa.string()),
        pa.field("customer_since_date", pa.date32()),
        pa.field("record_since", MOMENT),
    ]
)
"""What is read of last night's identities."""

KNOWN = f"""
CREATE TABLE known AS
SELECT source_record_id, coalesce(tonight.record_since, last_night.record_since) AS record_since, cluster,
    customer_id AS previous_customer_id, customer_since_date AS previous_since, cluster IS NOT NULL AS is_shown,
    coalesce(matched_by, '{ALONE}') AS matched_by, match_probability, matched_record_id, weakest_match_probability,
    coalesce(has_bridge, false) AS has_bridge
FROM clusters tonight FULL JOIN last_night USING (source_record_id)"""
"""Every record with its customer of last night; one that no partner shows now has no cluster."""

VOTES = """
CREATE TABLE votes AS
SELECT cluster, previous_customer_id AS customer_id, min(previous_since) AS since, count(*) AS records
FROM known WHERE is_shown AND previous_customer_id IS NOT NULL GROUP BY ALL"""

NO_HEIRS = "CREATE TABLE heirs AS SELECT cluster, customer_id, since FROM votes WHERE false"
HEIRS = """
INSERT INTO heirs
WITH claims AS (
    SELECT * FROM votes ANTI JOIN heirs USING (cluster) {still_free}
    QUALIFY row_number() OVER (PARTITION BY cluster ORDER BY records DESC, since, customer_id) = 1
)
SELECT cluster, customer_id, since FROM claims ANTI JOIN heirs USING (customer_id)
QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY records DESC, cluster) = 1"""
"""A cluster claims the customer that holds most of its records, of equal ones the oldest, then the smallest id; of
those that claim one customer the one with most of its records goes on with it, of equal ones that of the smallest
record. Whoever lost claims, a second time, among the customers that nobody goes on with."""

IN_TURN = (HEIRS.format(still_free=""), HEIRS.format(still_free="ANTI JOIN heirs USING (customer_id)"))

NAMED = f"""
CREATE TABLE named AS
SELECT known.*, coalesce(customer_id, 'c' || sha256(cluster || '|' || $moment)[:{ID_DIGITS}]) AS customer_id,
    coalesce(since, $night::DATE) AS customer_since_date
FROM known LEFT JOIN heirs USING (cluster) WHERE is_shown"""
"""A new id is made from the cluster's first record and the night, so that a night built again gives the same ids; the
night, and the number of a later change of the same night, keep it apart from the id of an earlier customer that began
with the same record."""

WITH_THE_GONE = """
WITH led AS (
    SELECT previous_customer_id, any_value(customer_id) AS customer_id, any_value(customer_since_date) AS since
    FROM named GROUP BY previous_customer_id HAVING count(DISTINCT customer_id) = 1
)
SELECT source_record_id, record_since, customer_id, customer_since_date, previous_customer_id, is_shown, matched_by,
    match_probability, matched_record_id, weakest_match_probability, has_bridge
FROM named
UNION ALL
SELECT source_record_id, record_since, coalesce(customer_id, previous_customer_id), coalesce(since, previous_since),
    previous_customer_id, is_shown, matched_by, match_probability, matched_record_id, weakest_match_probability,
    has_bridge
FROM known LEFT JOIN led USING (previous_customer_id) WHERE NOT is_shown
ORDER BY source_record_id"""
"""A record that no partner shows any more stays with its customer, and goes with it where all others went to one."""


def name_customers(clusters: pa.Table, last_night: pa.Table | None, *, as_of: date, change: int = 0) -> pa.Table:
    """One row per record shown tonight or known before, with the columns of customers/identities.

    clusters: the members that `find_clusters` gives, with record_since; the cluster is called by its smallest record.
    last_night: with the columns of LAST_NIGHT; None on the first night. change: how many came before it on that day.
    """
    before = LAST_NIGHT.empty_table() if last_night is None else last_night.select(LAST_NIGHT.names)
    with duckdb.connect() as connection:
        connection.register("clusters", _with_since(clusters, pa.timestamp("us")))
        connection.register("last_night", _with_since(before, pa.timestamp("us")))
        connection.execute(KNOWN)
        for statement in (VOTES, NO_HEIRS, *IN_TURN):
            connection.execute(statement)
        night = as_of.isoformat()
        connection.execute(NAMED, {"night": night, "moment": f"{night}.{change}" if change else night})
        return _with_since(connection.sql(WITH_THE_GONE).to_arrow_table(), MOMENT)


def _with_since(rows: pa.Table, kind: pa.DataType) -> pa.Table:
    """With record_since in UTC as this type: DuckDB knows time zones by an extension that is not installed."""
    place = rows.schema.get_field_index("record_since")
    return rows.set_column(place, "record_since", rows["record_since"].cast(kind))
