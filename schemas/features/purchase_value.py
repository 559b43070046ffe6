"""How recently, how often and for how much a customer buys.

Recency, frequency and money in fifths after Hughes 1994. Frequency, recency and money of the days after the first one
are those of the BG/NBD and Gamma-Gamma models (Fader, Hardie and Lee 2005; Fader and Hardie 2013).
"""

from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.refunds import REFUNDS
from schemas.columns import CUSTOMER_ID, SCENES
from schemas.customers.identities import IDENTITIES
from schemas.measures import (
    columns_of,
    count,
    count_of,
    days_since,
    deviation,
    distinct,
    formula,
    least,
    mean,
    most,
    share,
    share_of,
    sum_of,
    total,
    trend,
    trend_of,
)
from schemas.measures_of_change import Changes
from schemas.table import Column, Describes, Table
from schemas.windows import EVER, SAME_DAYS_LAST_YEAR, WEEKS_TO_YEARS, YEARS_BEFORE, last

ALL_WINDOWS = (*last(7, 30, 90, 180, 365, 730), EVER, *WEEKS_TO_YEARS, *YEARS_BEFORE, SAME_DAYS_LAST_YEAR)
YEAR = last(365)
IN_YEAR = YEAR[0].condition
REFUND_SHARE = share_of(sum_of("refunded_cents", IN_YEAR), sum_of("paid_cents", IN_YEAR))
NOT_IN_YEAR = "no purchase in the last 365 days"
VALUE_OF_ORDER = "value paid of the purchases"

MONEY_MEASURES = (
    *days_since(
        "last_purchase",
        "whole local days from the day the last purchase was paid to as_of",
        where="is_purchase",
    ),
    *count("purchase", "purchases paid", *ALL_WINDOWS, where="is_purchase"),
    *total(
        "net_spend_cents",
        "paid_cents - refunded_cents",
        "paid minus refunded, each on its own day, so negative when older purchases were refunded,",
        *ALL_WINDOWS,
    ),
    *count("refund", "refunds of purchases", *last(90, 365), where="NOT is_purchase"),
    *formula(
        "refund_share_365d",
        "double",
        "refunded over paid in the last 365 days, at most 1",
        f"least({REFUND_SHARE}, CASE WHEN {sum_of('paid_cents', IN_YEAR)} <> 0 THEN 1D END)",
        rows=IN_YEAR,
        missing="nothing paid in that time",
    ),
    *share(
        "discount",
        "discount over gross value",
        *YEAR,
        part="discount_cents",
        whole="gross_cents",
        missing="no gross value in that time",
    ),
    *share(
        "discounted",
        "purchases with a discount over purchases",
        *YEAR,
        part="discount_cents > 0",
        where="is_purchase",
        missing=NOT_IN_YEAR,
    ),
    *share(
        "instalment",
        "purchases paid by instalment credit over purchases",
        *YEAR,
        part="payment_method = 'instalment_credit'",
        where="is_purchase",
        missing=NOT_IN_YEAR,
    ),
    *share(
        "app",
        "purchases placed in the app or its mini program over purchases",
        *YEAR,
        part="sales_channel IN ('app', 'mini_program')",
        where="is_purchase",
        missing=NOT_IN_YEAR,
    ),
    *distinct("scene", "scene", SCENES, "scenes of the purchases", *YEAR, where="is_purchase"),
    *mean("order_value_cents", "paid_cents", VALUE_OF_ORDER, *YEAR, where="is_purchase", missing=NOT_IN_YEAR),
    *least("order_value_cents", "paid_cents", VALUE_OF_ORDER, *YEAR, where="is_purchase", missing=NOT_IN_YEAR),
    *most("order_value_cents", "paid_cents", VALUE_OF_ORDER, *YEAR, where="is_purchase", missing=NOT_IN_YEAR),
    *deviation("order_value_cents", "paid_cents", VALUE_OF_ORDER, *YEAR, where="is_purchase", missing=NOT_IN_YEAR),
    *mean(
        "item",
        "item_count",
        "lines of the orders",
        *YEAR,
        where="is_purchase",
        missing="no lines delivered in that time",
    ),
    *mean(
        "piece",
        "piece_count",
        "pieces of the orders",
        *YEAR,
        where="is_purchase",
        missing="no lines delivered in that time",
    ),
    *trend("purchase", "1", "purchases", where="is_purchase", missing="no purchase in the last 90 days"),
    *trend(
        "net_spend",
        "paid_cents - refunded_cents",
        "paid minus refunded",
        missing="no more paid than refunded in the last 90 days",
    ),
)
"""Over purchases and refunds together, each on its own day."""

MEDIAN_MEASURES = formula(
    "order_value_cents_median_365d",
    "double",
    f"median of {VALUE_OF_ORDER} in the last 365 days: of an even number the mean of the two in the middle",
    share_of(sum_of("paid_cents", "is_middle"), count_of("is_middle")),
    rows=f"is_purchase AND {IN_YEAR}",
    missing=NOT_IN_YEAR,
)
"""Over the one or two purchases in the middle of a customer's year, which the job has marked."""

DAY_COUNT = count_of("opens_day")
FIRST_DAY, LAST_DAY = (f"{end}(days_ago) FILTER (WHERE is_purchase)" for end in ("max", "min"))
SPENT_AFTER_FIRST_DAY = f"{sum_of('paid_cents', 'is_purchase')} - {sum_of('paid_cents', 'is_of_first_day')}"

DAY_MEASURES = (
    *formula("purchase_day_count", "bigint", "local days with a purchase", DAY_COUNT),
    *formula("days_since_first_purchase", "int", "whole local days from the first purchase to as_of", FIRST_DAY),
    *formula(
        "repeat_purchase_day_count",
        "bigint",
        "local days with a purchase after the first one, refunded or not: the frequency of the BG/NBD model (Fader, "
        "Hardie & Lee 2005) before refunds, which features/purchase_outlook takes off",
        f"{DAY_COUNT} - 1",
    ),
    *formula(
        "repeat_recency_days",
        "int",
        "days from the first purchase to the last: the recency of the BG/NBD model; 0 for one day only",
        f"{FIRST_DAY} - {LAST_DAY}",
    ),
    *formula(
        "repeat_spend_cents_mean",
        "double",
        "mean paid on the days after the first one: the monetary value of the Gamma-Gamma model (Fader & Hardie 2013) "
        "before refunds, which features/purchase_outlook takes off",
        share_of(f"({SPENT_AFTER_FIRST_DAY})", f"({DAY_COUNT} - 1)"),
        missing="one day only",
    ),
)
"""Over the purchases, of which the job has marked one for each day, and those of the customer's first day."""

CHANGES = Changes(
    (*MONEY_MEASURES, *MEDIAN_MEASURES, *DAY_MEASURES),
    ageing=("days_since_last_purchase", "days_since_first_purchase"),
    derived={
        "purchase_trend_30d_90d": trend_of("purchase_count_30d", "purchase_count_90d"),
        "net_spend_trend_30d_90d": trend_of("net_spend_cents_sum_30d", "net_spend_cents_sum_90d"),
    },
)
"""Of the customers of whom nothing new is known. A customer with a purchase today is described anew, so that all that
counts purchase days stays as it was."""

COHORT = "days_since_first_purchase DIV 365"
"""Customers whose first purchase lies as many whole years ago: what is much for a newcomer is little for others."""

OF_COHORT = "_of_cohort"
FIFTHS = 5
SIDES = {
    "recency": ("days_since_last_purchase", "DESC"),
    "frequency": ("purchase_count_365d", "ASC"),
    "monetary": ("net_spend_cents_sum_365d", "ASC"),
}
"""Side -> the column by which customers are placed, and the order that puts the worst first."""

QUINTILES = tuple(
    Column(
        f"{side}_quintile{of_whom}",
        "int",
        f"fifth of {customers} by {column}, 5 is the best; ties go to the smaller customer_id first",
        missing=missing,
    )
    for of_whom, customers, missing in (
        ("", "the buyers of the last 365 days", NOT_IN_YEAR),
        (
            OF_COHORT,
            "the buyers of the last 365 days whose first purchase lies as many whole years of 365 days ago,",
            f"{NOT_IN_YEAR}, or fewer than {FIFTHS} such buyers",
        ),
    )
    for side, (column, _) in SIDES.items()
)

PURCHASE_VALUE = Table(
    __name__,
    grain="one row per customer who ever bought at the shop",
    built_from=(
        PURCHASES,
        REFUNDS,
        IDENTITIES,
    ),
    describes=Describes.DAY,
    key=("customer_id",),
    goes_on_from_previous_night=True,
    also_previous=(
        PURCHASES,
        IDENTITIES,
    ),
    columns=(CUSTOMER_ID, *columns_of(*MONEY_MEASURES, *MEDIAN_MEASURES, *DAY_MEASURES), *QUINTILES),
)
