"""What models that decide nothing yet would say: each is scored every night beside the champion."""

from schemas.columns import CUSTOMER_ID
from schemas.models.credit_score import CREDIT_SCORE
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES
from schemas.table import Column, Describes, Table

SHADOW_SCORES = Table(
    __name__,
    grain="one customer and model that is scored in shadow",
    built_from=(CUSTOMER_PROFILES, CREDIT_SCORE),
    describes=Describes.DAY,
    key=("customer_id", "model_version"),
    may_be_empty=True,
    reads_challengers=True,
    columns=(
        CUSTOMER_ID,
        Column("model_version", "string", "business date of the model's training and its content hash"),
        Column("model_kind", "string", "what the model is", allowed=("scorecard", "trees")),
        Column(
            "score",
            "int",
            "credit score on the champion's scale",
            missing="trees are silent outside the population they were learnt on",
        ),
        Column(
            "default_probability",
            "double",
            "probability of 60 or more days past due within six months",
            missing="trees are silent outside the population they were learnt on",
        ),
    ),
)
