"""What must be true of customers beyond the contract."""

from expectations.rules import BusinessDate, Severity, at_most, rows_not_far_below_earlier_nights

RULES = (
    rows_not_far_below_earlier_nights(
        0.95, because="people do not vanish; one in twenty merged in one night is a guess at the most a day explains"
    ),
    at_most("known_since_date", BusinessDate(), because="only relations that have begun are records"),
    at_most("birth_date", BusinessDate(), because="nobody is born tomorrow", severity=Severity.WARNING),
    at_most(
        "shop_record_count",
        10,
        because="a person has a handful of records; more looks like a chain of wrong ties",
        severity=Severity.WARNING,
    ),
    at_most(
        "bank_record_count",
        10,
        because="a person has a handful of records; more looks like a chain of wrong ties",
        severity=Severity.WARNING,
    ),
)
