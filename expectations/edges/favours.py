"""What must be true of favours beyond the contract."""

from expectations.rules import Severity, at_least, at_most, different, not_after_the_night, not_less_than

RULES = (
    at_least("favour_count", 1, because="a tie without a favour is no tie"),
    at_most("favour_count", 10, because="one person brings another once; a guess", severity=Severity.WARNING),
    different("giver_customer_id", "receiver_customer_id", because="nobody does themselves a favour"),
    not_less_than("last_seen_at", "first_seen_at", because="the newest is not before the oldest"),
    not_after_the_night("last_seen_at", because="only favours up to the day count"),
)
