"""What each customer will probably do: take the steps to the card, stop buying, be moved by a message."""

from schemas.columns import CONTACT_CHANNELS, CUSTOMER_ID
from schemas.labels.card_uptake import APPLY_DAYS
from schemas.labels.response import RESPOND_DAYS
from schemas.models.card_propensity import CARD_PROPENSITY
from schemas.models.churn import CHURN_MODEL, POPULATION
from schemas.models.response import RESPONSE_MODEL
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES
from schemas.scores.customer_scores import CUSTOMER_SCORES, DAYS_OF_CHANGE, GRADES, PROFILES_30D_AGO
from schemas.table import Column, Describes, Table

UPLIFTS = tuple(
    Column(
        f"contact_uplift_{channel}",
        "double",
        f"what a message through {channel} adds to the probability that the customer applies; below 0 for those whom "
        "it drives away, who must not be written to however likely they are to apply",
    )
    for channel in CONTACT_CHANNELS
)

NO_CHURN = f"not: {POPULATION}"
ODDS = {
    "card_application": "who apply to 1 who does not",
    "card_approval": "who are approved to 1 who is not",
    "card_activation": "who use the card to 1 who does not",
    "churn": "who go on buying to 1 who stops",
    "contact_response": "who answer to 1 who does not",
}
MODEL_OF = {
    "card_application": "applies",
    "card_approval": "is_approved",
    "card_activation": "activates",
    "churn": "is_churned",
    "contact_response": "responds",
}
"""By what is told, the model that tells it."""

TIMES_USUAL = (4, 2, 1, 0.5)
"""A grade is the odds of what is wished for over those of the rows that the model was learnt from: A from four times
on, B from two, C from once, D from half, and E below. It is frozen with the model, and each grade is 40 points wide."""


def told_of(what: str, odds: str) -> tuple[Column, ...]:
    """Points, grade, change and reasons of one model; more points are always better for us."""
    nobody = NO_CHURN if what == "churn" else ""
    return (
        Column(
            f"{what}_points",
            "int",
            f"the probability on the scale of the credit score: 600 is 30 {odds}, 40 points double the odds",
            missing=nobody,
        ),
        Column(
            f"{what}_grade",
            "string",
            f"odds over those of the rows learnt from, {odds}: A four times as many and more, B twice, C as many, D "
            "half, E fewer",
            missing="; ".join(filter(None, (nobody, "a declared rate answers, which tells nobody apart"))),
            allowed=GRADES,
        ),
        Column(
            f"{what}_change_{DAYS_OF_CHANGE}d",
            "int",
            "points less what the same model gives the customer's profile of 30 days before",
            missing="; ".join(
                (
                    *filter(None, (nobody, f"{nobody}, 30 days before" if nobody else "")),
                    "no customer 30 days before, no profiles are published for that day, or they lack what any of the "
                    "models reads",
                )
            ),
        ),
        Column(
            f"{what}_reasons",
            CUSTOMER_SCORES.column("reasons").type,
            "up to four features that cost most points against the average of the rows learnt from, most first "
            "(TreeSHAP, which adds up to the raw score); the channel of a message is no reason. None where a declared "
            f"rate answers{', or outside the population' if nobody else ''}",
        ),
    )


TOLD = tuple(column for what, odds in ODDS.items() for column in told_of(what, odds))

PROPENSITIES = Table(
    __name__,
    grain="one customer known by the day",
    built_from=(CUSTOMER_PROFILES, CARD_PROPENSITY, CHURN_MODEL, RESPONSE_MODEL),
    describes=Describes.DAY,
    key=("customer_id",),
    earlier=(PROFILES_30D_AGO,),
    columns=(
        CUSTOMER_ID,
        Column(
            "card_application_probability",
            "double",
            f"probability to apply for the card within {APPLY_DAYS} days, learnt from those who had not applied before",
        ),
        Column("card_approval_probability", "double", "probability to be approved, should the customer apply"),
        Column("card_activation_probability", "double", "probability to use the card, should it be approved"),
        Column(
            "churn_probability",
            "double",
            "probability to buy nothing for as long as nine in ten of the customer's own pauses lasted",
            missing=NO_CHURN,
        ),
        Column(
            "contact_response_probability",
            "double",
            f"probability to apply within {RESPOND_DAYS} days of a message through best_contact_channel, whether or "
            "not because of it",
        ),
        *TOLD,
        CUSTOMER_SCORES.column("is_low_identity_confidence"),
        *UPLIFTS,
        Column(
            "best_contact_channel",
            "string",
            "the channel with the greatest uplift; of equals the first of sms, push, email, phone. No consent: see "
            "segments/customer_segments",
            allowed=CONTACT_CHANNELS,
        ),
        Column(
            "models",
            "array<struct<model:string,model_version:string,is_fallback:boolean>>",
            "every model that answered: business date of its training and content hash, and whether a declared base "
            "rate answered because too little was known to learn from",
        ),
    ),
)
