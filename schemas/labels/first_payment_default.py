"""Whose first instalment was not paid: fraud, or a loan that should never have been given, shows there first."""

from schemas.cleaned.instalments import INSTALMENTS
from schemas.cleaned.repayments import REPAYMENTS
from schemas.columns import CUSTOMER_ID, OBSERVATION_DATE
from schemas.customers.identities import IDENTITIES
from schemas.label_specification import OUTCOMES, LabelSpecification
from schemas.table import Column, Describes, Table

DEFAULT_DAYS = 30
GOOD_DAYS = 7  # a week is forgetting, or a transfer over a holiday
LONGEST_FIRST_TERM_DAYS = 60  # the first instalment is due within two months of the plan, or the plan is left aside

FIRST_PAYMENT_MISSED = LabelSpecification(
    name="first_payment_missed",
    population=f"instalment plans whose first instalment is due within {LONGEST_FIRST_TERM_DAYS} days",
    observed_on="the day on which the plan was opened",
    good=f"the first instalment is paid at most {GOOD_DAYS} days late",
    bad=f"the first instalment is still unpaid {DEFAULT_DAYS} days after it was first due",
    indeterminate=f"the first instalment is paid {GOOD_DAYS + 1} to {DEFAULT_DAYS - 1} days late",
    window_days=LONGEST_FIRST_TERM_DAYS + DEFAULT_DAYS,
)

FIRST_PAYMENT_DEFAULT = Table(
    __name__,
    grain="one instalment plan whose first instalment has matured",
    built_from=(
        INSTALMENTS,
        REPAYMENTS,
        IDENTITIES,
    ),
    describes=Describes.KNOWLEDGE,
    specifications=(FIRST_PAYMENT_MISSED,),
    key=("plan_id",),
    may_be_empty=True,
    columns=(
        Column("plan_id", "string", "the plan"),
        CUSTOMER_ID,
        OBSERVATION_DATE,
        Column("outcome", "string", "what became of the first instalment", allowed=OUTCOMES),
        Column(
            "first_days_past_due",
            "int",
            f"days from the first due date, as first agreed, to the day it was paid in full; {DEFAULT_DAYS} where it "
            "was not paid by then, 0 when paid in time",
        ),
        Column("window_end_date", "date", f"{LONGEST_FIRST_TERM_DAYS + DEFAULT_DAYS} days after the plan was opened"),
    ),
)
