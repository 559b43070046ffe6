"""What must be true of referrals beyond the contract."""

from expectations.cleaned import CLOCKS_RUN_AHEAD, KEEPS_GROWING
from expectations.rules import Severity, different, not_after_the_night, rows_not_far_below_earlier_nights

RULES = (
    rows_not_far_below_earlier_nights(0.9, because=KEEPS_GROWING),
    different(
        "referrer_source_record_id",
        "referred_source_record_id",
        because="nobody brings themselves; who does ties nobody, and is looked at as fraud",
        severity=Severity.WARNING,
    ),
    not_after_the_night("referred_at", because=CLOCKS_RUN_AHEAD, severity=Severity.WARNING),
)
