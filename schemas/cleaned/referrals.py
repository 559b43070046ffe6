"""Who brought whom to the shop, each referral once."""

from schemas.captured.shop_referrals import SHOP_REFERRALS
from schemas.columns import KNOWN_DATE
from schemas.table import Column, Describes, Table

REFERRALS = Table(
    __name__,
    grain="one referral",
    built_from=(SHOP_REFERRALS,),
    describes=Describes.KNOWLEDGE,
    key=("referral_id",),
    may_be_empty=True,
    columns=(
        Column("referral_id", "string", "the shop's id of the referral"),
        Column("referrer_source_record_id", "string", "who brought: shop:<shop_user_id>"),
        Column("referred_source_record_id", "string", "who was brought: shop:<shop_user_id>"),
        Column("referred_at", "timestamp", "when"),
        KNOWN_DATE,
    ),
)
