"""What must be true of the shop's lines of credit beyond the contract."""

from expectations.captured import CLOCKS_RUN_AHEAD, NOISE
from expectations.rules import Severity, at_least, not_after_the_night, not_less_than

RULES = (
    at_least("limit_cents", 0, because=f"a limit is an amount, 0 when blocked: {NOISE}", mostly=0.95),
    not_less_than("updated_at", "opened_at", because="a line changes after it is opened", severity=Severity.WARNING),
    not_after_the_night("opened_at", skew_hours=1, because=CLOCKS_RUN_AHEAD, severity=Severity.WARNING),
    not_after_the_night("updated_at", skew_hours=1, because=CLOCKS_RUN_AHEAD, severity=Severity.WARNING),
)
