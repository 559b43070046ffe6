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
    not_less_than("neighbour_count", "counterparty_count_180d", because="who was paid or paid is a neighbour"),
    not_less_than("counterparty_count_180d", "counterparty_count_90d", because="the longer window holds the shorter"),
    not_less_than("counterparty_count_90d", "counterparty_count_30d", because="the longer window holds the shorter"),
    not_less_than("neighbour_count", "new_neighbour_count_30d", because="a part of the neighbours"),
    not_less_than("new_neighbour_count_30d", "new_neighbour_count_7d", because="the longer window holds the shorter"),
    not_less_than(
        "borrowing_neighbour_count", "matured_neighbour_count", because="who has a due instalment has a plan"
    ),
    not_less_than("matured_neighbour_count", "defaulted_neighbour_count", because="who defaulted had something due"),
    *(
        not_less_than(f"{way}_cents_sum_180d", f"{way}_cents_max_180d", because="the largest is a part of the sum")
        for way in ("sent", "received")
    ),
    *(at_least(f"{way}_cents_variance_180d", 0, because="squares are not negative") for way in ("sent", "received")),
    at_least("sent_cents_sum_180d", 0, because="amounts sent are positive"),
    at_least("received_cents_sum_180d", 0, because="amounts received are positive"),
    rows_not_far_below_earlier_nights(because="ties do not vanish overnight; one half is a guess"),
)
