"""Shoppers whose true wishes are known: a seeded world of one formula, for tests of propensities."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from jobs.models.learning_rows import FEATURES

OBSERVATION_DATES = tuple(date(2025, month, 28) for month in range(3, 9))
BUCKETS = ("current", "1-29", "30-59")


def shoppers(count: int = 1500, *, seed: int = 7) -> pd.DataFrame:
    """One row per customer and observation date, sorted, with the chance and the outcome of each wish beside it.

    Two customers live together and share half of what moves them. Who looks at much applies more; who buys much is
    approved more; who has not bought for long churns. A quarter has never bought anything. All else tells nothing.
    """
    chance = np.random.default_rng(seed)
    size, dates = count * len(OBSERVATION_DATES), len(OBSERVATION_DATES)
    shared = np.repeat(chance.normal(size=(count + 1) // 2), 2)[:count]
    interest = np.repeat(0.7 * shared + 0.7 * chance.normal(size=count), dates) + 0.2 * chance.normal(size=size)
    buys = np.repeat(chance.random(count) < 0.75, dates)
    silence = np.round(chance.exponential(40, size))
    applies = 1 / (1 + np.exp(3.0 - 1.2 * interest))
    approved = 1 / (1 + np.exp(1.0 - 2.0 * buys))
    churns = 1 / (1 + np.exp(2.0 - 0.03 * silence))
    columns = {
        column.name: np.full(size, None, dtype=object) if column.type == "string" else np.full(size, np.nan)
        for column in FEATURES
    }
    columns |= {
        "checkout_count_90d": np.round(np.exp(interest + 1)),
        "purchase_day_count": np.where(buys, 4.0 + chance.poisson(5, size), np.nan),
        "days_since_last_purchase": np.where(buys, silence, np.nan),
        "days_past_due_bucket": np.array([*BUCKETS, None], dtype=object)[chance.integers(0, 4, size)],
        "refund_share_365d": np.where(chance.random(size) < 0.01, np.inf, chance.random(size)),
    }
    is_applicant = chance.random(size) < applies
    would_be, would_use = chance.random(size) < approved, chance.random(size) < 0.8
    own = {
        "observation_date": list(OBSERVATION_DATES) * count,
        "customer_id": np.repeat([f"c{number:05d}" for number in range(count)], dates),
        "household_id": np.repeat([f"c{number // 2 * 2:05d}" for number in range(count)], dates),
        "applies": is_applicant,
        "is_approved": pd.array(would_be, dtype="boolean"),
        "activates": pd.array(would_use, dtype="boolean"),
        "is_churned": chance.random(size) < churns,
        "true_application": applies,
        "true_churn": churns,
    }
    rows = pd.DataFrame({**own, **columns})
    rows["is_approved"] = rows["is_approved"].mask(~rows["applies"])
    rows["activates"] = rows["activates"].mask(~(rows["is_approved"].fillna(value=False)))
    return rows.sort_values(["observation_date", "customer_id"], ignore_index=True)
