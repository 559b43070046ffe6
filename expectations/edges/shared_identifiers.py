"""What must be true of shared identifiers beyond the contract."""

from expectations.rules import (
    Severity,
    at_least,
    at_most,
    not_after_the_night,
    not_less_than,
    rows_not_far_below_earlier_nights,
)

RULES = (
    rows_not_far_below_earlier_nights(
        0.8, because="ties are made of all sightings ever; records that become one person take a few away; a guess"
    ),
    at_least("identifier_count", 1, because="a pair without anything shared is no pair"),
    at_most("identifier_count", 100, because="more looks like a placeholder value; a guess", severity=Severity.WARNING),
    at_least("tie_weight", 1 / 9, because="an identifier of more than ten customers ties nobody"),
    not_less_than("identifier_count", "tie_weight", because="an identifier that only the two use weighs 1"),
    not_less_than("last_seen_at", "first_seen_at", because="the end of a tie lies after its beginning"),
    not_after_the_night("last_seen_at", because="only sightings up to the day count"),
)
