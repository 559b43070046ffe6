"""What must be true of customer_scores beyond its contract."""

from expectations.rules import between, matches, mean_between, rows_not_far_below_earlier_nights

RULES = (
    between(
        "score",
        -400,
        1600,
        because="1000 points from 600 are odds of 33 million over 30:1: evidence adds up, and not as far as that",
    ),
    mean_between(
        "default_probability",
        0.001,
        0.25,
        because="a guess: outside it either the population or the scorecard is another one than trained",
    ),
    mean_between("score", 450, 750, because="a guess: 450 is 2 to 1, 750 is 400 to 1; no portfolio lies beyond"),
    matches(
        "model_version",
        r"\d{4}-\d{2}-\d{2}-[0-9a-f]{12}",
        because="the date of the training and the hash of the scorecard, by which a score can be traced",
    ),
    rows_not_far_below_earlier_nights(0.8, because="customers do not vanish overnight; 0.8 is a guess"),
)
