"""In which scenes of life a customer spends, at the shop and by bank card, online and in person.

Entropies after Shannon 1948. Trades are the categories of merchants of ISO 18245.
"""

from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.refunds import REFUNDS
from schemas.cleaned.transactions import TRANSACTIONS
from schemas.columns import CUSTOMER_ID, SCENES
from schemas.customers.identities import IDENTITIES
from schemas.measures import (
    columns_of,
    count,
    count_of,
    entropy_of,
    entropy_over_groups,
    first_largest,
    formula,
    share,
    share_of,
    sum_of,
    total,
)
from schemas.table import Describes, Table
from schemas.windows import EVER, Window, last

SEASON, YEAR = last(90, 365)
BOUGHT = "is_shop AND NOT is_refund"
PROMOTED, UNPROMOTED = (f"{YEAR.condition} AND {BOUGHT} AND {which}is_discounted" for which in ("", "NOT "))
COUNTED_IN_YEAR = f"{YEAR.condition} AND is_counted"
PAID_MERCHANT = "is_counted AND merchant_id IS NOT NULL AND amount_cents < 0"
PAID_TRADE = "is_counted AND mcc IS NOT NULL AND amount_cents < 0"
NOTHING = "nothing spent in that time"
SPENT_IN = tuple(f"greatest({scene}_spend_cents_sum_365d, 0L)" for scene in SCENES)
SPENT = f"({' + '.join(SPENT_IN)})"


def share_of_wallet(window: Window) -> str:
    """SQL: spent at the shop over spent anywhere, from 0 to 1; null when no more was spent than given back."""
    shop, whole = (sum_of("cents", f"{window.condition} AND {rows}") for rows in ("is_shop", "is_counted"))
    return f"CASE WHEN {whole} > 0 THEN greatest(least(CAST({shop} AS DOUBLE) / CAST({whole} AS DOUBLE), 1D), 0D) END"


SPENDING_MEASURES = (
    *(
        feature
        for scene in SCENES
        for feature in (
            *total(
                f"{scene}_spend_cents",
                "cents",
                f"spent on {scene} at the shop and by card, less what was given back,",
                SEASON,
                YEAR,
                where=f"is_counted AND scene = '{scene}'",
            ),
            *count(
                f"{scene}_payment",
                f"payments for {scene} at the shop and by card",
                YEAR,
                where=f"is_counted AND cents > 0 AND scene = '{scene}'",
            ),
        )
    ),
    *total(
        "all_spend_cents",
        "cents",
        "spent at the shop and by card, less what was given back,",
        SEASON,
        YEAR,
        where="is_counted",
    ),
    *total(
        "shop_spend_cents",
        "cents",
        "spent at the shop, however paid, less what it gave back,",
        SEASON,
        YEAR,
        where="is_shop",
    ),
    *share(
        "offline_payment",
        "payments in a physical shop over payments, at the shop and by card,",
        SEASON,
        YEAR,
        part="is_offline",
        where="is_counted AND cents > 0",
        missing=NOTHING,
    ),
    *share(
        "offline_spend",
        "spent in physical shops over spent, at the shop and by card,",
        YEAR,
        part="is_offline",
        value="cents",
        where="is_counted AND cents > 0",
        missing=NOTHING,
    ),
    *(
        feature
        for window in (SEASON, YEAR)
        for feature in formula(
            window.named("wallet_share"),
            "double",
            window.told("spent at the shop over spent at the shop and by card, less what was given back, from 0 to 1,"),
            share_of_wallet(window),
            missing=NOTHING,
            rows=f"{window.condition} AND (is_shop OR is_counted)",
        )
    ),
    *share(
        "promotion_spend",
        "paid for purchases with a discount over paid for purchases at the shop",
        YEAR,
        part="is_discounted",
        value="cents",
        where=BOUGHT,
        missing="nothing paid at the shop in that time",
    ),
    *formula(
        "promotion_value_ratio_365d",
        "double",
        "mean value paid of purchases with a discount over that of those without, in the last 365 days",
        share_of(
            f"{sum_of('cents', PROMOTED)} * CAST({count_of(UNPROMOTED)} AS DOUBLE)",
            f"({sum_of('cents', UNPROMOTED)} * CAST({count_of(PROMOTED)} AS DOUBLE))",
        ),
        missing="no purchase of one of both kinds",
        rows=f"{YEAR.condition} AND {BOUGHT}",
    ),
    *share(
        "instalment_spend",
        "paid on instalment credit over paid for purchases at the shop",
        YEAR,
        part="is_on_credit",
        value="cents",
        where=BOUGHT,
        missing="nothing paid at the shop in that time",
    ),
)
"""Over purchases, their refunds and card payments together. What a customer of a partner bank bought at the shop by
bank card is booked by the bank as well: neither the purchase nor its refund then is `is_counted`, so that no money is
spent twice."""

MIX_FORMULAS = (
    *(
        feature
        for scene, spent in zip(SCENES, SPENT_IN, strict=True)
        for feature in formula(
            f"{scene}_spend_share_365d",
            "double",
            f"spent on {scene} over spent on all scenes with more spent than given back, in the last 365 days",
            share_of(spent, SPENT),
            missing=NOTHING,
            rows=COUNTED_IN_YEAR,
        )
    ),
    *formula(
        "scene_entropy_365d",
        "double",
        "Shannon's entropy, in nats, of what was spent on each scene in the last 365 days: 0 for one scene only",
        entropy_of(SPENT_IN),
        missing=NOTHING,
        rows=COUNTED_IN_YEAR,
    ),
    *formula(
        "top_scene_365d",
        "string",
        "scene most was spent on in the last 365 days; in a tie the first in the order of the list",
        first_largest(SCENES, SPENT_IN),
        missing=NOTHING,
        allowed=SCENES,
        rows=COUNTED_IN_YEAR,
    ),
    *formula(
        "paid_scene_count_365d",
        "bigint",
        "scenes with a payment at the shop or by card in the last 365 days",
        f"CAST({' + '.join(f'least({scene}_payment_count_365d, 1L)' for scene in SCENES)} AS BIGINT)",
        rows=f"{COUNTED_IN_YEAR} AND cents > 0",
    ),
)
"""Over the columns above."""

MERCHANT_MEASURES = (
    *formula(
        "merchant_count_90d",
        "bigint",
        "merchants paid by card in the last 90 days",
        count_of("newest_days_ago < 90"),
        rows=f"{SEASON.condition} AND {PAID_MERCHANT}",
    ),
    *formula(
        "new_merchant_share_90d",
        "double",
        "merchants first paid by card in the last 90 days over merchants paid in the last 90 days",
        share_of(count_of("oldest_days_ago < 90"), count_of("newest_days_ago < 90")),
        missing="no merchant paid by card in the last 90 days",
        rows=f"{EVER.condition} AND {PAID_MERCHANT}",
    ),
    *formula(
        "top_merchant_share_365d",
        "double",
        "card payments to the merchant paid most often over card payments to merchants, in the last 365 days",
        share_of("max(payment_count)", "sum(payment_count)"),
        missing="no merchant paid by card in the last 365 days",
        rows=f"{YEAR.condition} AND {PAID_MERCHANT}",
    ),
)
"""Over the merchants a customer ever paid by card, one row for each."""

TRADE_MEASURES = (
    *formula(
        "trade_count_365d",
        "bigint",
        "trades of the merchants paid by card in the last 365 days, by the code of their category (MCC, ISO 18245)",
        "count(1)",
        rows=f"{YEAR.condition} AND {PAID_TRADE}",
    ),
    *formula(
        "trade_entropy_365d",
        "double",
        "Shannon's entropy, in nats, of the card payments of the last 365 days over these trades: 0 for one only",
        entropy_over_groups("payment_count"),
        missing="no merchant of a known trade paid by card in the last 365 days",
        rows=f"{YEAR.condition} AND {PAID_TRADE}",
    ),
)
"""Over the trades of the card payments of the last 365 days, one row for each."""

SCENES_OF_LIFE = Table(
    __name__,
    grain="one row per customer with a purchase or a card payment in the last 365 days",
    built_from=(
        PURCHASES,
        REFUNDS,
        TRANSACTIONS,
        IDENTITIES,
    ),
    describes=Describes.DAY,
    key=("customer_id",),
    columns=(CUSTOMER_ID, *columns_of(*SPENDING_MEASURES, *MIX_FORMULAS, *MERCHANT_MEASURES, *TRADE_MEASURES)),
)
