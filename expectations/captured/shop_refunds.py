"""What must be true of the shop's refunds beyond the contract."""

from expectations.captured import CLOCKS_RUN_AHEAD, NOISE
from expectations.rules import Severity, at_least, not_after_the_night

RULES = (
    at_least("amount_cents", 1, because=f"a refund is written as a positive amount: {NOISE}", mostly=0.95),
    at_least(
        "amount_cents",
        0,
        because="a single negative refund would count as spend; it is looked at",
        severity=Severity.WARNING,
    ),
    not_after_the_night("refunded_at", skew_hours=1, because=CLOCKS_RUN_AHEAD, severity=Severity.WARNING),
)
