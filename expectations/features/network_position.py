"""What must be true of network_position beyond its contract."""

from expectations.rules import Severity, at_least, at_most, not_less_than, rows_not_far_below_earlier_nights

RULES = (
    not_less_than("component_customer_count", "community_customer_count", because="a label travels along ties only"),
    not_less_than("component_customer_count", "core_number", because="so many neighbours are in the component"),
    at_least("core_number", 1, because="a customer without a tie has no row"),
    at_most(
        "core_number", 50, because="so dense a part is a hub that slipped through; a guess", severity=Severity.WARNING
    ),
    at_least("rank_ratio", 0, because="a chance is not negative"),
    at_least("money_rank_ratio", 0, because="a chance is not negative"),
    at_least("money_sender_rank_ratio", 0, because="a chance is not negative"),
    at_least("community_new_customer_share_30d", 0, because="a part of a whole"),
    at_most("community_new_customer_share_30d", 1, because="a part of a whole"),
    rows_not_far_below_earlier_nights(because="ties do not vanish overnight; one half is a guess"),
)
