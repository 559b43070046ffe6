"""What must be true of the instalments due beyond the contract."""

from datetime import date

from expectations.captured import CLOCKS_RUN_AHEAD, NOISE
from expectations.rules import BusinessDate, Severity, at_least, between, not_after_the_night

RULES = (
    at_least("instalment_number", 1, because=f"instalments are counted from 1: {NOISE}", mostly=0.95),
    at_least("schedule_version", 1, because=f"versions are counted from 1: {NOISE}", mostly=0.95),
    at_least("due_cents", 0, because=f"what is due is written as a positive amount: {NOISE}", mostly=0.95),
    between(
        "due_date",
        date(2000, 1, 1),
        BusinessDate(3660),
        because="no plan is older than the shop or runs longer than ten years; both bounds are guesses",
        severity=Severity.WARNING,
    ),
    not_after_the_night("published_at", skew_hours=1, because=CLOCKS_RUN_AHEAD, severity=Severity.WARNING),
)
