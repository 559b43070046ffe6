"""What must be true of identifier holders beyond the contract."""

from expectations.rules import at_least, not_after_the_night, not_less_than, rows_not_far_below_earlier_nights

RULES = (
    rows_not_far_below_earlier_nights(
        0.8, because="all sightings ever; records that become one person take a few rows away; a guess"
    ),
    at_least("holder_count", 1, because="the customer is one of them"),
    not_less_than("last_seen_at", "first_seen_at", because="the newest is not before the oldest"),
    not_after_the_night("last_seen_at", because="only sightings up to the day count"),
)
