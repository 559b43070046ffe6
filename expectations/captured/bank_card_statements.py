"""What must be true of credit-card statements beyond the contract."""

from expectations.captured import NOISE, SLICE
from expectations.rules import BusinessDate, Severity, at_least, at_most, not_after_the_night, not_less_than

RULES = (
    not_after_the_night("published_at", because=SLICE),
    not_less_than(
        "due_date", "statement_date", because="a statement is due after it closes", severity=Severity.WARNING
    ),
    at_most("statement_date", BusinessDate(1), because="statements are not written ahead", severity=Severity.WARNING),
    at_most(
        "due_date", BusinessDate(366), because="no card waits longer than a year; a guess", severity=Severity.WARNING
    ),
    at_least("minimum_due_cents", 0, because=f"the least to pay is never negative: {NOISE}", mostly=0.95),
)
