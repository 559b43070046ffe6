"""Who went 60 or more days past due within six months of an observation date, and which dates have matured."""

from datetime import date, timedelta

from schemas.cleaned.instalments import INSTALMENTS
from schemas.cleaned.repayments import REPAYMENTS
from schemas.columns import CUSTOMER_ID, OBSERVATION_DATE
from schemas.customers.identities import IDENTITIES
from schemas.table import Column, Describes, Table

OBSERVATION_COUNT = 6  # half a year of vintages; each one builds every family anew, which is what a training costs
PERFORMANCE_MONTHS = 6  # 60 days past due shows within half a year for plans of three to twelve months
SETTLE_DAYS = 30  # repayments and reversals reach us late; after a month nothing changes any more

CREDIT_DEFAULT = Table(
    __name__,
    grain="one customer with instalment credit and one matured observation date",
    built_from=(
        INSTALMENTS,
        REPAYMENTS,
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
    month_end = _end_of_month(as_of.year, as_of.month)
    matured: list[date] = []
    while len(matured) < OBSERVATION_COUNT:
        if performance_end_date(month_end) + timedelta(days=SETTLE_DAYS) <= as_of:
            matured.append(month_end)
        month_end = month_end.replace(day=1) - timedelta(days=1)
    return matured[::-1]


def performance_end_date(observation_date: date) -> date:
    """The month end six months after a month end, so that every window holds six whole calendar months."""
    return _end_of_month(observation_date.year, observation_date.month + PERFORMANCE_MONTHS)


def _end_of_month(year: int, month: int) -> date:
    """The last day of a month; a month above 12 lies in a later year."""
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
