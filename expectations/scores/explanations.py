"""What must be true of explanations beyond its contract."""

from expectations.rules import between, matches

RULES = (
    between("start_points", 0, 1200, because="a customer of whom nothing is known has a score like everyone"),
    matches(
        "lineage_hash",
        r"[0-9a-f]{64}",
        because="without it nobody can tell whether an explanation belongs to the score that was given",
    ),
)
