"""What must be true of customer_segments beyond its contract."""

from expectations.rules import matches, rows_not_far_below_earlier_nights

RULES = (
    matches("segment_reason", r"\S.*", because="a segment that nobody can explain must not be acted on"),
    rows_not_far_below_earlier_nights(0.8, because="customers do not vanish overnight; 0.8 is a guess"),
)
