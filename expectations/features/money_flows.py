"""What must be true of money_flows beyond its contract."""

from expectations.rules import Severity, at_least, at_most, rows_not_far_below_earlier_nights

RULES = (
    at_least("money_cycle_length_30d", 2, because="nobody pays themselves"),
    at_most("money_cycle_length_30d", 6, because="longer circles are not looked for"),
    at_least("gathered_customer_count_30d", 0, because="a count"),
    at_most("payer_count_30d", 5_000, because="so many pay a shop, not a person; a guess", severity=Severity.WARNING),
    rows_not_far_below_earlier_nights(because="people pay each other every month; one half is a guess"),
)
