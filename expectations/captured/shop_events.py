"""What must be true of what people did in the shop beyond the contract."""

from expectations.captured import CLOCKS_RUN_AHEAD, HALF_OF_A_HOLIDAY
from expectations.rules import Severity, not_after_the_night, rows_not_far_below_earlier_nights

RULES = (
    rows_not_far_below_earlier_nights(0.4, because=f"a silent tracker is not a quiet day; {HALF_OF_A_HOLIDAY}"),
    not_after_the_night("occurred_at", skew_hours=1, because=CLOCKS_RUN_AHEAD, severity=Severity.WARNING),
)
