"""Who brought whom to the shop, and who has parcels sent to whose phone: ties with a direction.

A gift is a purchase for a recipient whose phone stands on the record of other customers, at most ten, and not on the
buyer's own; a phone to which more than ten customers send is a shop's or an office's and ties nobody.
"""

from schemas.cleaned.referrals import REFERRALS
from schemas.columns import KNOWN_DATE
from schemas.customers.identities import IDENTITIES
from schemas.edges.identifier_holders import IDENTIFIER_HOLDERS
from schemas.table import Column, Describes, Table

FAVOURS = Table(
    __name__,
    grain="one customer, one other and kind of favour",
    built_from=(
        REFERRALS,
        IDENTIFIER_HOLDERS,
        IDENTITIES,
    ),
    describes=Describes.DAY,
    key=(
        "giver_customer_id",
        "receiver_customer_id",
        "favour_type",
    ),
    may_be_empty=True,
    columns=(
        Column("giver_customer_id", "string", "the customer who brought the other, or had something sent there"),
        Column("receiver_customer_id", "string", "the other, never the giver"),
        Column(
            "favour_type",
            "string",
            "referral: brought to the shop. gift: had a purchase sent to the other's phone",
            allowed=("referral", "gift"),
        ),
        Column("favour_count", "bigint", "referrals; of gifts, the phones of the other they were sent to"),
        Column("first_seen_at", "timestamp", "oldest of them, of a gift not before the phone stood on the record"),
        Column("last_seen_at", "timestamp", "newest of them"),
        KNOWN_DATE,
    ),
)
