"""How likely a customer is to default, as a score, and why."""

from schemas.columns import CUSTOMER_ID
from schemas.models.credit_score import CREDIT_SCORE
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES
from schemas.table import Column, Describes, Table

GRADES = ("A", "B", "C", "D", "E")

CUSTOMER_SCORES = Table(
    __name__,
    grain="one customer known by the day",
    built_from=(CUSTOMER_PROFILES, CREDIT_SCORE),
    describes=Describes.DAY,
    key=("customer_id",),
    columns=(
        CUSTOMER_ID,
        Column("score", "int", "credit score; higher is safer; 600 is 30 good to 1 bad, 40 points double the odds"),
        Column("default_probability", "double", "probability of 60 or more days past due within six months"),
        Column("grade", "string", "risk grade, A is the safest", allowed=GRADES),
        Column(
            "reasons",
            "array<struct<feature:string,points_lost:double,text:string>>",
            "up to four features that cost the customer most points against the best bin, most first; a thin file "
            "loses the points of all features of repayment in one reason, instalment_history",
        ),
        Column(
            "is_thin_file",
            "boolean",
            "whether the customer has no instalment plan and so is outside the population that the score was learnt "
            "on: what only history can tell counts neither way",
        ),
        Column("model_version", "string", "the scorecard that scored: business date of its training and content hash"),
    ),
)
