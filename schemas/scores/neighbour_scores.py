"""What those a customer is tied to were scored the night before: for people to read, and read by no model.

Tonight's scores would make each customer's figure hang on everybody else's of the same night; those of the night before
are settled. A model cannot learn from it either: scores of past months came from models that no longer decide.
"""

from schemas.columns import CUSTOMER_ID
from schemas.edges.favours import FAVOURS
from schemas.edges.shared_identifiers import SHARED_IDENTIFIERS
from schemas.edges.transfers import TRANSFERS
from schemas.scores.customer_scores import CUSTOMER_SCORES
from schemas.table import Column, Describes, Earlier, Table

SCORES_BEFORE = Earlier("scores_before", 1, CUSTOMER_SCORES)

NEIGHBOUR_SCORES = Table(
    __name__,
    grain="one customer tied to another who was scored the night before",
    built_from=(TRANSFERS, SHARED_IDENTIFIERS, FAVOURS),
    describes=Describes.DAY,
    key=("customer_id",),
    earlier=(SCORES_BEFORE,),
    may_be_empty=True,
    columns=(
        CUSTOMER_ID,
        Column(
            "scored_neighbour_count",
            "bigint",
            "neighbours, as in features/neighbourhood, with a score of the night before",
        ),
        Column(
            "thin_file_neighbour_count",
            "bigint",
            "of these, without an instalment plan: their score says little, and stays out of the mean and the least",
        ),
        Column(
            "neighbour_score_mean",
            "double",
            "mean credit score of the other neighbours, the night before",
            missing="every scored neighbour has a thin file",
        ),
        Column(
            "neighbour_score_min",
            "int",
            "least credit score of the other neighbours, the night before",
            missing="every scored neighbour has a thin file",
        ),
    ),
)
