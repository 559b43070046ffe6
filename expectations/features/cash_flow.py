"""What must be true of cash_flow beyond its contract."""

from expectations.rules import Severity, at_least, between, not_less_than, rows_not_far_below_earlier_nights

RULES = (
    at_least("inflow_cents_sum_90d", 0, because="credits only"),
    not_less_than("inflow_cents_sum_90d", "salary_cents_sum_90d", because="a salary is an inflow"),
    at_least("salary_cents_sum_90d", 0, because="credits only"),
    between("salary_month_count_180d", 0, 6, because="six periods of 30 days make 180 days"),
    between(
        "inflow_variation_180d", 0, 2.2361, because="all inflow in one of six periods varies most: the root of five"
    ),
    between("fee_count_180d", 0, 5_000, because="28 fees a day is a guess", severity=Severity.WARNING),
    between("low_balance_day_count_90d", 0, 90, because="days of the window"),
    not_less_than(
        "recurring_cents_sum_180d",
        "regular_obligation_cents_sum_180d",
        because="a part of what is paid again and again",
    ),
    at_least("own_transfer_cents_sum_90d", 0, because="what arrives on the other account is positive"),
    rows_not_far_below_earlier_nights(because="account holders do not vanish overnight; one half is a guess"),
)
