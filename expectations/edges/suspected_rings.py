"""What must be true of suspected rings beyond the contract."""

from expectations.rules import Severity, at_least, at_most, not_after_the_night, not_less_than

RULES = (
    at_least("ring_customer_count", 3, because="two who pay each other are no circle"),
    at_most(
        "ring_customer_count",
        100,
        because="so many are a business or a savings club; a guess",
        severity=Severity.WARNING,
    ),
    at_least("cycle_length", 3, because="two who pay each other are no circle"),
    at_most("cycle_length", 8, because="longer circles are not looked for"),
    not_less_than("ring_customer_count", "cycle_length", because="a shortest circle meets nobody twice"),
    at_least("ring_transfer_count", 12, because="three regular payments of four transfers each"),
    not_less_than("ring_amount_cents_sum", "ring_amount_cents_sum_180d", because="ever holds the last 180 days"),
    not_less_than("ring_amount_cents_sum", "received_in_ring_cents_sum", because="a part of what went round"),
    not_after_the_night("ring_last_transferred_at", because="only transfers up to the day count"),
)
