"""Who brought whom to the shop."""

from schemas.columns import CAPTURED_DATE
from schemas.table import Column, Describes, FileDrop, Table

SHOP_REFERRALS = Table(
    __name__,
    grain="one referral",
    describes=Describes.KNOWLEDGE,
    key=("referral_id",),
    source=FileDrop("referrals", file_format="csv.gz"),
    may_be_empty=True,
    columns=(
        Column("referral_id", "string", "the shop's id of the referral"),
        Column("referrer_shop_user_id", "string", "who brought"),
        Column("referred_shop_user_id", "string", "who was brought"),
        Column("referred_at", "timestamp", "when"),
        CAPTURED_DATE,
    ),
)
