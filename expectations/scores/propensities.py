"""What must be true of propensities beyond its contract, which says already that probabilities lie between 0 and 1."""

from expectations.rules import between, rows_not_far_below_earlier_nights
from schemas.scores.propensities import UPLIFTS

RULES = (
    *(between(column.name, -1, 1, because="it is a difference of two probabilities") for column in UPLIFTS),
    rows_not_far_below_earlier_nights(0.8, because="customers do not vanish overnight; 0.8 is a guess"),
)
