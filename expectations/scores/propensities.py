"""What must be true of propensities beyond its contract."""

from expectations.rules import between, rows_not_far_below_earlier_nights
from schemas.scores.propensities import UPLIFTS

PROBABILITIES = (
    "card_application_probability",
    "card_approval_probability",
    "card_activation_probability",
    "churn_probability",
    "contact_response_probability",
)

RULES = (
    *(between(name, 0, 1, because="a probability lies between 0 and 1") for name in PROBABILITIES),
    *(between(column.name, -1, 1, because="it is a difference of two probabilities") for column in UPLIFTS),
    rows_not_far_below_earlier_nights(0.8, because="customers do not vanish overnight; 0.8 is a guess"),
)
