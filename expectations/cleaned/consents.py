"""What must be true of consents beyond the contract."""

from expectations.cleaned import CLOCKS_RUN_AHEAD, KEEPS_GROWING
from expectations.rules import Severity, matches, not_after_the_night, rows_not_far_below_earlier_nights

RULES = (
    rows_not_far_below_earlier_nights(0.9, because=KEEPS_GROWING),
    not_after_the_night("occurred_at", because=CLOCKS_RUN_AHEAD, severity=Severity.WARNING),
    matches(
        "source_record_id",
        "[^?].*",
        because="a wish that means nobody we know is kept and seen here; 1 in 100 is a guess",
        severity=Severity.WARNING,
        mostly=0.99,
    ),
)
