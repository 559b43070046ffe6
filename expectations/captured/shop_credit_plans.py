"""What must be true of instalment plans beyond the contract."""

from expectations.captured import CLOCKS_RUN_AHEAD, NOISE
from expectations.rules import Severity, at_least, at_most, between, not_after_the_night

RULES = (
    at_least("principal_cents", 1, because=f"a plan lends something: {NOISE}", mostly=0.95),
    between(
        "instalment_count", 1, 120, because=f"ten years of months; the upper bound is a guess: {NOISE}", mostly=0.95
    ),
    between("annual_rate", 0, 1, because=f"0.12 is twelve per cent; 12 would be another unit: {NOISE}", mostly=0.95),
    at_most(
        "annual_rate",
        0.36,
        because="above 36 % a year Chinese courts did not enforce interest (Supreme Court, 2015)",
        severity=Severity.WARNING,
    ),
    not_after_the_night("opened_at", skew_hours=1, because=CLOCKS_RUN_AHEAD, severity=Severity.WARNING),
)
