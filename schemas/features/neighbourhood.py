"""Whom a customer is tied to, one hop away, what passes between them, and how those keep their promises.

A neighbour is another customer tied by a transfer ever, a shared identifier or a favour. Moments of amounts are those
of the whole, not of a sample (Joanes and Gill 1998). A default is known when an instalment has been unpaid for 60 days;
the share of neighbours known to have defaulted is drawn towards the usual: (defaulted + 5 * usual) / (matured + 5),
where usual is 0.02 and a neighbour is matured when some instalment was due 60 or more days ago. Defaulters two ties
away and the growth of the community are told in default_influence and network_position, which see the whole network.
"""

from collections.abc import Iterator

from schemas.cleaned.accounts import ACCOUNTS
from schemas.cleaned.instalments import INSTALMENTS
from schemas.cleaned.transfers import TRANSFERS as PAYMENTS
from schemas.columns import CUSTOMER_ID
from schemas.customers.identities import IDENTITIES
from schemas.edges.favours import FAVOURS
from schemas.edges.shared_identifiers import SHARED_IDENTIFIERS
from schemas.edges.transfers import TRANSFERS
from schemas.table import Column, Describes, Table

SHARED = {
    "phone": "a phone on a partner's record",
    "address": "an address of parcels",
    "device": "a device",
    "recipient": "the phone of a recipient",
    "household": "the address most parcels of the last 365 days went to",
    "card": "a credit card's account",
}
FAVOURED = {
    "brought": "the customer brought to the shop",
    "bringing": "who brought the customer to the shop",
    "gifted": "to whose phone the customer had a purchase sent",
    "gifting": "who had a purchase sent to the customer's phone",
}


def amounts(direction: str, verb: str) -> Iterator[Column]:
    """The shape of the transfers of one direction."""
    what, nothing = f"single transfers {verb} other customers in the last 180 days, in cents", f"nothing {direction}"
    name, alike = f"{direction}_cents", f"{nothing}, or all amounts equal"
    yield Column(f"{direction}_count_180d", "bigint", f"transfers {verb} other customers in the last 180 days")
    yield Column(f"{name}_mean_180d", "double", f"mean of {what}", missing=nothing)
    yield Column(f"{name}_max_180d", "bigint", f"largest of {what}", missing=nothing)
    yield Column(f"{name}_variance_180d", "double", f"variance of {what} squared", missing=nothing)
    yield Column(f"{name}_skewness_180d", "double", f"skewness of {what}: above 0 when few are large", missing=alike)
    yield Column(f"{name}_kurtosis_180d", "double", f"kurtosis of {what}, less that of the normal, 3", missing=alike)


NEIGHBOURHOOD = Table(
    __name__,
    grain="one row per customer with a tie",
    built_from=(
        TRANSFERS,
        SHARED_IDENTIFIERS,
        FAVOURS,
        PAYMENTS,
        INSTALMENTS,
        ACCOUNTS,
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
        *amounts("sent", "to"),
        *amounts("received", "from"),
        Column(
            "sent_received_ratio_180d",
            "double",
            "sent over received by transfer in the last 180 days",
            missing="nothing received",
        ),
        *(
            Column(
                f"counterparty_count_{days}d",
                "bigint",
                f"customers paid, or who paid, by transfer in the last {days} days",
            )
            for days in (30, 90, 180)
        ),
        Column(
            "reciprocal_counterparty_share_180d",
            "double",
            "customers paid and paying over those paid or paying, in the last 180 days",
            missing="no transfer in the last 180 days",
        ),
        Column("sharing_customer_count", "bigint", "customers sharing an identifier of any kind"),
        *(
            Column(f"{kind}_sharing_customer_count", "bigint", f"customers sharing {what}")
            for kind, what in SHARED.items()
        ),
        *(Column(f"{role}_customer_count", "bigint", f"customers {what}") for role, what in FAVOURED.items()),
        Column("neighbour_count", "bigint", "customers tied by transfer, by a shared identifier or by a favour"),
        *(
            Column(
                f"new_neighbour_count_{days}d", "bigint", f"of these, tied for the first time in the last {days} days"
            )
            for days in (7, 30)
        ),
        Column("card_holding_neighbour_count", "bigint", "neighbours with an open credit card of a partner bank"),
        Column("borrowing_neighbour_count", "bigint", "neighbours with an instalment plan"),
        Column(
            "late_neighbour_share",
            "double",
            "neighbours 30 or more days past due over neighbours with a plan, on the day, never the customer",
            missing="no neighbour with a plan",
        ),
        Column("matured_neighbour_count", "bigint", "neighbours with an instalment that was due 60 or more days ago"),
        Column(
            "defaulted_neighbour_count", "bigint", "of these, known by the day to have defaulted, never the customer"
        ),
        Column(
            "defaulted_neighbour_share",
            "double",
            "defaulted over matured neighbours, drawn towards the usual: 0.02 when none is matured",
        ),
    ),
)
