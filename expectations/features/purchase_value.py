"""What must be true of purchase_value beyond its contract."""

from expectations.rules import Severity, at_least, at_most, between, not_less_than, rows_not_far_below_earlier_nights
from schemas.columns import SCENES
from schemas.features.purchase_value import QUINTILES

RULES = (
    at_least("purchase_count", 1, because="who never bought has no row"),
    at_least("days_since_last_purchase", 0, because="a purchase of tomorrow is not known"),
    not_less_than("days_since_first_purchase", "days_since_last_purchase", because="the first comes first"),
    not_less_than("purchase_count_730d", "purchase_count_365d", because="the longer window holds the shorter one"),
    not_less_than("purchase_count_365d", "purchase_count_90d", because="the longer window holds the shorter one"),
    not_less_than("purchase_count_90d", "purchase_count_30d", because="the longer window holds the shorter one"),
    between("scene_count_365d", 0, len(SCENES), because="every purchase has one of the scenes"),
    at_most(
        "net_spend_cents_sum_365d",
        1_000_000_000_00,
        because="a billion a year is a slipped decimal point; a guess",
        severity=Severity.WARNING,
    ),
    *(between(column.name, 1, 5, because="a fifth") for column in QUINTILES),
    not_less_than("purchase_count", "purchase_count_730d", because="the longer window holds the shorter one"),
    not_less_than("purchase_count", "repeat_purchase_day_count", because="a day with a purchase holds one"),
    rows_not_far_below_earlier_nights(0.9, because="who ever bought stays; 0.9 leaves room for erased people"),
)
