"""Who the customers of a training set are: what no model may read, for the fairness of what was learnt without it."""

from __future__ import annotations

import pandas as pd
from pyspark.sql import DataFrame

from jobs.people import people_by_records
from schemas.features.identity import AGE_BANDS

ATTRIBUTES = ("age_band", "gender", "city_tier")


def describe_people(
    customers: DataFrame, identities: DataFrame, shop_users: DataFrame, bank_customers: DataFrame
) -> pd.DataFrame:
    """One row per customer: gender (null where records contradict each other), birth_date (newest), city_tier (best).

    customers: with customer_id, repeated or not. The others as the day of the training knows them.
    """
    owned = identities.join(customers.select("customer_id").distinct(), "customer_id", how="left_semi")
    described = people_by_records(owned, shop_users, bank_customers)
    people: pd.DataFrame = described.toArrow().to_pandas()
    return people.sort_values("customer_id", ignore_index=True)


def groups_of(rows: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """ATTRIBUTES of each row, as text; the age is that of the observation date."""
    joined = rows[["observation_date", "customer_id"]].merge(people, on="customer_id", how="left", validate="m:1")
    observed, born = (pd.to_datetime(joined[name]) for name in ("observation_date", "birth_date"))
    years = observed.dt.year - born.dt.year
    is_before_birthday = observed.dt.month * 100 + observed.dt.day < born.dt.month * 100 + born.dt.day
    return pd.DataFrame(
        {
            "age_band": (years - is_before_birthday).map(_band, na_action="ignore").astype(object),
            "gender": joined["gender"].astype(object),
            "city_tier": joined["city_tier"].map(lambda tier: f"tier {int(tier)}", na_action="ignore").astype(object),
        }
    )


def _band(years: float) -> str:
    return next((band for end, band in AGE_BANDS if years < end), f"{AGE_BANDS[-1][0]}+")
