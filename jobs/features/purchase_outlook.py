"""What a customer is expected to buy at the shop, and what that is worth.

The models look at days with a purchase: frequency is their number after the first, recency the days from the first to
the last, age the days from the first to the end of the day described. They are fitted on what was known 90 days before
as_of and judged by the 90 days since.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.arrow_frames import frame_of
from jobs.purchase_outlook import Outlook
from jobs.repeat_buying import Floats, UnfitTableError
from jobs.windows import days_before, happened_by
from schemas.features.purchase_outlook import HORIZONS
from schemas.windows import YEAR_DAYS

HOLD_OUT_DAYS: Final = 90  # a season: long enough for a second purchase, short enough to be the present
MONTHLY_DISCOUNT: Final = 0.01  # a consumer lender's cost of money; a guess
DECIMALS: Final = 9  # more would tell processors apart, not customers
SEED: Final = 20260331


def build(purchases: DataFrame, identities: DataFrame, *, as_of: date) -> DataFrame:
    """One row per customer who ever bought.

    The fit needs everybody at once, so the buyers are fetched, one short row each: the one family that is not lazy.
    """
    found = describe_buyers(purchases, identities, as_of).toArrow().sort_by("customer_id")
    names = [name for name in found.column_names if name != "customer_id"]
    buyers = {name: np.nan_to_num(found[name].to_numpy().astype(np.float64)) for name in names}
    outlook = fitted(buyers)
    told = pa.table({"customer_id": found["customer_id"], **forecast(outlook, buyers)})
    return frame_of(purchases.sparkSession, told)


def describe_buyers(purchases: DataFrame, identities: DataFrame, as_of: date) -> DataFrame:
    """One row per customer with frequency, recency, age and mean value on as_of, and as they were HOLD_OUT_DAYS before.

    days_then is 0 for who had not bought then.
    """
    days = (
        purchases.where(happened_by("paid_at", as_of))
        .select("source_record_id", days_before(as_of, "paid_at").alias("days_ago"), "net_cents")
        .join(identities.select("source_record_id", "customer_id"), "source_record_id", how="inner")
        .groupBy("customer_id", "days_ago")
        .agg(F.sum("net_cents").alias("cents"))
    )
    return days.groupBy("customer_id").agg(
        *state_of("now", F.lit(True), F.lit(0)),
        *state_of("then", F.col("days_ago") >= HOLD_OUT_DAYS, F.lit(HOLD_OUT_DAYS)),
    )


def state_of(name: str, is_known: Column, days_back: Column) -> list[Column]:
    """What was known on a day: the days with a purchase, the first and last, the money of all and of the first."""
    days_ago = F.when(is_known, F.col("days_ago") - days_back)
    return [
        F.count(days_ago).alias(f"days_{name}"),
        F.max(days_ago).alias(f"first_{name}"),
        F.min(days_ago).alias(f"last_{name}"),
        F.sum(F.when(is_known, F.col("cents"))).alias(f"cents_{name}"),
        F.max_by(F.when(is_known, F.col("cents")), days_ago).alias(f"first_cents_{name}"),
    ]


def fitted(buyers: dict[str, Floats]) -> Outlook | None:
    """The models, fitted on who had bought before the hold-out days; None when nobody had."""
    had_bought = buyers["days_then"] > 0
    known = {name: values[had_bought] for name, values in buyers.items()}
    bought_after = known["days_now"] - known["days_then"]
    try:
        return Outlook.trained_on(*history(known, "then"), bought_after=bought_after, horizon=HOLD_OUT_DAYS)
    except UnfitTableError:
        return None


def history(buyers: dict[str, Floats], name: str) -> tuple[Floats, Floats, Floats, Floats]:
    """Frequency, recency, age and mean value of the repeat purchases, 0 without one; the first day itself has age 1."""
    frequency = buyers[f"days_{name}"] - 1
    repeat_cents = buyers[f"cents_{name}"] - buyers[f"first_cents_{name}"]
    mean = np.divide(repeat_cents, frequency, out=np.zeros_like(frequency), where=frequency > 0)
    return frequency, buyers[f"first_{name}"] - buyers[f"last_{name}"], buyers[f"first_{name}"] + 1, mean


def forecast(outlook: Outlook | None, buyers: dict[str, Floats]) -> dict[str, pa.Array]:
    """The columns of the contract beside the customer."""
    frequency, recency, age, mean = history(buyers, "now")
    model = outlook or Outlook.naive()
    expected = {
        f"expected_purchase_day_count_next_{days}d": number(model.expected_purchases(days, frequency, recency, age))
        for days in HORIZONS
    }
    value = model.lifetime_value(YEAR_DAYS, frequency, recency, age, mean, monthly_discount=MONTHLY_DISCOUNT, seed=SEED)
    alive = model.probability_alive(frequency, recency, age)
    has_value = np.isfinite(value.expected) & ((frequency > 0) | (not model.is_fallback))
    return {
        **expected,
        "alive_probability": number(alive),
        "lifetime_value_cents_next_365d": cents(np.where(has_value, value.expected, np.nan)),
        "lifetime_value_cents_low_next_365d": cents(value.low),
        "lifetime_value_cents_high_next_365d": cents(value.high),
        "is_outlook_fallback": pa.array([model.is_fallback] * len(frequency), pa.bool_()),
    }


def number(values: Floats) -> pa.Array:
    """Rounded, with null for NaN."""
    return pa.array(np.round(values, DECIMALS), pa.float64(), from_pandas=True)


def cents(values: Floats) -> pa.Array:
    """To the nearest cent, with null for NaN."""
    return pa.array(np.rint(values), pa.float64(), from_pandas=True).cast(pa.int64())
