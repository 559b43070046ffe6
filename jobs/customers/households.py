"""Who lives together: customers who share a shipping address and a phone."""

from __future__ import annotations

from datetime import date
from functools import reduce
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy import sparse

from jobs.arrow_frames import frame_of
from jobs.relations.graph import Numbers
from jobs.relations.union import joined
from jobs.windows import happened_by

MAX_CUSTOMERS_SHARING: Final = 10
"""An address or phone of more customers ties nobody: it is a parcel locker or an office. It also bounds the work."""

MAX_HOUSEHOLD: Final = 8  # larger ones are a dormitory or a chain of neighbours; a guess


def build(
    purchases: DataFrame, shop_users: DataFrame, bank_customers: DataFrame, identities: DataFrame, *, as_of: date
) -> DataFrame:
    """One row per customer who shares an address and a phone with another one, by as_of.

    Addresses are those that purchases were shipped to; phones those of records and of recipients. Surnames, by which
    others recognise families, are not in the lake. What hangs together in more than MAX_HOUSEHOLD is left out.
    """
    bought = purchases.where(happened_by("ordered_at", as_of))
    held = reduce(
        DataFrame.unionByName,
        [
            _held(bought, "address", "shipping_address_token"),
            _held(bought, "phone", "recipient_phone_token"),
            _held(shop_users, "phone", "phone_token"),
            _held(bank_customers, "phone", "phone_token"),
        ],
    ).distinct()
    owners = identities.select("source_record_id", "customer_id")
    holders = held.join(owners, "source_record_id", how="inner").select("kind", "token", "customer_id").distinct()
    return frame_of(identities.sparkSession, find_households(holders.toArrow()))


def _held(rows: DataFrame, kind: str, token: str) -> DataFrame:
    """One row per sighting of a record with an address or phone."""
    seen = rows.where(F.col("source_record_id").isNotNull() & F.col(token).isNotNull())
    return seen.select("source_record_id", F.lit(kind).alias("kind"), F.col(token).alias("token"))


def find_households(holders: pa.Table) -> pa.Table:
    """customer_id, household_id, household_customer_count, tie_count, in the order of the customers.

    holders: one row per kind (address, phone), token and customer.
    """
    customers = pc.unique(holders["customer_id"]).sort()
    shared = [_sharing(holders.filter(pc.equal(holders["kind"], kind)), customers) for kind in ("address", "phone")]
    ties = sparse.triu(shared[0].multiply(shared[1]), k=1).tocoo()
    left, right = (ends.astype(np.int64) for ends in ties.coords)
    household = joined(len(customers), left, right)
    size = np.bincount(household, minlength=len(customers))[household]
    tie_count = np.bincount(np.concatenate([left, right]), minlength=len(customers))
    lives_with_others = np.flatnonzero((size > 1) & (size <= MAX_HOUSEHOLD))
    return pa.table(
        {
            "customer_id": customers.take(pa.array(lives_with_others)),
            "household_id": customers.take(pa.array(household[lives_with_others])),
            "household_customer_count": pa.array(size[lives_with_others], pa.int64()),
            "tie_count": pa.array(tie_count[lives_with_others], pa.int64()),
        }
    )


def _sharing(holders: pa.Table, customers: pa.Array) -> sparse.csr_array:
    """1 where two customers hold the same token, of those that are not held by too many."""
    token: Numbers = pc.dictionary_encode(holders["token"].combine_chunks()).indices.to_numpy()
    customer: Numbers = pc.index_in(holders["customer_id"].combine_chunks(), value_set=customers).to_numpy()
    count = np.bincount(token, minlength=1)
    few = count[token] <= MAX_CUSTOMERS_SHARING
    shape = (len(customers), len(count))
    has = sparse.csr_array((np.ones(int(few.sum())), (customer[few], token[few])), shape=shape)
    return ((has @ has.T) > 0).astype(np.int64)
