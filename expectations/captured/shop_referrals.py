"""What must be true of referrals beyond the contract."""

from expectations.captured import CLOCKS_RUN_AHEAD
from expectations.rules import Severity, different, not_after_the_night

RULES = (
    different(
        "referrer_shop_user_id",
        "referred_shop_user_id",
        because="nobody brings themselves; single rows are looked at as fraud",
        severity=Severity.WARNING,
    ),
    not_after_the_night("referred_at", skew_hours=1, because=CLOCKS_RUN_AHEAD, severity=Severity.WARNING),
)
