"""What must be true of applications for the card beyond the contract."""

from expectations.captured import NOISE, SLICE
from expectations.rules import Severity, at_least, not_after_the_night, not_less_than

RULES = (
    not_after_the_night("updated_at", because=SLICE),
    not_less_than(
        "decided_at", "applied_at", because="nobody decides before the application", severity=Severity.WARNING
    ),
    not_less_than(
        "activated_at", "decided_at", because="a card is used after it is granted", severity=Severity.WARNING
    ),
    at_least("approved_limit_cents", 0, because=f"a limit is an amount: {NOISE}", mostly=0.95),
)
