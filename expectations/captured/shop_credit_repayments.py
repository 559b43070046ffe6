"""What must be true of repayments beyond the contract."""

from expectations.captured import CLOCKS_RUN_AHEAD, NOISE
from expectations.rules import Severity, at_least, not_after_the_night

RULES = (
    at_least(
        "amount_cents", 1, because=f"payments and reversals are written as positive amounts: {NOISE}", mostly=0.95
    ),
    at_least("instalment_number", 1, because=f"instalments are counted from 1: {NOISE}", mostly=0.95),
    not_after_the_night("paid_at", skew_hours=1, because=CLOCKS_RUN_AHEAD, severity=Severity.WARNING),
)
