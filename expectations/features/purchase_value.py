"""What must be true of purchase_value beyond its contract."""

from expectations.rules import Severity, at_least, at_most, between, not_less_than, rows_not_far_below_earlier_nights
from schemas.columns import SCENES
from schemas.features.purchase_value import QUINTILES

RULES = (
    between("days_since_last_purchase", 0, 364, because="without a purchase in the last 365 days there is no row"),
    at_least("purchase_count_365d", 1, because="without a purchase in the last 365 days there is no row"),
    not_less_than("purchase_count_365d", "purchase_count_90d", because="the longer window holds the shorter one"),
    not_less_than("purchase_count_90d", "purchase_count_30d", because="the longer window holds the shorter one"),
    between("scene_count_365d", 1, len(SCENES), because="every purchase has one of the scenes"),
    at_most(
        "net_spend_cents_sum_365d",
        1_000_000_000_00,
        because="a billion a year is a slipped decimal point; a guess",
        severity=Severity.WARNING,
    ),
    *(between(column.name, 1, 5, because="a fifth") for column in QUINTILES),
    not_less_than("purchase_count", "purchase_count_730d", because="the longer window holds the shorter one"),
    not_less_than("purchase_count", "repeat_purchase_day_count", because="a day with a purchase holds one"),
    rows_not_far_below_earlier_nights(because="buyers of a year do not vanish overnight; one half is a guess"),
)
