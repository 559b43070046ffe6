"""What must be true of shadow_scores beyond its contract."""

from expectations.rules import Severity, between, matches

RULES = (
    between(
        "score",
        -400,
        1600,
        because="1000 points from 600 are odds of 33 million over 30:1, as for the champion; a model in shadow decides "
        "nothing, so it is told and does not stop the night",
        severity=Severity.WARNING,
    ),
    matches(
        "model_version",
        r"\d{4}-\d{2}-\d{2}-[0-9a-f]{12}",
        because="the date of the training and the hash of the model, by which a score can be traced",
    ),
)
