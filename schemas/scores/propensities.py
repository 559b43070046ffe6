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


def _points(name: str, missing: str = "") -> Column:
    return Column(
        f"{name}_score",
        "int",
        f"{name}_probability on the scale of the credit score: 600 points are 30 to 1 against it, "
        "40 more double these odds",
        missing=missing,
    )


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
        _points("card_application"),
        Column("card_approval_probability", "double", "probability to be approved, should the customer apply"),
        _points("card_approval"),
        Column("card_activation_probability", "double", "probability to use the card, should it be approved"),
        _points("card_activation"),
        Column(
            "churn_probability",
            "double",
            "probability to buy nothing for as long as nine in ten of the customer's own pauses lasted",
            missing=f"not: {POPULATION}",
        ),
        _points("churn", missing=f"not: {POPULATION}"),
        Column(
            "contact_response_probability",
            "double",
            f"probability to apply within {RESPOND_DAYS} days of a message through best_contact_channel, whether or "
            "not because of it",
        ),
        _points("contact_response"),
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
