"""What a customer is expected to buy at the shop, and what that is worth."""

from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.refunds import REFUNDS
from schemas.columns import CUSTOMER_ID
from schemas.customers.identities import IDENTITIES
from schemas.table import Column, Describes, Table

HORIZONS = (30, 90, 365)
"""Days after as_of for which purchases are forecast."""

NOT_BELIEVED = "the models are not believed: is_outlook_fallback"
NO_VALUE = "nothing was bought on a second day, and the models are not believed"

PURCHASE_OUTLOOK = Table(
    __name__,
    grain="one row per customer with a purchase at the shop that is not wholly refunded by as_of",
    built_from=(
        PURCHASES,
        REFUNDS,
        IDENTITIES,
    ),
    describes=Describes.DAY,
    key=("customer_id",),
    columns=(
        CUSTOMER_ID,
        *(
            Column(
                f"expected_purchase_day_count_next_{days}d",
                "double",
                f"days with a purchase expected in the {days} days after as_of: BG/NBD (Fader, Hardie & Lee 2005) on "
                "days with a purchase, or the rate so far where is_outlook_fallback; an order wholly refunded by as_of "
                "counts as none",
            )
            for days in HORIZONS
        ),
        Column(
            "alive_probability",
            "double",
            "probability that the customer has not left the shop for good: BG/NBD; 1 without a second day of purchase",
            missing=NOT_BELIEVED,
        ),
        Column(
            "lifetime_value_cents_next_365d",
            "bigint",
            "turnover, not margin, of the purchases expected in the 365 days after as_of, discounted by 1 % a month: "
            "BG/NBD times Gamma-Gamma (Fader & Hardie 2013), or the rate so far times the mean so far where "
            "is_outlook_fallback; an order is worth what was paid less what was refunded by as_of, on the day it was "
            "paid, and one wholly refunded is no purchase",
            missing=NO_VALUE,
        ),
        Column(
            "lifetime_value_cents_low_next_365d",
            "bigint",
            "one in ten such customers buys for no more than this in the 365 days after as_of, discounted by 1 % a "
            "month, too; 0 where one in ten or more buys nothing",
            missing=NOT_BELIEVED,
        ),
        Column(
            "lifetime_value_cents_high_next_365d",
            "bigint",
            "nine in ten such customers buy for no more than this in the 365 days after as_of, discounted by 1 % a "
            "month, too; 0 where nine in ten or more buy nothing, as with an alive_probability below 0.1: the expected "
            "value, a mean of all ten, then lies above it",
            missing=NOT_BELIEVED,
        ),
        Column(
            "is_outlook_fallback",
            "boolean",
            "whether everybody is expected to go on as before, since the models did not converge, ended at a bound or "
            "forecast the last 90 days worse than that",
        ),
    ),
)
