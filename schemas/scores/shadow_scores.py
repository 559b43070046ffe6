"""What models that decide nothing yet would say: each is scored every night beside the champion."""

from schemas.columns import CUSTOMER_ID
from schemas.models.credit_score import CREDIT_SCORE
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES
from schemas.scores.customer_scores import CUSTOMER_SCORES, GRADES, PROFILES_30D_AGO
from schemas.table import Column, Describes, Table

SILENT = "trees are silent outside the population they were learnt on"

SHADOW_SCORES = Table(
    __name__,
    grain="one customer and model that is scored in shadow",
    built_from=(CUSTOMER_PROFILES, CREDIT_SCORE),
    describes=Describes.DAY,
    key=("customer_id", "model_version"),
    may_be_empty=True,
    reads_challengers=True,
    earlier=(PROFILES_30D_AGO,),
    columns=(
        CUSTOMER_ID,
        Column("model_version", "string", "business date of the model's training and its content hash"),
        Column("model_kind", "string", "what the model is", allowed=("scorecard", "trees")),
        Column("score", "int", "credit score on the champion's scale", missing=SILENT),
        Column("default_probability", "double", "probability of 60 or more days past due in 6 months", missing=SILENT),
        Column("grade", "string", "risk grade, A is the safest", missing=SILENT, allowed=GRADES),
        Column(
            "reasons",
            CUSTOMER_SCORES.column("reasons").type,
            "up to four features that cost the customer most points, most first: of a scorecard as in "
            "scores/customer_scores; of trees against the average of the rows learnt from (TreeSHAP, which adds up to "
            "the score), none where they are silent",
        ),
        CUSTOMER_SCORES.column("is_thin_file"),
        CUSTOMER_SCORES.column("is_low_identity_confidence"),
        Column(
            "score_change_30d",
            "int",
            CUSTOMER_SCORES.column("score_change_30d").meaning,
            missing=f"{CUSTOMER_SCORES.column('score_change_30d').missing}; {SILENT}",
        ),
    ),
)
