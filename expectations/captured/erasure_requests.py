"""What must be true of requests to be forgotten beyond the contract."""

from expectations.captured import CLOCKS_RUN_AHEAD
from expectations.rules import Severity, not_after_the_night

RULES = (not_after_the_night("requested_at", skew_hours=1, because=CLOCKS_RUN_AHEAD, severity=Severity.WARNING),)
