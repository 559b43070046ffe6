"""What must be true of the banks' customers beyond the contract."""

from datetime import date

from expectations.captured import SLICE
from expectations.rules import BusinessDate, Severity, at_least, between, not_after_the_night, not_less_than

RULES = (
    not_after_the_night("updated_at", because=SLICE),
    not_less_than("updated_at", "opened_at", because="a relation changes after it began", severity=Severity.WARNING),
    between(
        "birth_date",
        date(1900, 1, 1),
        BusinessDate(),
        because="nobody alive was born before 1900 or after today",
        severity=Severity.WARNING,
    ),
    at_least("kyc_level", 0, because="0 is not verified", severity=Severity.WARNING),
)
