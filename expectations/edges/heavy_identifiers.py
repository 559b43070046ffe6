"""What must be true of heavy identifiers beyond the contract."""

from expectations.rules import at_least, not_after_the_night, not_less_than

RULES = (
    at_least("holder_count", 11, because="an identifier of up to ten customers ties them instead"),
    not_less_than("holder_count", "new_holder_count_7d", because="a part of the holders"),
    not_less_than("last_seen_at", "first_seen_at", because="the newest is not before the oldest"),
    not_after_the_night("last_seen_at", because="only sightings up to the day count"),
)
