"""Who went 60 or more days past due within six months of an observation date, and which dates have matured."""

from datetime import date

from schemas.cleaned.instalments import INSTALMENTS
from schemas.cleaned.repayments import REPAYMENTS
from schemas.columns import CUSTOMER_ID, OBSERVATION_DATE
from schemas.customers.identities import IDENTITIES
from schemas.label_specification import OBSERVATION_COUNT, LabelSpecification
from schemas.table import Column, Describes, Table

__all__ = ["CREDIT_DEFAULT", "OBSERVATION_COUNT", "SETTLE_DAYS", "observation_dates", "performance_end_date"]

DEFAULT_DAYS = 60
PERFORMANCE_MONTHS = 6  # 60 days past due shows within half a year for plans of three to twelve months
SETTLE_DAYS = 30  # repayments and reversals reach us late; after a month nothing changes any more

DEFAULT_60_DAYS = LabelSpecification(
    name="default_60_days",
    population=f"customers who owe something that can go {DEFAULT_DAYS} days past due within the window, and nothing "
    "that already is",
    good=f"no instalment reaches {DEFAULT_DAYS} days past due within the window",
    bad=f"an instalment reaches {DEFAULT_DAYS} days past due within the window, those of later plans too",
    window_months=PERFORMANCE_MONTHS,
    settle_days=SETTLE_DAYS,
)

CREDIT_DEFAULT = Table(
    __name__,
    grain="one customer with instalment credit and one matured observation date",
    built_from=(
        INSTALMENTS,
        REPAYMENTS,
        IDENTITIES,
    ),
    describes=Describes.KNOWLEDGE,
    specifications=(DEFAULT_60_DAYS,),
    key=(
        "observation_date",
        "customer_id",
    ),
    may_be_empty=True,
    columns=(
        OBSERVATION_DATE,
        CUSTOMER_ID,
        Column(
            "is_default",
            "boolean",
            "whether any instalment reached 60 days past due within the performance window, those of later plans too; "
            "asked of customers who on the observation date owed something that could, and were not there already",
        ),
        Column(
            "performance_end_date",
            "date",
            "last day of the performance window: the six calendar months after the observation date",
        ),
        Column(
            "days_past_due_max_after",
            "int",
            "worst days past due reached within the performance window; the day of the payment counts, 0 when none",
        ),
    ),
)


def observation_dates(as_of: date) -> list[date]:
    """The newest month ends whose outcome is settled by as_of, oldest first; never an immature one."""
    return DEFAULT_60_DAYS.observation_dates(as_of)


def performance_end_date(observation_date: date) -> date:
    """The month end six months after a month end, so that every window holds six whole calendar months."""
    return DEFAULT_60_DAYS.window_end(observation_date)
