"""What must be true of identifier_risk beyond its contract."""

from expectations.rules import Severity, at_least, at_most, not_less_than, rows_not_far_below_earlier_nights

RULES = (
    at_least("identifier_count_ever", 1, because="a customer without an identifier has no row"),
    at_most("identifier_count_ever", 1_000, because="more is a shop or a machine; a guess", severity=Severity.WARNING),
    not_less_than("identifier_count_ever", "new_identifier_count_30d", because="ever holds the last 30 days"),
    not_less_than("identifier_count_ever", "shared_identifier_count_ever", because="a part of the identifiers"),
    not_less_than("identifier_default_share_max", "identifier_default_share_mean", because="no mean exceeds the most"),
    rows_not_far_below_earlier_nights(because="identifiers do not vanish overnight; one half is a guess"),
)
