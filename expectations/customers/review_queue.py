"""What must be true of the review queue beyond the contract."""

from expectations.rules import BusinessDate, Severity, at_least, at_most, rows_between, unique

RULES = (
    at_least("match_probability", 0.0, because="it is a probability"),
    at_most("match_probability", 1.0, because="it is a probability"),
    at_most("waiting_since_date", BusinessDate(), because="a pair comes into the queue on a night"),
    unique("place_in_queue", because="two pairs are not looked at first"),
    rows_between(
        0, 100_000, because="nobody can look at more; the thresholds are wrong (a guess)", severity=Severity.WARNING
    ),
)
