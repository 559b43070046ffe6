"""What must be true of the banks' accounts beyond the contract."""

from expectations.captured import NOISE, SLICE
from expectations.rules import Severity, at_least, not_after_the_night, not_less_than

RULES = (
    not_after_the_night("updated_at", because=SLICE),
    not_less_than("closed_at", "opened_at", because="nothing closes before it opens", severity=Severity.WARNING),
    at_least("credit_limit_cents", 0, because=f"a limit is an amount, 0 when blocked: {NOISE}", mostly=0.95),
)
