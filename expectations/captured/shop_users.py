"""What must be true of the shop's users beyond the contract."""

from datetime import date

from expectations.captured import CLOCKS_RUN_AHEAD
from expectations.rules import BusinessDate, Severity, between, not_after_the_night, not_less_than

RULES = (
    not_after_the_night("registered_at", skew_hours=1, because=CLOCKS_RUN_AHEAD, severity=Severity.WARNING),
    not_after_the_night("updated_at", skew_hours=1, because=CLOCKS_RUN_AHEAD, severity=Severity.WARNING),
    not_less_than("updated_at", "registered_at", because="a user changes after registering", severity=Severity.WARNING),
    between(
        "birth_date",
        date(1900, 1, 1),
        BusinessDate(),
        because="nobody alive was born before 1900 or after today; users type the date themselves",
        severity=Severity.WARNING,
    ),
    between(
        "city_tier", 1, 6, because="tiers run from 1 to 5, and 6 for places without one", severity=Severity.WARNING
    ),
)
