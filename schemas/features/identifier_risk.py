"""How many of the others behind a customer's phones, addresses, devices and cards are known to have defaulted.

Every share leaves the customer out and is drawn towards the usual: (defaulters + 5 * usual) / (others + 5), where usual
is 0.02. A recipient's phone counts as a phone, a home as one of the addresses. Heavy identifiers, used by more than ten
customers in one and the same way, tie nobody but count here: no pair of people is ever formed. A default is known when
an instalment has been unpaid for 60 days.
"""

from schemas.cleaned.instalments import INSTALMENTS
from schemas.columns import CUSTOMER_ID
from schemas.customers.identities import IDENTITIES
from schemas.edges.identifier_holders import IDENTIFIER_HOLDERS
from schemas.table import Column, Describes, Table

IDENTIFIER_RISK = Table(
    __name__,
    grain="one row per customer who was seen with a phone, an address, a device or a card",
    built_from=(
        IDENTIFIER_HOLDERS,
        INSTALMENTS,
        IDENTITIES,
    ),
    describes=Describes.DAY,
    key=("customer_id",),
    may_be_empty=True,
    columns=(
        CUSTOMER_ID,
        Column("identifier_count_ever", "bigint", "phones, addresses, devices and cards the customer was seen with"),
        Column("new_identifier_count_30d", "bigint", "of these, first seen with the customer in the last 30 days"),
        Column("new_device_count_7d", "bigint", "devices first seen with the customer in the last 7 days"),
        Column("has_device_burst", "boolean", "whether these are three or more"),
        Column(
            "days_since_new_phone",
            "int",
            "days since a partner's record has had the newest of the phones; since the record began where none changed",
            missing="no phone on a record",
        ),
        Column("shared_identifier_count_ever", "bigint", "of these, seen with somebody else too"),
        Column("has_heavy_identifier", "boolean", "whether one of them is listed in edges/heavy_identifiers"),
        Column(
            "identifier_default_share_mean",
            "double",
            "mean share of known defaulters among the others behind a shared identifier, drawn towards the usual",
            missing="shares nothing",
        ),
        Column(
            "identifier_default_share_max",
            "double",
            "largest such share",
            missing="shares nothing",
        ),
        Column(
            "identifier_defaulter_count",
            "bigint",
            "known defaulters behind the shared identifiers, the customer left out, once for each identifier",
        ),
    ),
)
