"""What must be true of our messages beyond the contract."""

from expectations.captured import CLOCKS_RUN_AHEAD
from expectations.rules import Severity, not_after_the_night, not_less_than

RULES = (
    not_less_than("opened_at", "sent_at", because="nobody opens what is not sent", severity=Severity.WARNING),
    not_less_than("applied_at", "sent_at", because="what came before is no outcome", severity=Severity.WARNING),
    not_after_the_night("updated_at", skew_hours=1, because=CLOCKS_RUN_AHEAD, severity=Severity.WARNING),
)
