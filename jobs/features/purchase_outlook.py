"""What a customer is expected to buy at the shop, and what that is worth.

The models look at days with a purchase: frequency is their number after the first, recency the days from the first to
the last, age the days from the first to the end of the day described. A purchase is worth what was paid less what was
refunded, on the day it was paid; one that is wholly refunded is none. They are fitted on what was known 90 days before
as_of, of refunds too, and judged by the 90 days since.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
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


def build(purchases: DataFrame, refunds: DataFrame, identities: DataFrame, *, as_of: date) -> DataFrame:
    """One row per customer with a purchase that is not wholly refunded.

    The fit needs everybody at once, so the buyers are fetched, one short row each: the one family that is not lazy.
    """
    known = describe_buyers(purchases, refunds, identities, as_of=as_of).toArrow().sort_by("customer_id")
    outlook = fitted(numbers_of(known))
    buyers = known.filter(pc.field("days_now") > 0)
    told = pa.table({"customer_id": buyers["customer_id"], **forecast(outlook, numbers_of(buyers))})
    return frame_of(purchases.sparkSession, told)


def describe_buyers(purchases: DataFrame, refunds: DataFrame, identities: DataFrame, *, as_of: date) -> DataFrame:
    """One row per customer with frequency, recency, age and mean value on as_of, and as they were HOLD_OUT_DAYS before.

    days_then is 0 for who had not bought then, days_now for whom all was refunded since. days_after: the days since
    then with a purchase. Only refunds of orders that still are purchases count, as in purchase_value.
    """
    days = (
        value_orders(purchases, refunds, as_of)
        .join(identities.select("source_record_id", "customer_id"), "source_record_id", how="inner")
        .groupBy("customer_id", "days_ago")
        .agg(F.sum("value_now").alias("cents_now"), F.sum("value_then").alias("cents_then"))
    )
    is_after = F.col("cents_now").isNotNull() & (F.col("days_ago") < HOLD_OUT_DAYS)
    buyers = days.groupBy("customer_id").agg(
        *state_of("now", 0), *state_of("then", HOLD_OUT_DAYS), F.count(F.when(is_after, 1)).alias("days_after")
    )
    return buyers.where("days_now > 0 OR days_then > 0")


def value_orders(purchases: DataFrame, refunds: DataFrame, as_of: date) -> DataFrame:
    """One row per order paid by as_of, with its value on as_of and HOLD_OUT_DAYS before: null where it is no purchase.

    That is an order of which all was refunded by that day, or one that was not yet paid.
    """
    then = as_of - timedelta(days=HOLD_OUT_DAYS)
    refunded = refunds.groupBy("order_id").agg(
        *(
            F.sum(F.when(happened_by("refunded_at", day), F.col("amount_cents"))).alias(f"refunded_{name}")
            for name, day in (("now", as_of), ("then", then))
        )
    )
    orders = purchases.where(happened_by("paid_at", as_of)).select(
        "order_id", "source_record_id", days_before(as_of, "paid_at").alias("days_ago"), "net_cents"
    )
    return orders.join(refunded, "order_id", how="left").select(
        "source_record_id",
        "days_ago",
        value_left("refunded_now").alias("value_now"),
        F.when(F.col("days_ago") >= HOLD_OUT_DAYS, value_left("refunded_then")).alias("value_then"),
    )


def value_left(refunded: str) -> Column:
    """What was paid less what was refunded; null for an order of which all was. A gift without a refund is worth 0."""
    is_kept = F.col(refunded).isNull() | (F.col(refunded) < F.col("net_cents"))
    return F.when(is_kept, F.col("net_cents") - F.coalesce(refunded, F.expr("0L")))


def state_of(name: str, days_back: int) -> list[Column]:
    """What was known on a day: the days with a purchase, the first and last, the money of all and of the first."""
    cents = F.col(f"cents_{name}")
    days_ago = F.when(cents.isNotNull(), F.col("days_ago") - days_back)
    return [
        F.count(days_ago).alias(f"days_{name}"),
        F.max(days_ago).alias(f"first_{name}"),
        F.min(days_ago).alias(f"last_{name}"),
        F.sum(cents).alias(f"cents_{name}"),
        F.max_by(cents, days_ago).alias(f"first_cents_{name}"),
    ]


def numbers_of(buyers: pa.Table) -> dict[str, Floats]:
    """The columns beside the customer, with 0 for null."""
    names = [name for name in buyers.column_names if name != "customer_id"]
    return {name: np.nan_to_num(buyers[name].to_numpy().astype(np.float64)) for name in names}


def fitted(buyers: dict[str, Floats]) -> Outlook | None:
    """The models, fitted on who had bought before the hold-out days; None when nobody had."""
    had_bought = buyers["days_then"] > 0
    known = {name: values[had_bought] for name, values in buyers.items()}
    try:
        return Outlook.trained_on(*history(known, "then"), bought_after=known["days_after"], horizon=HOLD_OUT_DAYS)
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
