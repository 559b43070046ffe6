"""What must be true of purchase_outlook beyond its contract."""

from expectations.rules import at_least, between, not_less_than, rows_not_far_below_earlier_nights

RULES = (
    between("expected_purchase_day_count_next_365d", 0, 365, because="at most one day with a purchase each day"),
    not_less_than(
        "expected_purchase_day_count_next_365d",
        "expected_purchase_day_count_next_30d",
        because="the longer time holds the shorter one",
    ),
    at_least("lifetime_value_cents_low_next_365d", 0, because="purchases cost nothing or more"),
    not_less_than(
        "lifetime_value_cents_high_next_365d",
        "lifetime_value_cents_low_next_365d",
        because="the borders of one interval",
    ),
    rows_not_far_below_earlier_nights(0.9, because="few give back all they ever bought; 0.9 is a guess"),
)
