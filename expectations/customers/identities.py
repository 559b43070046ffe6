"""What must be true of identities beyond the contract."""

from expectations.rules import (
    BusinessDate,
    at_most,
    different,
    matches,
    not_after_the_night,
    not_less_than,
    rows_not_far_below_earlier_nights,
)

RULES = (
    rows_not_far_below_earlier_nights(
        0.99, because="a record once known leaves only with its person's wish; one in a hundred at once is a fault"
    ),
    matches("customer_id", "c[0-9a-f]{24}", because="ids are made in one way only"),
    at_most("customer_since_date", BusinessDate(), because="an id is given on a night, never ahead of it"),
    not_after_the_night("record_since", because="only relations that have begun are records"),
    different("matched_record_id", "source_record_id", because="a record is tied to another one"),
    not_less_than(
        "match_probability", "weakest_match_probability", because="the strongest pair of a record holds it at least"
    ),
)
