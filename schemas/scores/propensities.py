"""What each customer will probably do: take the steps to the card, stop buying, be moved by a message."""

from schemas.columns import CONTACT_CHANNELS, CUSTOMER_ID
from schemas.labels.card_uptake import APPLY_DAYS
from schemas.labels.response import RESPOND_DAYS
from schemas.models.card_propensity import CARD_PROPENSITY
from schemas.models.churn import CHURN_MODEL, POPULATION
from schemas.models.response import RESPONSE_MODEL
from schemas.profiles.customer_profiles import CUSTOMER_PROFILES
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
POINTS = tuple(
    Column(
        f"{what}_points",
        "int",
        f"the same on the scale of the credit score: 600 is 30 {odds}, 40 points double the odds",
        missing=NO_CHURN if what == "churn" else "",
    )
    for what, odds in (
        ("card_application", "who apply to 1 who does not"),
        ("card_approval", "who are approved to 1 who is not"),
        ("card_activation", "who use the card to 1 who does not"),
        ("churn", "who go on buying to 1 who stops"),
        ("contact_response", "who answer to 1 who does not"),
    )
)
"""More points are always better for us. No grade: grades are levels of risk; nobody has agreed on levels of these."""

PROPENSITIES = Table(
    __name__,
    grain="one customer known by the day",
    built_from=(CUSTOMER_PROFILES, CARD_PROPENSITY, CHURN_MODEL, RESPONSE_MODEL),
    describes=Describes.DAY,
    key=("customer_id",),
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
        *POINTS,
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
