"""What must be true of browsing events beyond the contract."""

from expectations.cleaned import CLOCKS_RUN_AHEAD, KEEPS_GROWING
from expectations.rules import Severity, given, not_after_the_night, rows_not_far_below_earlier_nights

RULES = (
    rows_not_far_below_earlier_nights(0.9, because=KEEPS_GROWING),
    not_after_the_night("occurred_at", because=CLOCKS_RUN_AHEAD, severity=Severity.WARNING),
    given(
        "source_record_id",
        because="most visits that lead anywhere are made while logged in; 1 in 10 is a guess",
        severity=Severity.WARNING,
        mostly=0.1,
    ),
)
