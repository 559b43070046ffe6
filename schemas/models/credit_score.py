"""The scorecard for default risk, and the report on which it is signed off."""

from schemas.models.credit_training_set import CREDIT_TRAINING_SET
from schemas.table import Describes, Document

CREDIT_SCORE = Document(
    __name__,
    grain="one model version",
    built_from=(CREDIT_TRAINING_SET,),
    describes=Describes.KNOWLEDGE,
    files=(
        (
            "scorecard.json",
            "everything needed to score: bins, weights, points, offset, scale, special and missing values",
        ),
        ("report.json", "out-of-time AUC, Gini, KS and calibration, per feature information value, data span"),
        ("report.html", "the same for reading and printing, with plots"),
    ),
)
