"""What must be true of neighbour_scores beyond its contract."""

from expectations.rules import at_least, not_less_than

RULES = (
    at_least("scored_neighbour_count", 1, because="who has no scored neighbour has no row"),
    not_less_than("scored_neighbour_count", "thin_file_neighbour_count", because="a part of them"),
    not_less_than("neighbour_score_mean", "neighbour_score_min", because="no mean is below the least"),
)
