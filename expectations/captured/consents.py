"""What must be true of people's wishes beyond the contract."""

from expectations.captured import CLOCKS_RUN_AHEAD
from expectations.rules import Severity, not_after_the_night

RULES = (not_after_the_night("occurred_at", skew_hours=1, because=CLOCKS_RUN_AHEAD, severity=Severity.WARNING),)
