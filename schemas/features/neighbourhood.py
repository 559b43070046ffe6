"""Whom a customer is tied to, one hop away, and how those keep their promises."""

from schemas.cleaned.instalments import INSTALMENTS
from schemas.columns import CUSTOMER_ID
from schemas.customers.identities import IDENTITIES
from schemas.edges.shared_identifiers import SHARED_IDENTIFIERS
from schemas.edges.transfers import TRANSFERS
from schemas.table import Column, Describes, Table

NEIGHBOURHOOD = Table(
    __name__,
    grain="one row per customer with a tie",
    built_from=(
        TRANSFERS,
        SHARED_IDENTIFIERS,
        INSTALMENTS,
        IDENTITIES,
    ),
    describes=Describes.DAY,
    key=("customer_id",),
    may_be_empty=True,
    columns=(
        CUSTOMER_ID,
        Column("paid_customer_count_180d", "bigint", "customers paid by transfer in the last 180 days"),
        Column("paying_customer_count_180d", "bigint", "customers who paid by transfer in the last 180 days"),
        Column("sent_cents_sum_180d", "bigint", "sent by transfer in the last 180 days"),
        Column("received_cents_sum_180d", "bigint", "received by transfer in the last 180 days"),
        Column("sharing_customer_count", "bigint", "customers sharing a phone, an address or a device"),
        Column("neighbour_count", "bigint", "customers tied by transfer or by a shared identifier"),
        Column("borrowing_neighbour_count", "bigint", "neighbours with an instalment plan"),
        Column(
            "late_neighbour_share",
            "double",
            "neighbours 30 or more days past due over neighbours with a plan, on the day, never the customer",
            missing="no neighbour with a plan",
        ),
    ),
)
