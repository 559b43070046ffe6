"""What must be true of default_influence beyond its contract."""

from expectations.rules import Severity, at_least, at_most, not_less_than, rows_not_far_below_earlier_nights
from schemas.features.default_influence import KINDS_OF_TIE

RULES = (
    at_least("default_influence", 0, because="a number of visits"),
    *(at_least(f"default_influence_by_{kind}", 0, because="a number of visits") for kind in KINDS_OF_TIE),
    not_less_than("default_influence", "default_influence_per_tie", because="everyone in a row has a neighbour"),
    at_most(
        "default_influence",
        50,
        because="more looks like a hub that slipped through; a guess",
        severity=Severity.WARNING,
    ),
    at_least("known_default_distance", 1, because="nobody is the own neighbour"),
    at_most("known_default_distance", 3, because="beyond three ties it is missing"),
    *(at_least(f"known_default_path_count_{ties}", 0, because="own walks are taken away") for ties in (1, 2, 3)),
    rows_not_far_below_earlier_nights(because="ties do not vanish overnight; one half is a guess"),
)
