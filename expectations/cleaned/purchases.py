"""What must be true of purchases beyond the contract."""

from expectations.cleaned import JOB_CUTS_HERE, KEEPS_GROWING
from expectations.rules import Severity, adds_up, given, not_after_the_night, rows_not_far_below_earlier_nights

RULES = (
    rows_not_far_below_earlier_nights(0.9, because=KEEPS_GROWING),
    not_after_the_night("paid_at", because=JOB_CUTS_HERE),
    adds_up(
        "net_cents",
        ("gross_cents", "-discount_cents"),
        because="money is neither made nor lost; single rows of the shop that disagree are looked at",
        severity=Severity.WARNING,
    ),
    given(
        "item_count",
        because="lines arrive with their order; 1 in 100 may come a day later, which is a guess",
        severity=Severity.WARNING,
        mostly=0.99,
    ),
)
