"""What must be true of record pairs beyond the contract."""

from expectations.rules import different, rows_not_far_below_earlier_nights

RULES = (
    different("left_record_id", "right_record_id", because="a record is no pair with itself"),
    rows_not_far_below_earlier_nights(0.8, because="records do not lose what ties them overnight; 0.8 is a guess"),
)
