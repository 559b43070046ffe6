"""What must be true of the shop's orders beyond the contract."""

from expectations.captured import CLOCKS_RUN_AHEAD, HALF_OF_A_HOLIDAY, NOISE
from expectations.rules import (
    Severity,
    adds_up,
    at_least,
    between,
    not_after_the_night,
    not_less_than,
    rows_not_far_below_earlier_nights,
)

RULES = (
    rows_not_far_below_earlier_nights(0.4, because=f"no orders is not 'nobody bought'; {HALF_OF_A_HOLIDAY}"),
    at_least("gross_cents", 0, because="an order costs something or nothing", mostly=0.95),
    between("discount_cents", 0, 10**12, because=f"a discount is given, not taken: {NOISE}", mostly=0.95),
    not_less_than("gross_cents", "discount_cents", because=f"a discount is at most the value: {NOISE}", mostly=0.95),
    adds_up(
        "net_cents", ("gross_cents", "-discount_cents"), because=f"net is what is left to pay: {NOISE}", mostly=0.95
    ),
    at_least(
        "net_cents", 0, because="an order never pays the buyer; single rows are looked at", severity=Severity.WARNING
    ),
    not_less_than("paid_at", "ordered_at", because="nobody pays before ordering", severity=Severity.WARNING),
    not_less_than("updated_at", "ordered_at", because="an order changes after it is placed", severity=Severity.WARNING),
    not_after_the_night("ordered_at", skew_hours=1, because=CLOCKS_RUN_AHEAD, severity=Severity.WARNING),
    not_after_the_night("updated_at", skew_hours=1, because=CLOCKS_RUN_AHEAD, severity=Severity.WARNING),
)
