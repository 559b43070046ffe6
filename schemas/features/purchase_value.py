"""How recently, how often and for how much a customer buys."""

from schemas.cleaned.purchases import PURCHASES
from schemas.cleaned.refunds import REFUNDS
from schemas.columns import CUSTOMER_ID
from schemas.customers.identities import IDENTITIES
from schemas.table import Column, Describes, Table

PURCHASE_VALUE = Table(
    __name__,
    grain="one row per customer with a purchase in the last 365 days",
    built_from=(
        PURCHASES,
        REFUNDS,
        IDENTITIES,
    ),
    describes=Describes.DAY,
    key=("customer_id",),
    columns=(
        CUSTOMER_ID,
        Column("days_since_last_purchase", "int", "whole local days from the day the last purchase was paid to as_of"),
        Column("purchase_count_30d", "bigint", "purchases paid in the last 30 days"),
        Column("purchase_count_90d", "bigint", "purchases in the last 90 days"),
        Column("purchase_count_365d", "bigint", "purchases in the last 365 days"),
        Column(
            "net_spend_cents_sum_30d",
            "bigint",
            "paid minus refunded in the last 30 days; negative when older purchases were refunded",
        ),
        Column("net_spend_cents_sum_90d", "bigint", "paid minus refunded in the last 90 days"),
        Column("net_spend_cents_sum_365d", "bigint", "paid minus refunded in the last 365 days"),
        Column(
            "refund_share_365d",
            "double",
            "refunded over paid in the last 365 days, at most 1",
            missing="nothing paid: discounts took all",
        ),
        Column(
            "discount_share_365d", "double", "discount over gross value in the last 365 days", missing="no gross value"
        ),
        Column(
            "instalment_share_365d", "double", "purchases paid by instalment credit over purchases in the last 365 days"
        ),
        Column("scene_count_365d", "bigint", "scenes bought in during the last 365 days"),
    ),
)
