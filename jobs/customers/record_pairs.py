"""Which two records of the partners look like one person, by which rule, and what was decided about them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date

import pyarrow as pa
from pyspark.sql import DataFrame

from jobs.arrow_frames import frame_of
from jobs.customers.comparing import compare
from jobs.customers.match_weights import DECLARED, MatchWeights
from jobs.customers.records import IDENTIFYING, records
from jobs.customers.verdicts import Verdict

ALWAYS_ALL = sys.maxsize


def build(
    shop_users: DataFrame,
    bank_customers: DataFrame,
    *,
    as_of: date,  # noqa: ARG001 - the parents are the state of the day
    previous: DataFrame | None = None,
    previous_shop_users: DataFrame | None = None,
    previous_bank_customers: DataFrame | None = None,
    pair_decisions: Sequence[Verdict] = (),
    match_weights: MatchWeights = DECLARED,
    compare_all_below: int = ALWAYS_ALL,
) -> DataFrame:
    """One row per pair of records that share an identifier, or name and birth date, and are not plainly unrelated.

    previous, previous_…: pairs and parents of the night before, None on the first night. From compare_all_below records
    on only new and changed records are compared, with the same result. pair_decisions: what reviewers said, which
    counts before every rule.
    """
    today = _comparable(shop_users, bank_customers)
    before = pairs_before = None
    is_large = today.num_rows >= compare_all_below
    if is_large and previous is not None and previous_shop_users is not None and previous_bank_customers is not None:
        before, pairs_before = _comparable(previous_shop_users, previous_bank_customers), previous.toArrow()
    pairs = compare(today, match_weights, verdicts=pair_decisions, before=before, pairs_before=pairs_before)
    return frame_of(shop_users.sparkSession, pairs)


def _comparable(shop_users: DataFrame, bank_customers: DataFrame) -> pa.Table:
    return records(shop_users, bank_customers).select(*IDENTIFYING).toArrow()
