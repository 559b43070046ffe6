"""What must be true of shared merchants beyond the contract."""

from expectations.rules import at_least, not_after_the_night, not_less_than

RULES = (
    at_least("merchant_count", 1, because="a pair without a merchant is no pair"),
    at_least("tie_weight", 1 / 9, because="a merchant of more than ten customers ties nobody"),
    not_less_than("merchant_count", "tie_weight", because="a merchant of only the two weighs 1"),
    not_less_than("last_seen_at", "first_seen_at", because="the end of a tie lies after its beginning"),
    not_after_the_night("last_seen_at", because="only payments up to the day count"),
)
