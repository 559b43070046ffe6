"""What must be true of neighbourhood beyond its contract."""

from expectations.rules import Severity, at_least, at_most, not_less_than, rows_not_far_below_earlier_nights

RULES = (
    at_least("neighbour_count", 1, because="a customer without a tie has no row"),
    at_most(
        "neighbour_count",
        10_000,
        because="nobody knows so many: a shared device or a collecting account that should have been cut off; a guess",
        severity=Severity.WARNING,
    ),
    not_less_than("neighbour_count", "paid_customer_count_180d", because="who was paid is a neighbour"),
    not_less_than("neighbour_count", "paying_customer_count_180d", because="who paid is a neighbour"),
    not_less_than("neighbour_count", "sharing_customer_count", because="who shares an identifier is a neighbour"),
    not_less_than("neighbour_count", "borrowing_neighbour_count", because="a part of the neighbours"),
    at_least("sent_cents_sum_180d", 0, because="amounts sent are positive"),
    at_least("received_cents_sum_180d", 0, because="amounts received are positive"),
    rows_not_far_below_earlier_nights(because="ties do not vanish overnight; one half is a guess"),
)
