"""What must be true of promises beyond its contract."""

from expectations.rules import (
    Severity,
    at_least,
    mean_between,
    not_less_than,
    rows_not_far_below_earlier_nights,
)

RULES = (
    at_least("credit_line_cents_sum", 0, because="nobody is granted less than nothing", severity=Severity.WARNING),
    not_less_than("refused_delivery_count", "refused_delivery_count_365d", because="ever holds the last year"),
    not_less_than("cancelled_order_count", "cancelled_order_count_365d", because="ever holds the last year"),
    not_less_than("cancelled_order_count_365d", "cancelled_order_count_90d", because="a year holds its last 90 days"),
    not_less_than("cancelled_order_count_365d", "cancelled_paid_order_count_365d", because="a part of them"),
    mean_between(
        "cancelled_order_share_365d",
        0.0,
        0.3,
        because="most of what is ordered is taken; above this, deliveries are no longer told; a guess",
        severity=Severity.WARNING,
    ),
    rows_not_far_below_earlier_nights(
        0.9, because="statements, lines and ended orders only grow; 0.9 leaves room for erased people"
    ),
)
