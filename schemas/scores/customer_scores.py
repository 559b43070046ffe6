"""How likely a customer is to default, as a score, and why."""

from schemas.columns import CUSTOMER_ID
from schemas.models.credit_score import CREDIT_SCORE
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES
from schemas.table import Column, Describes, Earlier, Table

GRADES = ("A", "B", "C", "D", "E")
DAYS_OF_CHANGE = 30
LEAST_IDENTITY_CONFIDENCE = 0.8
"""Below the weakest rule that ties two records without a conflict; see features/identity. A guess."""

PROFILES_30D_AGO = Earlier("profiles_30d_ago", DAYS_OF_CHANGE, CUSTOMER_PROFILES)
"""Scored anew by tonight's model. What was published that night came from the model of that night, and trainings are
monthly: the difference would be that of two models on nearly every night."""

CUSTOMER_SCORES = Table(
    __name__,
    grain="one customer known by the day",
    built_from=(CUSTOMER_PROFILES, CREDIT_SCORE),
    describes=Describes.DAY,
    key=("customer_id",),
    earlier=(PROFILES_30D_AGO,),
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
        Column(
            "is_low_identity_confidence",
            "boolean",
            f"whether it is less than {LEAST_IDENTITY_CONFIDENCE} sure that the records are one person, or not known: "
            "the score may then mix two people",
        ),
        Column(
            "score_change_30d",
            "int",
            "score less what the same model gives the customer's profile of 30 days before; it says of the customer, "
            "not of the model",
            missing="no customer 30 days before, no profiles are published for that day, or they lack what the model "
            "reads",
        ),
        Column("model_version", "string", "the scorecard that scored: business date of its training and content hash"),
    ),
)
