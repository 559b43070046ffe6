"""Borrowers whose true risk is known: a seeded world of one formula, for tests of the scorecard."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from schemas.models.credit_training_set import CREDIT_TRAINING_SET

OBSERVATION_DATES = tuple(date(2025, month, 28) for month in range(1, 9))
BUCKET_EDGES = (0.5, 29.5, 59.5, 89.5)
BUCKETS = ("current", "1-29", "30-59", "60-89", "90+")


def borrowers(count: int = 1200, *, seed: int = 7) -> pd.DataFrame:
    """One row per borrower and observation date, sorted, with the true probability of default beside the outcome.

    True log-odds of default rise with delays and fee counts, and fall with the balance and with shares paid on time.
    A tenth have no bank account: their bank features are missing, and they default somewhat more often.
    """
    chance = np.random.default_rng(seed)
    size = count * len(OBSERVATION_DATES)
    late = np.where(chance.random(size) < 0.3, chance.geometric(0.04, size), 0)
    balance = np.round(np.exp(chance.normal(12, 1.5, size)))
    on_time = np.round(chance.beta(6, 1.5, size), 4)
    fees = chance.poisson(1.0, size)
    has_bank = chance.random(size) < 0.9
    purchases = chance.poisson(6, size)
    risk = -3.2 + 0.04 * np.minimum(late, 60) + 0.35 * fees - 2.5 * (on_time - 0.8)
    risk += np.where(has_bank, -0.45 * (np.log(balance) - 12), 0.7)
    probability = 1 / (1 + np.exp(-risk))
    rows = pd.DataFrame(
        {
            "observation_date": list(OBSERVATION_DATES) * count,
            "customer_id": np.repeat([f"c{number:05d}" for number in range(count)], len(OBSERVATION_DATES)),
            "is_default": chance.random(size) < probability,
            "days_past_due": late.astype(float),
            "days_past_due_bucket": np.array(BUCKETS, dtype=object)[np.digitize(late, BUCKET_EDGES)],
            "on_time_share_365d": on_time,
            "balance_cents_last": np.where(has_bank, balance, np.nan),
            "fee_count_180d": np.where(has_bank, fees.astype(float), np.nan),
            "purchase_count_365d": purchases.astype(float),  # tells nothing
            "plan_count": np.ones(size),  # never changes
            "true_probability": probability,
        }
    )
    return rows.sort_values(["observation_date", "customer_id"], ignore_index=True)


def as_training_set(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with every column of the contract; what the world does not know is missing."""
    empty = {
        column.name: pd.Series(None, index=rows.index, dtype="object" if column.type == "string" else "float64")
        for column in CREDIT_TRAINING_SET.columns
        if column.name not in rows
    }
    return rows.assign(**empty)[list(CREDIT_TRAINING_SET.column_names)]
