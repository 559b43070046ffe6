"""Who went 60 or more days past due within six months of an observation date."""

from schemas.cleaned.instalments import INSTALMENTS
from schemas.columns import CUSTOMER_ID, OBSERVATION_DATE
from schemas.customers.identities import IDENTITIES
from schemas.table import Column, Describes, Table

CREDIT_DEFAULT = Table(
    __name__,
    grain="one customer with instalment credit and one matured observation date",
    built_from=(
        INSTALMENTS,
        IDENTITIES,
    ),
    describes=Describes.KNOWLEDGE,
    key=(
        "observation_date",
        "customer_id",
    ),
    may_be_empty=True,
    columns=(
        OBSERVATION_DATE,
        CUSTOMER_ID,
        Column(
            "is_default", "boolean", "whether any instalment reached 60 days past due within the performance window"
        ),
        Column(
            "performance_end_date", "date", "last day of the performance window: six months after the observation date"
        ),
        Column("days_past_due_max_after", "int", "worst days past due reached within the performance window"),
    ),
)
