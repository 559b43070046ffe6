"""Applications for the card as a file for `python -m jobs.run compare-rejects`, with what the world knows of everybody.

    python -m tests.reference.judge_rejects --business-date 2026-03-31 --truth FOLDER --seen 2024-12-31 … --out FILE

One row per applicant, of the first application after a day on which the features were replayed (--seen, days in any
order) and before the next one, or a quarter of a year after the last. The truth tells which application was approved by
lot, and who became unable to pay within twelve months, whatever was decided. The world's own lot is one in a hundred:
of 100 000 people 37 applicants with two bads, who judge nothing. So a fifth of all applicants is drawn to it, as a bank
would have to approve them to know. The outcome of the declined is in `is_bad_in_truth` alone, never learnt from.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date, timedelta
from functools import reduce
from pathlib import Path

import pandas as pd

from demo.bench_scores import APPLICANT_FAMILIES
from jobs.models.feature_bins import NUMBER_TYPES
from jobs.models.training_split import draw
from schemas.families import READ_BY_MODELS
from schemas.table import Table
from tests.reference.true_people import World

LONGEST = timedelta(days=92)
LOT_SHARE = 0.2
LOT_SALT = "applicants by lot 1"


def applications_of(world: World, seen_on: list[date]) -> pd.DataFrame:
    """The rows of the file."""
    told = world.truth("applications").dropna(subset=["is_default"]).merge(world.persons(), on="person_id")
    applied = told["applied_at"].dt.tz_localize(None)
    parts = []
    for day, following in zip(seen_on, [*seen_on[1:], seen_on[-1] + LONGEST], strict=True):
        is_then = (applied > pd.Timestamp(day) + timedelta(days=1)) & (applied < pd.Timestamp(following))
        first = told[is_then].sort_values(["applied_at", "application_id"]).drop_duplicates("customer_id")
        parts.append(first.merge(features_of(world, day), on="customer_id", how="left"))
    rows = pd.concat(parts).drop_duplicates("customer_id")
    drawn = rows["application_id"].map(lambda one: draw(LOT_SALT, one) < LOT_SHARE).astype(bool)
    is_by_lot = rows["is_random_approval"].astype(bool) | drawn
    is_approved = rows["is_approved"].astype(bool) | drawn
    names = [column for column in features_of(world, seen_on[0]) if column != "customer_id"]
    file: pd.DataFrame = rows[names].assign(
        applicant_id=rows["customer_id"],
        is_approved=is_approved,
        is_by_lot=is_by_lot,
        is_bad=rows["is_default"].astype(float).where(is_approved),
        is_bad_in_truth=rows["is_default"].astype(int),
    )
    return file


def features_of(world: World, day: date) -> pd.DataFrame:
    """What models may read of four families, as it was visible on the day."""
    tables = [world.rows(family, day, ["customer_id", *numbers_read(family)]) for family in APPLICANT_FAMILIES]
    return reduce(lambda one, other: one.merge(other, on="customer_id", how="outer"), tables)


def numbers_read(family: Table) -> list[str]:
    """The columns of numbers that a model may read."""
    return [name for name in READ_BY_MODELS[family.name] if family.column(name).type in NUMBER_TYPES]


def main() -> int:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--business-date", required=True, type=date.fromisoformat)
    parser.add_argument("--truth", required=True, type=Path)
    parser.add_argument("--seen", required=True, nargs="+", type=date.fromisoformat)
    parser.add_argument("--out", required=True, type=Path)
    options = parser.parse_args()
    applications_of(World(options.business_date, options.truth), sorted(options.seen)).to_parquet(options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
