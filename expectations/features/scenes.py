"""What must be true of scenes beyond its contract."""

from expectations.rules import between, rows_not_far_below_earlier_nights
from schemas.columns import SCENES

RULES = (
    between("scene_entropy_365d", 0, 1.9460, because="seven scenes in equal parts have the entropy ln 7"),
    between("paid_scene_count_365d", 0, len(SCENES), because="every payment has one of the scenes"),
    between("wallet_share_365d", 0, 1, because="the shop's part of the whole"),
    between("new_merchant_share_90d", 0, 1, because="new merchants are merchants"),
    between("promotion_spend_share_365d", 0, 1, because="a part of what was paid"),
    between("instalment_spend_share_365d", 0, 1, because="a part of what was paid"),
    rows_not_far_below_earlier_nights(because="buyers of a year do not vanish overnight; one half is a guess"),
)
