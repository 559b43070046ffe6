"""Why a customer has this score, in full: what every feature gave, and what would raise it most."""

from schemas.columns import CUSTOMER_ID
from schemas.models.credit_score import CREDIT_SCORE
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES
from schemas.scores.customer_scores import CUSTOMER_SCORES
from schemas.table import Column, Describes, Table

EXPLANATIONS = Table(
    __name__,
    grain="one customer known by the day",
    built_from=(CUSTOMER_PROFILES, CREDIT_SCORE, CUSTOMER_SCORES),
    describes=Describes.DAY,
    key=("customer_id",),
    columns=(
        CUSTOMER_ID,
        Column("model_version", "string", "the scorecard that scored: business date of its training and content hash"),
        Column("start_points", "double", "points that everyone starts with"),
        Column(
            "feature_points",
            "array<struct<feature:string,value:string,points:double>>",
            "every feature of the scorecard in its order, with the customer's value in words and what it adds; start "
            "and features together are the score before it is rounded",
        ),
        Column(
            "counterfactuals",
            "array<struct<feature:string,points:double,text:string>>",
            "up to three single changes that would add most points, most first; none where nothing can be gained. "
            "What the score would be, not a promise of what the customer can do",
        ),
        Column(
            "lineage_hash",
            "string",
            "SHA-256 over the model version and every value that it read: equal hashes, equal scores",
        ),
    ),
)
