"""Who went 90 or more days past due within twelve months of an observation date: the default that regulators mean."""

from schemas.cleaned.instalments import INSTALMENTS
from schemas.cleaned.repayments import REPAYMENTS
from schemas.columns import CUSTOMER_ID, OBSERVATION_DATE
from schemas.customers.identities import IDENTITIES
from schemas.label_specification import OUTCOMES, LabelSpecification
from schemas.table import Column, Describes, Table

DEFAULT_DAYS = 90  # Basel Committee, International Convergence of Capital Measurement, 2006, paragraph 452
INDETERMINATE_DAYS = 30  # late enough to worry about, and most of them catch up

DEFAULT_90_DAYS = LabelSpecification(
    name="default_90_days",
    population=f"customers who owe something that can go {DEFAULT_DAYS} days past due within the window, and nothing "
    "that already is",
    good=f"no instalment reaches {INDETERMINATE_DAYS} days past due within the window",
    bad=f"an instalment reaches {DEFAULT_DAYS} days past due within the window, those of later plans too",
    indeterminate=f"the worst instalment is {INDETERMINATE_DAYS} to {DEFAULT_DAYS - 1} days late",
    window_months=12,
)

SEVERE_DEFAULT = Table(
    __name__,
    grain="one customer with instalment credit and one matured observation date",
    built_from=(
        INSTALMENTS,
        REPAYMENTS,
        IDENTITIES,
    ),
    describes=Describes.KNOWLEDGE,
    specifications=(DEFAULT_90_DAYS,),
    key=(
        "observation_date",
        "customer_id",
    ),
    may_be_empty=True,
    columns=(
        OBSERVATION_DATE,
        CUSTOMER_ID,
        Column("outcome", "string", "what became of the customer's instalments", allowed=OUTCOMES),
        Column("window_end_date", "date", "last day of the window: the twelve calendar months after the observation"),
        Column(
            "days_past_due_max_after",
            "int",
            "worst days past due reached within the window; the day of the payment counts, 0 when none",
        ),
    ),
)
